/** One run of the benchmark: train a row's detector, then score all test pictures. */
import { cropSource } from "lib/batches/batch_source.ts";
import type { Crop } from "lib/data/samples.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import { loadPublished } from "lib/detectors/published_weights.ts";
import { openPredictor, type Predictor } from "lib/evaluation/predict.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { chooseThreshold } from "lib/evaluation/threshold.ts";
import { countParameters } from "lib/networks/parameters.ts";
import type { TensorFile } from "lib/networks/weights/safetensors.ts";
import { createRandom } from "lib/random.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import type { KeepDetector, KeptResult } from "../study_results.ts";
import type { UnseenCrops } from "./unseen_crops.ts";
import { UNSEEN_SETTINGS, unseenRow, type UnseenRun } from "./unseen_rows.ts";
import {
  distortedCrops,
  distortionName,
  type TestedPicture,
  UNSEEN_DISTORTIONS,
} from "./unseen_tests.ts";

/** What a run found. Metrics are made of it later, so that people can be drawn again. */
export interface UnseenResult extends KeptResult {
  /** AUC on training pictures, in evaluation mode: whether anything was learnt. */
  readonly trainingAuc: number;
  /** AUC on the validation people, of the methods that were trained on. */
  readonly validationAuc: number;
  /** Log-odds from which on a picture is called fake: the best balanced accuracy on validation. */
  readonly threshold: number;
  /** The test pictures. */
  readonly tested: readonly TestedPicture[];
  /** Log-odds of the test pictures in their order, by distortion. */
  readonly logOdds: Readonly<Record<string, readonly number[]>>;
  /** Learnt numbers of the detector. */
  readonly parameters: number;
  /** Seconds of training. */
  readonly seconds: number;
  /** What computed it: `Engine.hardware`. */
  readonly hardware: string;
}

/** A run whose training AUC is below this did not learn. Chance gives 0.5. */
const LEARNT_FROM = 0.6;

/** Whether a run learnt anything of what it was shown. */
export function hasLearnt({ trainingAuc }: Pick<UnseenResult, "trainingAuc">): boolean {
  return trainingAuc >= LEARNT_FROM;
}

/**
 * Each fake stands beside the real picture that it was made of, in one batch: what the person looks like
 * then says nothing about real or fake, and detectors begin to learn hundreds of steps earlier.
 */
const inPairs = (configuration: Configuration): Configuration => ({
  ...configuration,
  data: { ...configuration.data, balance: "pairs" },
});

/** Training pictures whose scores tell whether anything was learnt. */
const SEEN = 400;

/** The benchmark's pictures as its runs take them; distorted ones are made once for all. */
export interface UnseenPictures extends UnseenCrops {
  /** Test pictures by distortion, those as they are first. */
  readonly tests: ReadonlyMap<string, readonly Crop[]>;
}

/** Makes the distorted test pictures. */
export async function withDistorted(made: UnseenCrops): Promise<UnseenPictures> {
  const tests = new Map<string, readonly Crop[]>([[distortionName(undefined), made.crops.test]]);
  for (const distortion of UNSEEN_DISTORTIONS) {
    tests.set(distortionName(distortion), await distortedCrops(made.crops.test, distortion));
  }
  return { ...made, tests };
}

/** The pictures of a split that a setting shows: fakes of its methods, and their real sources. */
export function shownBy(setting: string, crops: readonly Crop[]): Crop[] {
  const methods = UNSEEN_SETTINGS[setting];
  const fakes = crops.filter(({ sample }) => methods.includes(sample.method));
  const sources = new Set(fakes.map(({ sample }) => sample.source));
  return crops.filter(({ sample }) => methods.includes(sample.method) || sources.has(sample.path));
}

const rounded = (logOdds: number) => Number(logOdds.toPrecision(5));

async function scored(predictor: Predictor, crops: readonly Crop[]) {
  const found = await Array.fromAsync(predictor.predict(crops));
  return {
    logOdds: found.map(({ logOdds }) => logOdds),
    labels: found.map(({ label }) => label),
  };
}

/** How a run is made. */
export interface UnseenRunOptions {
  /** The pictures. */
  readonly pictures: UnseenPictures;
  /** The row's, with the run's length and seed. */
  readonly configuration: Configuration;
  /** The word of the experiment. */
  readonly protocol: string;
  /** Published weights to begin with. Default: none. */
  readonly weights?: TensorFile;
  /** What computes: `Engine.hardware`. */
  readonly hardware: string;
  /** Ends it after the step at hand. */
  readonly signal?: AbortSignal;
  /** Gets the trained detector, whose variables are freed afterwards. */
  readonly keep?: KeepDetector;
}

/**
 * Trains and scores.
 *
 * @throws The signal's reason when it aborts: a run that was stopped begins anew.
 * @throws UnfitFile when the weights are not the detector's.
 */
export async function runUnseen(
  run: UnseenRun,
  { pictures, configuration, protocol, weights, hardware, signal, keep }: UnseenRunOptions,
): Promise<UnseenResult> {
  const { detector } = configuration;
  const lessons = shownBy(run.setting, pictures.crops.train);
  using learner = createLearner(configuration);
  if (weights) loadPublished({ detector, parameters: learner.trained }, weights);
  const begin = performance.now();
  const order = unseenRow(run.row).unpaired ? configuration : inPairs(configuration);
  await using source = cropSource(lessons, order);
  const options = { source, configuration, ...signal ? { signal } : {} };
  for await (const { step } of train(learner, options)) void step;
  signal?.throwIfAborted();
  const seconds = (performance.now() - begin) / 1000;
  using predictor = openPredictor({ detector, parameters: learner.parameters });
  const some = createRandom(1, "seen").shuffle(lessons).slice(0, SEEN);
  const seen = await scored(predictor, some);
  const chosen = await scored(predictor, shownBy(run.setting, pictures.crops.validation));
  const logOdds: Record<string, number[]> = {};
  for (const [name, crops] of pictures.tests) {
    logOdds[name] = (await scored(predictor, crops)).logOdds.map(rounded);
  }
  const result: UnseenResult = {
    ...run,
    protocol,
    trainingAuc: rocAuc(seen.logOdds, seen.labels),
    validationAuc: rocAuc(chosen.logOdds, chosen.labels),
    threshold: chooseThreshold(chosen.logOdds, chosen.labels, { kind: "youden" }).threshold,
    tested: pictures.crops.test.map(({ sample }) => ({
      person: sample.identities[0],
      method: sample.method,
      path: sample.path,
      ...sample.source === undefined ? {} : { source: sample.source },
    })),
    logOdds,
    parameters: Object.values(countParameters(learner.parameters)).reduce((a, b) => a + b),
    seconds,
    hardware,
  };
  await keep?.(learner);
  return result;
}
