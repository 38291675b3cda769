import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import type { Crop } from "lib/data/samples.ts";
import { distort } from "lib/media/distortions.ts";
import { startEngine } from "lib/engine/engine.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import {
  type KeptDistortions,
  robustness,
  type RobustnessRow,
  robustnessSummary,
} from "lib/evaluation/robustness.ts";
import { scoreCrops } from "lib/evaluation/predict.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { createRandom } from "lib/random.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";

await startEngine();
const detector = {
  detector: SMOKE.detector,
  parameters: initialiseParameters(SMOKE.detector.parameters, createRandom(3)),
};
const crops = madeUpCrops(12);
const labels = crops.map(({ sample }) => sample.label);

Deno.test("robustness gives the AUC of pictures as they are, then of each distortion and level", async () => {
  const before = tf.memory().numTensors;
  const options = { kinds: ["GB", "CC"], levels: [2, 5], seed: 1, resamples: 50 } as const;
  const rows = await Array.fromAsync(robustness(detector, crops, options));
  assert.equal(tf.memory().numTensors, before);
  const places = rows.map(({ kind, level }) => `${kind} ${level}`);
  assert.deepEqual(places, ["none 0", "GB 2", "GB 5", "CC 2", "CC 5"]);
  assert.equal(rows[0].value, rocAuc(await scoreCrops(crops, detector), labels));
  const blurred = await Promise.all(crops.map(async ({ image, sample }): Promise<Crop> => ({
    image: await distort(image, { kind: "GB", level: 5 }, createRandom(1)),
    sample,
  })));
  assert.equal(rows[2].value, rocAuc(await scoreCrops(blurred, detector), labels));
  for (const { value, low, high } of rows) assert.ok(low! <= value! && value! <= high!);
});

Deno.test("robustness distorts each picture alike, whatever else is measured", async () => {
  const all = { seed: 4, resamples: 0, kinds: ["GNC", "GB"], levels: [1, 3] } as const;
  const rows = await Array.fromAsync(robustness(detector, crops, all));
  const alone = { ...all, kinds: ["GNC"], levels: [3] } as const;
  const [, row] = await Array.fromAsync(robustness(detector, crops, alone));
  assert.deepEqual(row, rows.find(({ kind, level }) => kind === "GNC" && level === 3));
});

Deno.test("robustness makes the same of pictures that were kept, of each seed its own", async () => {
  const kept: KeptDistortions = new WeakMap(), kinds = ["GNC"] as const, levels = [5] as const;
  const measure = async (seed: number, more = {}) =>
    await Array.fromAsync(
      robustness(detector, crops, { seed, kinds, levels, resamples: 0, ...more }),
    );
  for (const seed of [4, 4, 5]) {
    assert.deepEqual(await measure(seed, { kept }), await measure(seed));
  }
  assert.deepEqual([...kept.get(crops[2].image)!.keys()], ['["GNC",5,4,2]', '["GNC",5,5,2]']);
});

Deno.test("robustness says why there is no number where there is none", async () => {
  const reals = crops.filter(({ sample }) => sample.label === 0);
  const options = { kinds: ["CS"], levels: [1], seed: 1 } as const;
  const rows = await Array.fromAsync(robustness(detector, reals, options));
  assert.ok(rows.every(({ value }) => value === null));
  assert.match(rows[1].reason!, /no fake sample/);
});

Deno.test("robustness measures videos, not frames, by the metric that is asked for", async () => {
  const ofTwo = crops.map(({ image, sample }) => ({
    image,
    sample: { ...sample, video: `${sample.label}` },
  }));
  let seen: number[] = [];
  const metric = (scores: ArrayLike<number>) => (seen = Array.from(scores)).length;
  const options = { kinds: [], seed: 1, resamples: 0, metric };
  const [{ value }] = await Array.fromAsync(robustness(detector, ofTwo, options));
  assert.equal(value, 2);
  const scores = await scoreCrops(crops, detector);
  const ofClass = scores.filter((_, i) => labels[i] === labels[0]);
  const mean = ofClass.reduce((sum, score) => sum + score, 0) / ofClass.length;
  assert.ok(Math.abs(1 / (1 + Math.exp(-seen[0])) - mean) < 1e-6); // log-odds of the mean probability
});

Deno.test("robustnessSummary averages over levels and tells the drop from the pictures as they are", () => {
  const row = (kind: RobustnessRow["kind"], level: RobustnessRow["level"], value: number | null) =>
    ({ kind, level, value, low: null, high: null, reason: null }) satisfies RobustnessRow;
  const rows = [row("none", 0, 0.9), row("GB", 1, 0.8), row("GB", 2, 0.5), row("CS", 1, null)];
  const [blur, colour] = robustnessSummary(rows);
  assert.equal(blur.kind, "GB");
  assert.ok(Math.abs(blur.mean! - 0.65) < 1e-12 && Math.abs(blur.drop! - 0.25) < 1e-12);
  assert.deepEqual(colour, { kind: "CS", mean: null, drop: null });
});
