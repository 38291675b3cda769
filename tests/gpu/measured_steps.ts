/** Captured training steps of any configuration over made-up pictures, timed: their parts and what they give. */
import * as tf from "@tensorflow/tfjs";
import { drawAugmentation, RANGES } from "lib/batches/augmentation.ts";
import type { Batch } from "lib/batches/batches.ts";
import { drawMixup } from "lib/batches/mixup.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import { byteTensor } from "lib/engine/byte_tensor.ts";
import { createRandom, type Random } from "lib/random.ts";
import {
  captureTrainingStep,
  stepInputs,
  stepNumbers,
} from "lib/training/captured_training_step.ts";
import { createLearner } from "lib/training/learner.ts";
import { FIRST_LOSS_SCALE, nextLossScale, scalesLoss } from "lib/training/loss_scale.ts";
import { gpuMemory } from "./figures.ts";

/** Pictures of noise, real and fake in turn, with all that the detector wants of a batch. */
function madeUpBatch({ data, detector }: Configuration, random: Random): Batch {
  const { batchSize: count } = data, { input: { size }, wants } = detector;
  const noise = (channels: number) =>
    byteTensor<tf.Rank.R4>(
      Uint8Array.from(
        { length: count * size * size * channels },
        (_, i) => Math.imul(i, 2654435761) >>> 16,
      ),
      [count, size, size, channels],
    );
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  return {
    images: noise(3),
    labels: tf.tensor1d(labels, "int32"),
    ...wants.includes("mask") ? { masks: noise(1) } : {},
    ...wants.includes("method") ? { methods: tf.tensor1d(labels, "int32") } : {},
    ...wants.includes("pair")
      ? { partners: tf.tensor1d(labels.map((_, i) => i ^ 1), "int32") }
      : {},
    ...wants.includes("identity") ? { identities: tf.zeros([count, 2], "int32") } : {},
    augmentation: tf.tensor2d(
      drawAugmentation(count, { ranges: RANGES[data.augmentation], random }),
      [count, 4],
    ),
    mixup: tf.tensor2d(drawMixup(count, { alpha: data.mixup, random }), [count, 2]),
    indices: [],
  };
}

/** What was measured. Times of steps are medians. */
export interface MeasuredSteps {
  /** To capture the step, and to take it the first and the second time. */
  readonly captureSeconds: number;
  readonly firstSeconds: number;
  readonly secondSeconds: number;
  /** To make the tensors of a batch, and to take a step and read its numbers. */
  readonly inputsMs: number;
  readonly stepMs: number;
  /** The slowest step. */
  readonly slowestMs: number;
  /** Both together. */
  readonly imagesPerSecond: number;
  /** The objective of the first step and of the last. */
  readonly firstLoss: number;
  readonly lastLoss: number;
  /** Whether all numbers of the last step are numbers. */
  readonly finite: boolean;
  /** The scale of the loss after it, and steps without an update, where the loss is scaled. */
  readonly lossScale?: number;
  readonly skipped?: number;
  /** MiB of the GPU that are taken after the last step. */
  readonly gpuMemoryMiB: number | null;
}

/** Trains a fresh detector for two steps, and then for `count` that are timed. */
export async function measureSteps(
  configuration: Configuration,
  count: number,
): Promise<MeasuredSteps> {
  const random = createRandom(1, "gpu kit");
  let lossScale = scalesLoss(configuration.training) ? FIRST_LOSS_SCALE : undefined;
  const inputs = (step: number) => {
    const rates = { optimiserStep: step + 1, factor: 0.2 };
    return stepInputs(
      madeUpBatch(configuration, random),
      stepNumbers(configuration, { step, rates, lossScale }),
    );
  };
  let start = performance.now();
  const lap = () => {
    const now = performance.now(), seconds = (now - start) / 1000;
    start = now;
    return seconds;
  };
  using learner = createLearner(configuration);
  const example = inputs(0);
  lap();
  using step = captureTrainingStep(learner, example, configuration);
  const captureSeconds = lap();
  const take = async (given: ReturnType<typeof inputs>) => {
    const { isFinite, ...scalars } = await step.take(given);
    lossScale &&= nextLossScale(lossScale, isFinite === 1);
    return scalars;
  };
  const first = await take(example), firstSeconds = lap();
  let last = await take(inputs(1));
  const secondSeconds = lap(), uploads: number[] = [], takes: number[] = [];
  for (let i = 2; i < 2 + count; i++) {
    lap();
    const given = inputs(i);
    uploads.push(lap());
    last = await take(given);
    takes.push(lap());
  }
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
  const [taking, upload] = [median(takes), median(uploads)];
  return {
    captureSeconds,
    firstSeconds,
    secondSeconds,
    inputsMs: 1000 * upload,
    stepMs: 1000 * taking,
    slowestMs: 1000 * Math.max(...takes),
    imagesPerSecond: configuration.data.batchSize / (taking + upload),
    firstLoss: first.total!,
    lastLoss: last.total!,
    finite: Object.values(last).every(Number.isFinite),
    ...lossScale ? { lossScale: lossScale.scale, skipped: lossScale.skipped } : {},
    gpuMemoryMiB: gpuMemory(),
  };
}
