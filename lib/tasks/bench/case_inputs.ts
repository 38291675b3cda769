/** What our side of the bench makes of a case: its configuration, a batch, weights, and its answers. */
import * as tf from "@tensorflow/tfjs";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { type Configuration, vary } from "lib/detectors/configuration.ts";
import type { Detector, Targets } from "lib/detectors/detector.ts";
import type { ExposingOutputs } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { countParameters, type Parameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import { effectiveSettings } from "lib/settings/field_rules.ts";
import { configurationFrom } from "../configuration_arguments.ts";
import {
  type BenchCase,
  type DetectorCase,
  isPaperCase,
  type ResolvedCase,
} from "./bench_cases.ts";
import { fillParameters, formulaImages, formulaMasks } from "./formula_weights.ts";

/** A batch of the formula's images. */
export interface FormulaBatch {
  /** `[batch, size, size, 3]`. */
  readonly images: tf.Tensor4D;
  /** Real and fake in turn; what else the detector wants is there. */
  readonly targets: Targets;
}

/** The configuration of a case, dropout included. */
export async function configurationOf(one: BenchCase): Promise<Configuration> {
  if (isPaperCase(one)) {
    const { blocks, width, precision, size, batch } = one;
    return vary(PAPER, { blocks, width, precision, imageSize: size, batchSize: batch });
  }
  const { batch, precision, changes = [], detector, preset } = one;
  const adam = ["optimiser=adam", "samRho=0"]; // as PyTorch's side trains, whatever the preset does
  return await configurationFrom({
    detector,
    ...preset === undefined ? {} : { preset },
    changes: [`batchSize=${batch}`, `precision=${precision}`, ...adam, ...changes],
  });
}

/** A detector's case with all that follows from it. */
export async function resolveCase(one: DetectorCase): Promise<ResolvedCase> {
  const { detector: { settings, input }, training } = await configurationOf(one);
  const { learningRate, weightDecay } = training;
  return { ...one, settings: { ...settings }, size: input.size, learningRate, weightDecay };
}

/** The same without dropout of any kind, of units, images or places, which each side draws for itself. */
export function withoutDropout(configuration: Configuration): Configuration {
  const { kind: { rules }, settings: all } = configuration.detector;
  const settings = Object.entries(effectiveSettings(rules, all)); // what does nothing cannot be changed
  const quiet = settings.flatMap(([name, value]): [string, unknown][] => {
    if (/drop(out|Connect)/i.test(name)) return [[name, 0]];
    return /drop/i.test(name) && typeof value === "string" ? [[name, "none"]] : [];
  });
  return vary(configuration, Object.fromEntries(quiet));
}

/** A batch for a detector. */
export function batchOf(batch: number, { input: { size }, wants }: Detector): FormulaBatch {
  const labels = Array.from({ length: batch }, (_, i) => i % 2);
  const classes = tf.tidy(() =>
    tf.oneHot(tf.tensor1d(labels, "int32"), 2).toFloat() as tf.Tensor2D
  );
  return {
    images: formulaImages("bench", batch, size),
    targets: {
      classes,
      ...wants.includes("mask") ? { masks: formulaMasks("bench.masks", batch, size) } : {},
      ...wants.includes("method") ? { methods: tf.tensor1d(labels, "int32") } : {},
      ...wants.includes("pair")
        ? { partners: tf.tensor1d(labels.map((_, i) => i ^ 1), "int32") }
        : {},
      ...wants.includes("identity") ? { identities: tf.zeros([batch, 2], "int32") } : {},
    },
  };
}

/** A detector's parameters, filled from the formula. */
export function formulaParameters(detector: Detector): Parameters {
  const made = blankParameters(detector); // read from a file they would be, too
  fillParameters(made);
  return made;
}

/**
 * What only training needs of a detector, filled from the formula too: queues, prototypes, centres. Weights of
 * losses begin at 1, as on the other side.
 */
export function formulaState({ trainingState }: Detector): Parameters {
  const made = initialiseParameters(trainingState, createRandom(1, "bench"));
  const filled = trainingState.filter(({ role }) => role !== "lossWeight");
  fillParameters(Object.fromEntries(filled.map(({ name }) => [name, made[name]!])));
  return made;
}

/** Learnt numbers in all. */
export function parameterCount(parameters: Parameters): number {
  return Object.values(countParameters(parameters)).reduce((sum, count) => sum + count, 0);
}

/** What the two sides compare, and what inference is timed to: the paper's heads, else the log-odds. */
export function answersOf(one: BenchCase, detector: Detector, outputs: unknown): tf.Tensor[] {
  if (!isPaperCase(one)) return [detector.logOdds(outputs)];
  const { joint, leaveOneOut, global } = outputs as ExposingOutputs;
  return [joint, ...leaveOneOut, global];
}
