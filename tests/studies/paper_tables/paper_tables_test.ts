/** The tables' trainings and values, against the text of the paper, and the split of sweeps. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { plainConfiguration } from "lib/detectors/configuration.ts";
import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { METRICS } from "lib/evaluation/metrics.ts";
import { BENCHMARKS } from "lib/studies/paper_tables/benchmarks.ts";
import {
  PAPER_TRAININGS,
  PAPER_VALUES,
  paperSweep,
  paperTraining,
  shareOfJob,
} from "lib/studies/paper_tables/paper_tables.ts";
import { protocolHash } from "lib/training/protocol.ts";

Deno.test("every value belongs to a training, a data set and a metric that exist, once", () => {
  const keys = PAPER_VALUES.map(({ table, training, test, metric, level }) => {
    assert.ok(paperTraining(training).data in BENCHMARKS && test in BENCHMARKS);
    assert.ok(metric in METRICS);
    return [table, training, test, metric, level].join();
  });
  assert.equal(new Set(keys).size, keys.length);
  const used = new Set(PAPER_VALUES.map((value) => value.training));
  assert.deepEqual(PAPER_TRAININGS.map((t) => t.name).filter((name) => !used.has(name)), []);
  assert.throws(() => paperTraining("none"), /no training "none".*ff_resnet34/);
});

Deno.test("the full model has one value for one measurement, whatever the table", () => {
  const measured = Map.groupBy(
    PAPER_VALUES,
    (v) => [v.training, v.test, v.metric, v.level].join(),
  );
  for (const [what, values] of measured) {
    assert.equal(new Set(values.map((value) => value.paper)).size, 1, what);
  }
  const counts = [1, 2, 3, 4, 5].map((t) => PAPER_VALUES.filter((v) => v.table === t).length);
  assert.deepEqual(counts, [4, 4, 3, 16, 12]);
});

Deno.test("rows of one table differ in method only, so they share a protocol", () => {
  const onFf = PAPER_TRAININGS.filter((training) => training.data === "FaceForensics++");
  const hashes = onFf.map((t) => protocolHash(t.configuration, { training: "ab" }));
  assert.equal(new Set(hashes).size, 1);
  const settings = onFf.map((t) => JSON.stringify(plainConfiguration(t.configuration)));
  assert.equal(new Set(settings).size, onFf.length);
  assert.deepEqual(
    plainConfiguration(paperTraining("ff_resnet34").configuration),
    plainConfiguration(PAPER),
  );
});

Deno.test("shareOfJob splits any list into N shares without loss or repeat, as evenly as can be", () => {
  const cases = fc.tuple(fc.array(fc.nat()), fc.integer({ min: 1, max: 12 }));
  fc.assert(fc.property(cases, ([items, n]) => {
    const places = items.map((_, i) => i);
    const shares = Array.from({ length: n }, (_, k) => shareOfJob(places, `${k + 1}/${n}`));
    assert.deepEqual(shares.flat().sort((a, b) => a - b), places);
    const sizes = shares.map((share) => share.length);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
  }));
  for (const job of ["0/3", "4/3", "1", "1/0", "a/b", "1/2/3", "-1/2"]) {
    assert.throws(() => shareOfJob([1], job), /k\/N/);
  }
});

Deno.test("paperSweep is every training with every seed", () => {
  const sweep = paperSweep(PAPER_TRAININGS.slice(0, 2), [1, 2, 3]);
  assert.deepEqual(sweep.map((run) => [run.training.name, run.configuration.training.seed]), [
    ["ff_resnet34", 1],
    ["ff_resnet34", 2],
    ["ff_resnet34", 3],
    ["cd2_resnet34", 1],
    ["cd2_resnet34", 2],
    ["cd2_resnet34", 3],
  ]);
});
