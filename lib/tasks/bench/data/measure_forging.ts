/** What the forging bench times: self-blended pairs made of the same crops with the same landmarks, in turn. */
import { type Batch, disposeBatch } from "lib/batches/batches.ts";
import { openLoader } from "lib/batches/loader.ts";
import { type Configuration, vary } from "lib/detectors/configuration.ts";
import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import type { WorkerProcess } from "../worker_process.ts";
import type { CropFiles } from "./bench_crops.ts";
import type { Epoch, ForgingWork, LoaderQuestions, PairDifference } from "./torch_loader.ts";

/** Pairs a second of one round, each side with the machine to itself. */
export interface ForgingRound {
  /** Our loader: 8-bit pixels and masks. */
  readonly loader: number;
  /** PyTorch's DataLoader with OpenCV and albumentations: the same. */
  readonly peer: number;
}

/** By how much the two sides' masks, and changes, may differ on average, as a share. */
const AGREEMENT = 0.25;

/** The loader's settings, with masks, which the other side makes too. */
function settingsOf({ size, batch }: Pick<ForgingWork, "size" | "batch">): Configuration {
  const configuration = vary(PAPER, {
    imageSize: size,
    batchSize: 2 * batch,
    forge: "SBI",
    mixup: 0,
  });
  return { ...configuration, detector: { ...configuration.detector, wants: ["mask"] } };
}

const perSecond = ({ images, seconds }: Epoch) => images / seconds;

/**
 * Times both sides.
 *
 * @param options `processes`: those of the DataLoader that are tried; the fastest number is compared.
 * @throws Error when the sides make pairs that differ from each other by more than chance.
 */
export async function compareForging(
  { folder, samples }: CropFiles,
  { peer, rounds, processes, signal, ...work }: Pick<ForgingWork, "size" | "batch"> & {
    peer: WorkerProcess<LoaderQuestions>;
    rounds: number;
    processes: readonly number[];
    signal: AbortSignal;
  },
): Promise<
  { rounds: ForgingRound[]; processes: number; differences: [PairDifference, PairDifference] }
> {
  const configuration = settingsOf(work), steps = Math.floor(samples.length / work.batch);
  const own = async (look?: (batch: Batch) => void): Promise<Epoch> => {
    const start = performance.now();
    await using loader = openLoader(samples, { configuration, root: folder });
    for (let step = 0; step < steps; step++) {
      const batch = await loader.batch(step);
      look?.(batch);
      disposeBatch(batch);
    }
    return { seconds: (performance.now() - start) / 1000, images: steps * work.batch };
  };
  const asked = {
    ...work,
    paths: samples.map(({ path }) => `${folder}/${path}`),
    landmarks: samples.map(({ landmarks }) => `${folder}/${landmarks}`),
  };
  const tried: { processes: number; speed: number }[] = [];
  for (const count of processes) {
    await peer.ask("prepare", { ...asked, processes: count }); // its processes start
    tried.push({ processes: count, speed: perSecond(await peer.ask("epoch", {})) });
  }
  const best = tried.reduce((a, b) => b.speed > a.speed ? b : a).processes;
  await peer.ask("prepare", { ...asked, processes: best });
  const differences = await assertAlike(own, peer);

  const measured: ForgingRound[] = [];
  while (measured.length < rounds && !signal.aborted) {
    measured.push({ loader: perSecond(await own()), peer: perSecond(await peer.ask("epoch", {})) });
  }
  return { rounds: measured, processes: best, differences };
}

/**
 * Whether both sides' pairs differ as much on average. The pass of ours comes before the first that is timed:
 * its threads start.
 */
async function assertAlike(
  own: (look: (batch: Batch) => void) => Promise<Epoch>,
  peer: WorkerProcess<LoaderQuestions>,
): Promise<[PairDifference, PairDifference]> {
  let mask = 0, change = 0, values = 0;
  await own(({ images, masks }) => {
    const pixels = images.dataSync(), each = pixels.length / images.shape[0]; // of one picture
    pixels.forEach((value, i) => {
      if (Math.floor(i / each) % 2 === 1) change += Math.abs(value - pixels[i - each]);
    });
    masks!.dataSync().forEach((value) => mask += value);
    values += pixels.length / 2;
  });
  const ours = { mask: 3 * mask / values, change: change / values };
  const theirs = await peer.ask("differ", {});
  for (const name of ["mask", "change"] as const) {
    if (Math.abs(ours[name] - theirs[name]) <= AGREEMENT * theirs[name]) continue;
    throw new Error(`The sides' pairs differ: mean ${name} ${ours[name]} and ${theirs[name]}.`);
  }
  return [ours, theirs];
}
