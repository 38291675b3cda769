/** Training steps that XLA compiles, against the same ones run operation by operation. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { defineDetector } from "lib/detectors/define_detector.ts";
import { startEngine } from "lib/engine/engine.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";
import {
  batchNormParameters,
  convolutionParameters,
  linearParameters,
} from "lib/networks/parameters.ts";
import { SMOKE_DATA } from "lib/settings/data_settings.ts";
import { wholeNumberRule } from "lib/settings/field_rules.ts";
import { SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import { taught } from "./taught.ts";

const { backend } = await startEngine(), ignore = backend !== "tensorflow";

/** A convolution of two steps, batch norm and a classifier; the maps between may be resized. */
const small = (resizes: boolean) =>
  defineDetector<{ imageSize: number }, tf.Tensor2D>({
    name: "small",
    source: "this test",
    rules: { fields: { imageSize: wholeNumberRule(8, 64) } },
    presets: { smoke: { detector: { imageSize: 32 }, data: SMOKE_DATA, training: SMOKE_TRAINING } },
    build: ({ imageSize }) => ({
      input: { size: imageSize, normalisation: IMAGENET },
      parameters: [
        ...convolutionParameters("conv", { size: 3, inputs: 3, outputs: 4 }),
        ...batchNormParameters("norm", 4),
        ...linearParameters("head", { inputs: 4, outputs: 2 }),
      ],
      forward: (images, parameters, mode = {}) => {
        const { convolution, batchNorm, linear } = openLayers(parameters, mode);
        const x = convolution(images, "conv", { stride: 2, padding: 1 });
        const maps = tf.relu(batchNorm(x, "norm"));
        const resized = resizes ? tf.image.resizeNearestNeighbor(maps, [8, 8]) : maps;
        return linear(tf.mean(resized, [1, 2]), "head");
      },
      loss: ({ forward, targets }) => {
        const total = crossEntropy(forward(), targets.classes);
        return { total, terms: { crossEntropy: total } };
      },
      logOdds: logOddsOfFake,
      parts: (layer = "conv") => [{ name: "network", layer }],
      microBatches: "mean",
    }),
  });

const settings = {
  batchSize: 4,
  augmentation: "all",
  mixup: 0.5,
  optimiser: "adam",
  weightDecay: 1e-3,
  learningRate: 1e-2,
} as const;

for (const [title, microBatchSize] of [["whole batches", 0], ["micro-batches", 2]] as const) {
  Deno.test(
    `captureTrainingStep learns the same with compiler "xla": ${title}`,
    { ignore },
    async () => {
      const configuration = vary(presetOf(small(false), "smoke"), { ...settings, microBatchSize });
      const plain = await taught(configuration, 3);
      const compiled = await taught(vary(configuration, { compiler: "xla" }), 3);
      const near = (found: number, wanted: number, what: string) =>
        assert.ok(Math.abs(found - wanted) < 1e-4, `${what}: ${found}, ${wanted}`);
      plain.scalars.forEach((scalars, step) => {
        for (const [name, value] of Object.entries(scalars)) {
          near(compiled.scalars[step][name], value, `step ${step}, ${name}`);
        }
      });
      for (const [name, values] of Object.entries(plain.last)) {
        values.forEach((value, i) => near(compiled.last[name][i], value, `${name}[${i}]`));
      }
      assert.ok(plain.scalars[0].total !== plain.scalars[2].total);
    },
  );
}

Deno.test('captureTrainingStep with compiler "xla" names an operation that XLA has no kernel for', {
  ignore,
}, async () => {
  const configuration = vary(presetOf(small(true), "smoke"), { ...settings, compiler: "xla" });
  await assert.rejects(
    taught(configuration, 3),
    /XLA cannot compile training_step_\d+: it has no kernel for ResizeNearestNeighborGrad\. Use the compiler "none"/,
  );
});
