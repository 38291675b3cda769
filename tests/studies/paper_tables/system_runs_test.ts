import assert from "node:assert/strict";
import { DETECTORS } from "lib/detectors/register.ts";
import {
  COMPARED_SYSTEMS,
  DEEPFAKEBENCH_COLUMNS,
  OURS,
  systemDetector,
} from "lib/studies/paper_tables/compared_systems.ts";
import { paperTraining } from "lib/studies/paper_tables/paper_tables.ts";
import { systemRun, systemRuns } from "lib/studies/paper_tables/system_runs.ts";

Deno.test("COMPARED_SYSTEMS names detectors of the register only, and no detector twice", () => {
  const named = Object.values(COMPARED_SYSTEMS).flatMap(({ detector }) => detector ?? []);
  const known = DETECTORS.map(({ name }) => name);
  assert.deepEqual(named.filter((name) => !known.includes(name)), []);
  assert.equal(new Set(named).size, named.length);
  const bench = Object.values(COMPARED_SYSTEMS).flatMap(({ deepfakeBench }) =>
    deepfakeBench ? [deepfakeBench] : []
  );
  assert.ok(bench.every((values) => values.length === DEEPFAKEBENCH_COLUMNS.length));
});

Deno.test("systemDetector finds a system's kind, and none for a system that the kit has not", () => {
  assert.equal(systemDetector("Meso4")?.name, "mesonet");
  assert.equal(systemDetector(OURS)?.name, "exposing_the_deception");
  assert.equal(systemDetector("AUNet"), undefined);
});

Deno.test("systemRun is the tables' own training for the paper's method, and a preset for another", () => {
  const own = systemRun(OURS, "DFDC")!;
  assert.equal(own.name, "dfdc_resnet34");
  assert.deepEqual(own.configuration, paperTraining("dfdc_resnet34").configuration);
  const { name, preset, configuration } = systemRun("Xception", "Celeb-DF-v2")!;
  assert.deepEqual([name, preset], ["cd2_xception", "paper"]);
  assert.deepEqual([configuration.data.batchSize, configuration.data.realRepeats], [256, 6]);
  assert.equal(systemRun("Meso4", "FaceForensics++")!.preset, "authors");
  const warped = systemRun("DSP-FWA", "FaceForensics++")!; // its fakes are made of each real picture
  assert.deepEqual([warped.name, warped.configuration.data.forge], ["ff_dsp_fwa", "FWA"]);
});

Deno.test("systemRun has none for private data, and none without a detector", () => {
  assert.equal(systemRun("Face X-ray", "private"), undefined);
  assert.equal(systemRun("ICT", "FaceForensics++"), undefined);
});

Deno.test("systemRuns has each run once, under a name of its own", () => {
  const runs = systemRuns(), names = runs.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(["ff_resnet34", "cd2_xception", "ff_mesonet"].every((name) => names.includes(name)));
});
