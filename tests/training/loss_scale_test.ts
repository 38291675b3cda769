/** Scaling of the loss: PyTorch's sequence, the bits of a run without it, and what an overflow does. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { cropSource } from "lib/batches/batch_source.ts";
import {
  type Changes,
  type Configuration,
  presetOf,
  vary,
  withLoss,
} from "lib/detectors/configuration.ts";
import { defineDetector } from "lib/detectors/define_detector.ts";
import type { ExposingSettings } from "lib/detectors/exposing_the_deception/exposing_settings.ts";
import { foundationEncoder } from "lib/detectors/foundation_encoder/foundation_encoder.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { compileStep } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";
import { SMOKE_DATA } from "lib/settings/data_settings.ts";
import { wholeNumberRule } from "lib/settings/field_rules.ts";
import { SMOKE_TRAINING, type TrainingSettings } from "lib/settings/training_settings.ts";
import { stepNumbers } from "lib/training/captured_training_step.ts";
import { createLearner, type Learner } from "lib/training/learner.ts";
import {
  FIRST_LOSS_SCALE,
  type LossScale,
  nextLossScale,
  scalesLoss,
  unscaled,
} from "lib/training/loss_scale.ts";
import { learn, withoutScale } from "lib/training/step.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { train, type TrainOptions } from "lib/training/train.ts";
import { inFolder } from "../in_folder.ts";
import { readFixture } from "../networks/fixture_formula.ts";
import { madeUpCrops } from "./made_up_crops.ts";

await startEngine();

interface Fixture {
  readonly growthInterval: number;
  readonly learningRate: number;
  readonly start: number[];
  readonly gradients: number[][];
  readonly cases: {
    readonly settings: Partial<TrainingSettings>;
    readonly steps: { scale: number; after: number[] }[];
    readonly last: { scale: number; good: number };
  }[];
}

const fixture = await readFixture<Fixture>("loss_scale.json");

/** A detector of four weights whose loss has the pictures' numbers as its gradient. */
const slopes = defineDetector<{ imageSize: number }, tf.Tensor2D>({
  name: "slopes",
  source: "this test",
  rules: { fields: { imageSize: wholeNumberRule(2, 2) } },
  presets: { smoke: { detector: { imageSize: 2 }, data: SMOKE_DATA, training: SMOKE_TRAINING } },
  build: ({ imageSize }) => ({
    input: { size: imageSize, normalisation: IMAGENET },
    parameters: [{ name: "w", shape: [4], role: "offset", fanIn: 4 }],
    forward: (images, { w }) =>
      tf.reshape(tf.mul(w, tf.reshape(images, [4])), [2, 2]) as tf.Tensor2D,
    loss: ({ forward }) => ({ total: tf.sum(forward()) as tf.Scalar, terms: {} }),
    logOdds: (both) => tf.sum(both, 1) as tf.Tensor1D,
    parts: () => [],
  }),
});

for (const { settings, steps, last } of fixture.cases) {
  for (const isCaptured of [true, false]) {
    const how = `${settings.optimiser}${settings.clipNorm ? ", clipped" : ""}${
      isCaptured ? ", captured" : ""
    }`;
    Deno.test(`learn with lossScale follows PyTorch's GradScaler: ${how}`, () => {
      const configuration = vary(presetOf(slopes), {
        ...settings,
        learningRate: fixture.learningRate,
      }) as unknown as Configuration;
      using learner = createLearner(configuration);
      tf.tidy(() => learner.trained.w.assign(tf.tensor1d(fixture.start)));
      let lossScale: LossScale = FIRST_LOSS_SCALE;
      const numbers = (step: number) => {
        const rates = { optimiserStep: step + 1, factor: 1 };
        return stepNumbers(configuration, { step, rates, lossScale });
      };
      const take = (...[images, seed, optimiser, lossScale]: tf.Tensor[]) => {
        const batch = {
          images: images as tf.Tensor4D,
          targets: { classes: tf.zeros([1, 2]) as tf.Tensor2D },
        };
        const own = { seed: seed as tf.Tensor1D, optimiser: optimiser as tf.Tensor2D };
        return learn(
          learner,
          { ...batch, ...own, lossScale: lossScale as tf.Scalar },
          configuration,
        )
          .isFinite;
      };
      const inputs = (step: number) => {
        const { seed, optimiser, lossScale } = numbers(step);
        return [tf.tensor4d(fixture.gradients[step], [1, 2, 2, 1]), seed, optimiser, lossScale!];
      };
      const compiled = isCaptured ? compileStep(take, inputs(0)) : undefined;
      for (const [step, { scale, after }] of steps.entries()) {
        assert.equal(lossScale.scale, scale, `step ${step}`);
        const [isFinite] = [(compiled ?? take)(...inputs(step))].flat();
        lossScale = nextLossScale(lossScale, isFinite.dataSync()[0] === 1, fixture.growthInterval);
        const found = learner.trained.w.dataSync();
        found.forEach((x, i) =>
          assert.ok(Math.abs(x - after[i]) < 2e-6, `step ${step}: ${x}, ${after[i]}`)
        );
      }
      assert.deepEqual({ scale: lossScale.scale, good: lossScale.good }, last);
      compiled?.dispose();
    });
  }
}

Deno.test("nextLossScale doubles after 2000 good steps, never beyond float32, and gives up at 1e-4", () => {
  let now = FIRST_LOSS_SCALE;
  for (let i = 0; i < 1999; i++) now = nextLossScale(now, true);
  assert.deepEqual(now, { scale: 2 ** 16, good: 1999, skipped: 0 });
  assert.deepEqual(nextLossScale(now, true), { scale: 2 ** 17, good: 0, skipped: 0 });
  const largest = { scale: 2 ** 127, good: 1999, skipped: 3 };
  assert.deepEqual(nextLossScale(largest, true), { ...largest, good: 0 });
  for (let i = 0; i < 29; i++) now = nextLossScale(now, false);
  assert.deepEqual(now, { scale: 2 ** -13, good: 0, skipped: 29 });
  assert.throws(() => nextLossScale(now, false), {
    name: "RangeError",
    message: /at every scale of the loss, down to 0\.0001220703125\. Try a smaller/,
  });
});

Deno.test("unscaled takes a power of two out exactly, and makes 0 of all where one number is not finite", () => {
  const scale = tf.scalar(2 ** 16),
    values = [1 / 3, -1e-20, 0],
    large = values.map((x) => x * 2 ** 16);
  const good = unscaled({ a: tf.tensor1d(large), b: tf.scalar(0) }, scale);
  assert.equal(good.isFinite.dataSync()[0], 1);
  assert.deepEqual([...good.gradients.a.dataSync()], values.map(Math.fround));
  for (const bad of [NaN, Infinity, -Infinity]) {
    const { gradients, isFinite } = unscaled({ a: tf.tensor1d(large), b: tf.scalar(bad) }, scale);
    assert.deepEqual([isFinite, gradients.a, gradients.b].map((t) => t.dataSync()[0]), [0, 0, 0]);
  }
  assert.equal(withoutScale(good.gradients, undefined).taken, undefined);
  const taken = withoutScale(good.gradients, scale, tf.scalar(0)).taken!; // an earlier pass overflowed
  assert.equal(taken.dataSync()[0], 0);
});

Deno.test("scalesLoss does so with float16, or where it is told to", () => {
  const scales = (
    lossScaling: TrainingSettings["lossScaling"],
    precision: TrainingSettings["precision"],
  ) => scalesLoss({ lossScaling, precision });
  assert.deepEqual(["float32", "bfloat16", "float16"].map((p) => scales("auto", p as "float32")), [
    false,
    false,
    true,
  ]);
  assert.deepEqual([scales("dynamic", "float32"), scales("none", "float16")], [true, false]);
});

const SMALL = vary(SMOKE, { backbone: "conv4", width: 0.25, blocks: 1, batchSize: 4, steps: 5 });

const valuesOf = ({ variables }: Learner) =>
  Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, v.dataSync().slice()]));

/** Trains, and gives the records and every variable. */
async function trained(configuration: Configuration, options: Partial<TrainOptions> = {}) {
  await using source = cropSource(madeUpCrops(12), configuration);
  using learner = createLearner(configuration);
  const records: StepRecord[] = [], states = [valuesOf(learner)];
  for await (const record of train(learner, { source, configuration, ...options })) {
    records.push(record);
    states.push(valuesOf(learner));
  }
  return { records, states };
}

for (
  const [title, changes] of [
    ["Adam", {}],
    ["SAM and clipping", { optimiser: "sgd", samRho: 0.05, clipNorm: 0.5 }],
    ["micro-batches of outputs, with SAM", { microBatchSize: 2, optimiser: "sgd", samRho: 0.05 }],
  ] as [string, Changes<ExposingSettings>][]
) {
  Deno.test(`train with a scaled loss gives the bits of one without: ${title}`, async () => {
    const configuration = vary(SMALL, { ...changes, steps: 3 });
    const plain = await trained(configuration);
    const scaled = await trained(vary(configuration, { lossScaling: "dynamic" }));
    assert.deepEqual(scaled.states, plain.states);
    assert.deepEqual(scaled.records.map(({ lossScale, skipped }) => [lossScale, skipped]), [
      [65536, 0],
      [65536, 0],
      [65536, 0],
    ]);
    assert.deepEqual(
      scaled.records.map(({ total }) => total),
      plain.records.map(({ total }) => total),
    );
  });
}

/** A run whose gradient, but not whose loss, is none at step 2: the slope of √0. */
const overflowing = (changes: Changes<ExposingSettings> = {}): Configuration =>
  withLoss(vary(SMALL, { lossScaling: "dynamic", ...changes }), ({ forward, targets, seed }) => {
    const own = crossEntropy(forward().global, targets.classes), step = tf.slice(seed!, 1, 1);
    const isOther = tf.cast(tf.notEqual(step, tf.scalar(2, "int32")), "float32");
    const root = tf.sqrt(tf.mul(tf.sum(isOther), tf.square(own)));
    return { total: tf.add(own, root) as tf.Scalar, terms: { crossEntropy: own } };
  }) as unknown as Configuration;

/** What an overflow must leave: weights and what the optimiser remembers, not statistics of pictures. */
const heldOf = (state: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !name.includes("running")));

Deno.test("train in micro-batches of a loss that is a mean does so too, to the same bits", async () => {
  const base = vary(presetOf(foundationEncoder, "smoke"), {
    batchSize: 4,
    microBatchSize: 2,
    steps: 2,
  });
  const configuration = base as unknown as Configuration;
  const plain = await trained(configuration);
  const scaled = await trained(vary(configuration, { lossScaling: "dynamic" }));
  assert.deepEqual(scaled.states, plain.states);
  assert.deepEqual(scaled.records.map(({ lossScale }) => lossScale), [65536, 65536]);
});

Deno.test("train skips exactly the update whose gradients overflow, and halves the scale", async () => {
  const whole = [{}, { samRho: 0.05, weightDecay: 0.1 }, { optimiser: "adamW" as const }];
  const { detector, training, ...rest } = overflowing({ samRho: 0.05 });
  const inParts: Configuration = {
    ...rest,
    detector: { ...detector, microBatches: "mean" },
    training: { ...training, microBatchSize: 2 },
  };
  for (const configuration of [...whole.map(overflowing), inParts]) {
    const { records, states } = await trained(configuration);
    assert.deepEqual(records.map(({ lossScale, skipped }) => [lossScale, skipped]), [
      [65536, 0],
      [65536, 0],
      [65536, 1],
      [32768, 0],
      [32768, 0],
    ]);
    for (const step of [0, 1, 2, 3, 4]) {
      const [before, after] = [states[step], states[step + 1]].map(heldOf);
      if (step === 2) assert.deepEqual(after, before);
      else assert.notDeepEqual(after, before);
    }
  }
});

Deno.test("train, ended after an overflow, goes on with its scale to the same bits", async () => {
  await inFolder(async (folder) => {
    const configuration = overflowing(), whole = await trained(configuration);
    const stop = new AbortController();
    await using source = cropSource(madeUpCrops(12), configuration);
    using first = createLearner(configuration);
    for await (
      const { step } of train(first, { source, configuration, folder, signal: stop.signal })
    ) {
      if (step === 2) stop.abort();
    }
    const { records, states } = await trained(configuration, { folder });
    assert.deepEqual(states.at(-1), whole.states.at(-1));
    const scales = (of: StepRecord[]) =>
      of.map(({ lossScale, skipped, total }) => [lossScale, skipped, total]);
    assert.deepEqual(scales(records), scales(whole.records));
  });
});
