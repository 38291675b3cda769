/** What the loader bench times: passes over the same crops in turn, and steps of real training. */
import * as tf from "@tensorflow/tfjs";
import { type Configuration, vary } from "lib/detectors/configuration.ts";
import { PAPER, QUICK } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { augment } from "lib/batches/augmentation.ts";
import type { BatchSource } from "lib/batches/batch_source.ts";
import { type Batch, disposeBatch } from "lib/batches/batches.ts";
import { readImage } from "lib/media/image.ts";
import { openLoader } from "lib/batches/loader.ts";
import { byteTensor } from "lib/engine/byte_tensor.ts";
import { compile } from "lib/engine/compile.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import { WorkerProcess } from "../worker_process.ts";
import type { CropFiles } from "./bench_crops.ts";
import type { Epoch, LoaderQuestions, LoaderWork } from "./torch_loader.ts";

/** Pictures a second of one round, each side with the machine to itself. */
export interface LoaderRound {
  /** Our loader: 8-bit pixels and the parameters of augmentation, which belongs to the step. */
  readonly loader: number;
  /** Our loader, and what the step does with a batch before the detector: augmented and normalised. */
  readonly augmented: number;
  /** PyTorch's DataLoader: augmented and normalised. */
  readonly peer: number;
}

/** The largest difference between the two sides' mean colours of the same pictures, in levels of 255. */
const AGREEMENT = 1;

function settingsOf({ size, batch }: Pick<LoaderWork, "size" | "batch">): Configuration {
  return vary(PAPER, { imageSize: size, batchSize: batch, balance: "none", mixup: 0 });
}

const perSecond = ({ images, seconds }: Epoch) => images / seconds;

/**
 * Times both sides.
 *
 * @param options `processes`: those of the DataLoader that are tried; the fastest number is compared.
 * @throws Error when the sides read different pictures.
 */
export async function compareLoaders(
  { folder, samples }: CropFiles,
  { peer, rounds, processes, signal, ...work }: Pick<LoaderWork, "size" | "batch"> & {
    peer: WorkerProcess<LoaderQuestions>;
    rounds: number;
    processes: readonly number[];
    signal: AbortSignal;
  },
): Promise<{ rounds: LoaderRound[]; processes: number }> {
  const paths = samples.map(({ path }) => `${folder}/${path}`);
  const labels = samples.map(({ label }) => label);
  await assertAgreement(paths.slice(0, 16), { peer, size: work.size });

  const configuration = settingsOf(work);
  const captured = compile(
    (images, parameters) =>
      normaliseImages(
        augment(images as tf.Tensor4D, parameters as tf.Tensor2D),
        configuration.detector.input.normalisation,
      ),
    [
      byteTensor(new Uint8Array(work.batch * work.size ** 2 * 3), [
        work.batch,
        work.size,
        work.size,
        3,
      ]),
      tf.zeros([work.batch, 4]),
    ],
  );
  const onDevice = async ({ images, augmentation }: Batch) => {
    const [x] = captured(images, augmentation);
    await x.data();
    x.dispose();
  };
  const own = async (use?: (batch: Batch) => Promise<void>): Promise<Epoch> => {
    const start = performance.now();
    await using loader = openLoader(samples, { configuration, root: folder });
    const steps = Math.floor(samples.length / work.batch);
    for (let step = 0; step < steps; step++) {
      const batch = await loader.batch(step);
      await use?.(batch);
      disposeBatch(batch);
    }
    return { seconds: (performance.now() - start) / 1000, images: steps * work.batch };
  };

  const tried: { processes: number; speed: number }[] = [];
  for (const count of processes) {
    const prepare = { ...work, paths, labels, processes: count };
    await peer.ask("prepare", prepare); // its processes start
    tried.push({ processes: count, speed: perSecond(await peer.ask("epoch", {})) });
  }
  const best = tried.reduce((a, b) => b.speed > a.speed ? b : a).processes;
  await peer.ask("prepare", { ...work, paths, labels, processes: best });
  await own(onDevice);

  const measured: LoaderRound[] = [];
  while (measured.length < rounds && !signal.aborted) {
    measured.push({
      loader: perSecond(await own()),
      peer: perSecond(await peer.ask("epoch", {})),
      augmented: perSecond(await own(onDevice)),
    });
  }
  captured.dispose();
  return { rounds: measured, processes: best };
}

/** Whether both decode and resize the same files to nearly the same pictures. */
async function assertAgreement(
  paths: readonly string[],
  { peer, size }: { peer: WorkerProcess<LoaderQuestions>; size: number },
): Promise<void> {
  const { means } = await peer.ask("check", { paths, size });
  const own = await Promise.all(paths.map(async (path) => {
    const { data } = await readImage(path, { size: { width: size, height: size } });
    const sums = [0, 0, 0];
    data.forEach((value, i) => sums[i % 3] += value);
    return sums.map((sum) => sum / (size * size));
  }));
  own.flat().forEach((mean, i) => {
    if (Math.abs(mean - means[i]!) <= AGREEMENT) return;
    throw new Error(`The sides read different pictures: ${mean} and ${means[i]} in ${paths[i]}.`);
  });
}

/** How much of real training is spent waiting for data. */
export interface Waiting {
  /** What was trained. */
  readonly name: string;
  /** Seconds of each step after the first, which is captured, and of them the wait until its batch was on the device. */
  readonly steps: readonly { readonly seconds: number; readonly waited: number }[];
}

/** The trainings that are timed: a small one, whose short steps leave little time to read, and the paper's. */
export const TRAININGS = {
  "QUICK (96 px, width 1/8, batch 24)": vary(QUICK, { steps: 21 }),
  "PAPER (224 px, batch 8)": vary(PAPER, { batchSize: 8, epochs: 0, steps: 4 }),
} as const;

/** Trains, with the loader as its source. */
export async function measureWaiting(
  { folder, samples }: CropFiles,
  { name, configuration, signal }: {
    name: string;
    configuration: Configuration;
    signal: AbortSignal;
  },
): Promise<Waiting> {
  await using loader = openLoader(samples, { configuration, root: folder });
  const steps: { seconds: number; waited: number }[] = [];
  const arrivals = new Map<number, number>(); // of batches on the device, which are begun in the step before
  let asked = performance.now(), before = 0;
  const source: BatchSource = {
    batchesPerEpoch: loader.batchesPerEpoch,
    methods: loader.methods,
    batch: async (step) => {
      const batch = await loader.batch(step);
      arrivals.set(step, performance.now());
      return batch;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  using learner = createLearner(configuration);
  for await (const { step, seconds } of train(learner, { source, configuration, signal })) {
    const waited = Math.max(0, arrivals.get(step)! - asked) / 1000;
    if (step > 0) steps.push({ seconds: seconds - before, waited });
    [before, asked] = [seconds, performance.now()];
  }
  return { name, steps };
}
