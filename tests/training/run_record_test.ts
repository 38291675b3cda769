/** What a run leaves for people, and reading it back. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { from } from "arquero";
import { plainConfiguration, vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { protocolHash } from "lib/training/protocol.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { recordRun, RUN_FILES } from "lib/training/run_record.ts";
import { compareRuns, listRuns, readMetrics, readRun } from "lib/training/recorded_runs.ts";
import { inFolder } from "../in_folder.ts";

const engine = await startEngine();
const data = { source: "manifest.csv", sha256: "ab", training: 16, validation: 4 };

const record = (step: number): StepRecord => ({
  step,
  learningRate: 1e-3 / 3,
  seconds: 60 * (step + 1),
  total: 1 / (step + 3),
  ...(step % 2 === 1 ? { validationAuc: 0.5 + step / 10, validationLogLoss: 0.7 } : {}),
});

async function* records(count: number, fail = false) {
  for (let step = 0; step < count; step++) yield record(step);
  if (fail) throw new Error("stopped");
}

const facts = {
  name: "try",
  configuration: SMOKE, // four steps
  data,
  batchesPerEpoch: 2,
  engine,
  notes: "A note: with a colon.",
};
const drain = async (items: AsyncIterable<StepRecord>) => await Array.fromAsync(items);

Deno.test("recordRun passes records on and keeps every digit of them for a data frame", async () => {
  await inFolder(async (root) => {
    const folder = join(root, "try-1");
    const passed = await drain(recordRun(records(4), { ...facts, folder }));
    assert.deepEqual(passed, [0, 1, 2, 3].map(record));
    assert.deepEqual(await readMetrics(folder), passed);
    const { record: run, configuration } = await readRun("try-1", { root });
    assert.deepEqual(plainConfiguration(configuration), plainConfiguration(SMOKE));
    assert.deepEqual(run.data, data);
    assert.equal(run.protocol, protocolHash(SMOKE, { training: "ab" }));
    assert.deepEqual([run.steps, run.sittings, run.notes], [4, 1, "A note: with a colon."]);
    assert.equal(run.environment.backend, engine.backend);
    assert.ok(Date.parse(run.finished!) >= Date.parse(run.started));
    const events = await Deno.readFile(join(folder, RUN_FILES.events));
    assert.ok(new TextDecoder("latin1").decode(events).includes("validation/validationAuc"));
  });
});

Deno.test("recordRun begins its files anew when a run goes on, and counts the sittings", async () => {
  await inFolder(async (root) => {
    const folder = join(root, "try-1");
    await assert.rejects(drain(recordRun(records(2, true), { ...facts, folder })), /stopped/);
    const first = await readRun("try-1", { root });
    assert.deepEqual([first.record.finished, first.record.steps], [null, 2]);
    await drain(recordRun(records(4), { ...facts, folder }));
    const second = await readRun("try-1", { root });
    assert.equal(second.record.started, first.record.started);
    assert.deepEqual([second.record.sittings, second.record.steps], [2, 4]);
    assert.equal(second.metrics.length, 4);
  });
});

Deno.test("recordRun calls a run finished at its last step or its patience's end, not where it was stopped", async () => {
  await inFolder(async (root) => {
    const finished = async (count: number, configuration = SMOKE) => {
      await drain(recordRun(records(count), { ...facts, configuration, folder: join(root, "a") }));
      return (await readRun("a", { root })).record.finished !== null;
    };
    assert.equal(await finished(3), false); // as after an abort
    assert.equal(await finished(4), true);
    const byEpochs = vary(SMOKE, { steps: 0, epochs: 3 });
    assert.deepEqual([await finished(5, byEpochs), await finished(6, byEpochs)], [false, true]);
    const falling = async function* () {
      for (let step = 0; step < 3; step++) {
        yield { ...record(step), validationAuc: 0.9 - step / 10 };
      }
    };
    const patient = { ...facts, configuration: vary(SMOKE, { patience: 2, steps: 100 }) };
    await drain(recordRun(falling(), { ...patient, folder: join(root, "b") }));
    assert.ok((await readRun("b", { root })).record.finished !== null);
  });
});

Deno.test("readMetrics leaves out the half line of a killed run", async () => {
  await inFolder(async (folder) => {
    await drain(recordRun(records(3), { ...facts, folder }));
    const path = join(folder, RUN_FILES.metrics);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.slice(0, -5));
    assert.deepEqual(await readMetrics(folder), [0, 1].map(record));
    await Deno.writeTextFile(path, "");
    assert.deepEqual(await readMetrics(folder), []);
  });
});

Deno.test("listRuns and compareRuns give rows for Arquero and for training curves", async () => {
  await inFolder(async (root) => {
    assert.deepEqual(await listRuns({ root: join(root, "nowhere") }), []);
    await Deno.mkdir(join(root, "something else"));
    await drain(recordRun(records(4), { ...facts, folder: join(root, "a") }));
    const other = { ...facts, configuration: vary(SMOKE, { seed: 7 }), folder: join(root, "b") };
    await assert.rejects(drain(recordRun(records(1, true), other)));
    const rows = await listRuns({ root });
    assert.deepEqual(from(rows).array("id"), ["a", "b"]);
    assert.deepEqual(rows.map((r) => [r.seed, r.state, r.steps, r.bestAuc, r.bestStep]), [
      [SMOKE.training.seed, "finished", 4, 0.8, 3],
      [7, "stopped", 1, null, null],
    ]);
    assert.equal(rows[0].protocol, rows[1].protocol);
    assert.equal(rows[0].minutes, 4);

    const terms = ["total", "validationAuc"];
    const long = await compareRuns(["a"], { terms, root });
    assert.deepEqual(long.filter((r) => r.term === "validationAuc").map((r) => r.step), [1, 3]);
    assert.equal(long.length, 6);
    await assert.rejects(compareRuns(["b"], { terms, root }), /no "validationAuc"/);
    await assert.rejects(compareRuns(["c"], { terms, root }), /No run "c"/);
  });
});
