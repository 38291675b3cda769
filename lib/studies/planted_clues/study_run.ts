/** One run of the planted-clues study: train a row's detector, then measure all that is known of it. */
import * as tf from "@tensorflow/tfjs";
import { vary, withLoss } from "lib/detectors/configuration.ts";
import {
  type ExposingDetector,
  LOSS_WEIGHTS,
} from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import type { ExposingConfiguration } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { processorInstructions } from "lib/engine/processor_instructions.ts";
import { batchesInOrder, disposeBatch } from "lib/batches/batches.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import type { PlantedPicture } from "lib/forgeries/planted_clues.ts";
import { PLANTED_SETTINGS } from "lib/forgeries/planted_clues/planted_settings.ts";
import { balancedLogLoss } from "lib/evaluation/logistic.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { countParameters } from "lib/networks/parameters.ts";
import { createLearner, type Learner } from "lib/training/learner.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { train } from "lib/training/train.ts";
import { divergences } from "./head_calibration.ts";
import { gradientShares } from "./gradient_shares.ts";
import { type FeatureInformation, featureInformation } from "./feature_information.ts";
import { outputsOf, type PictureOutputs } from "./head_outputs.ts";
import {
  type StudySizes,
  type TestName,
  type TestPictures,
  testPictures,
  trainingPictures,
} from "./study_pictures.ts";
import type { KeepDetector } from "../study_results.ts";
import { STUDY, type StudyRow, studyRow, type StudyRun } from "./study_rows.ts";

/** What a run found: plain numbers under lasting names. An undefined one does not exist for its row. */
export interface StudyResult extends StudyRun {
  /** The row's settings and pictures in one short word; equal words are the same experiment. */
  readonly protocol: string;
  /** AUC of the score against the same real pictures, for each kind of fake. */
  readonly auc: Readonly<Record<TestName, number>>;
  /** AUC on the first thousand training pictures. */
  readonly trainingAuc: number;
  /** Cross-entropy on in-distribution test pictures, nats: of G's head, the joint, the others' mean. */
  readonly crossEntropy: {
    readonly global: number;
    readonly joint: number;
    readonly leaveOneOut?: number;
  };
  /** Σᵢ D_KL[P_Z ‖ P_{Z∖zᵢ}] on those pictures, as given and after recalibration. */
  readonly divergence?: { readonly raw: number; readonly calibrated: number };
  /** What linear heads fitted afterwards read from the features. */
  readonly information?: FeatureInformation;
  /** Pull of the information losses at the backbones against cross-entropy's, at step 100 and the end. */
  readonly pull: Readonly<Record<"early" | "late", Readonly<Record<string, number>>>>;
  /** The automatic weights' p at the end, in the order of `weightedTerms`; none when fixed. */
  readonly lossWeights: readonly number[];
  /** Learnt numbers of the detector. */
  readonly parameters: number;
  /** Seconds of training. */
  readonly seconds: number;
  /** `processorInstructions` of what trained it: with others the same seed is another training. */
  readonly instructions: readonly string[];
  /** Every 25th step's terms, and the last one's. */
  readonly trace: readonly StepRecord[];
}

/** Step after which the pull of the losses is measured first. */
const EARLY = 100;

/** Steps between two entries of a trace. */
const TRACED = 25;

/** Pictures that a run may share with others; drawing them takes as long as a third of a training. */
export interface StudyPictures {
  /** Training pictures of a run. */
  training(run: StudyRun<string | StudyRow>): readonly PlantedPicture[];
  /** Test pictures of a setting. */
  test(setting: StudyRun["setting"]): TestPictures;
}

/** Draws pictures when they are first asked for, and keeps the latest training set and every test. */
export function studyPictures(sizes: StudySizes): StudyPictures {
  let latest: { key: string; pictures: PlantedPicture[] } | undefined;
  const tests = new Map<string, TestPictures>();
  return {
    training: ({ setting, row, seed }) => {
      const { trainOn = (same) => same } = studyRow(row);
      const of = trainOn(PLANTED_SETTINGS[setting]), key = `${of.name} ${seed}`;
      if (latest?.key !== key) latest = { key, pictures: trainingPictures(of, { seed, sizes }) };
      return latest.pictures;
    },
    test: (setting) => {
      const drawn = tests.get(setting) ?? testPictures(PLANTED_SETTINGS[setting], sizes);
      tests.set(setting, drawn);
      return drawn;
    },
  };
}

/** The settings of a run, its loss included. @param steps Length, where it is not the study's own. */
export function studyConfiguration(
  run: StudyRun<string | StudyRow>,
  steps: number = STUDY.training.steps,
): ExposingConfiguration {
  const { changes, loss } = studyRow(run.row);
  const configuration = vary(STUDY, { ...changes, seed: run.seed, steps });
  return loss ? withLoss(configuration, loss) : configuration;
}

/**
 * Trains and measures.
 *
 * @param options The pictures, the run's protocol word, and its settings of `studyConfiguration`; `keep` gets
 * the trained detector, whose variables are freed afterwards.
 *
 * @example A row of one's own, without a change in lib
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import type { StudyRow } from "lib/studies/planted_clues/study_rows.ts";
 * import { runStudy, studyConfiguration, studyPictures } from "lib/studies/planted_clues/study_run.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const row: StudyRow = { name: "three blocks", is: "three in place of four", changes: { blocks: 3 } };
 * const run = { setting: "A8", row, seed: 1 } as const;
 * const result = await runStudy(run, {
 *   pictures: studyPictures({ training: 64, reals: 24, fakes: 12 }),
 *   protocol: "a look",
 *   configuration: studyConfiguration(run, 3),
 * });
 * assert.equal(result.row, "three blocks");
 * ```
 */
export async function runStudy(
  run: StudyRun<string | StudyRow>,
  options: {
    pictures: StudyPictures;
    protocol: string;
    configuration: ExposingConfiguration;
    keep?: KeepDetector;
  },
): Promise<StudyResult> {
  const { pictures, protocol, configuration } = options,
    { detector, training: { steps } } = configuration;
  const row = studyRow(run.row),
    training = pictures.training(run),
    test = pictures.test(run.setting);
  using learner = createLearner(configuration);
  const begin = performance.now(), trace: StepRecord[] = [];
  let early: Record<string, number> = {}, spent = 0;
  await using source = cropSource(training, configuration);
  for await (const record of train(learner, { source, configuration })) {
    const { step } = record;
    if (step % TRACED === 0 || step === steps - 1) trace.push(record);
    if (step === Math.min(EARLY, steps) - 1) {
      const before = performance.now();
      early = await pull(learner, { row, training, configuration });
      spent += performance.now() - before;
    }
  }
  const seconds = (performance.now() - begin - spent) / 1000;
  await options.keep?.(learner);
  return {
    ...run,
    row: row.name,
    protocol,
    ...await measure(learner, { test, training, detector }),
    pull: { early, late: await pull(learner, { row, training, configuration }) },
    lossWeights: [...await learner.learnt[LOSS_WEIGHTS]?.data() ?? []],
    parameters: Object.values(countParameters(learner.parameters)).reduce((a, b) => a + b),
    seconds,
    instructions: processorInstructions(),
    trace,
  };
}

/** The losses' pull on one batch of training pictures; none where the row has an objective of its own. */
async function pull(
  learner: Learner,
  { row, training, configuration }: {
    row: StudyRow;
    training: readonly PlantedPicture[];
    configuration: ExposingConfiguration;
  },
): Promise<Record<string, number>> {
  if (row.loss) return {};
  const { detector, data: { batchSize } } = configuration;
  const [batch] = batchesInOrder(training.slice(0, batchSize), { batchSize });
  const images = normaliseImages(batch.images, detector.input.normalisation);
  const classes = tf.tidy(() => tf.oneHot(batch.labels, 2) as tf.Tensor2D);
  try {
    return await gradientShares(learner, { images, classes }, detector);
  } finally {
    tf.dispose([images, classes]);
    disposeBatch(batch);
  }
}

async function measure(
  { parameters }: Learner,
  { test, training, detector }: {
    test: TestPictures;
    training: readonly PlantedPicture[];
    detector: ExposingDetector;
  },
): Promise<
  Pick<StudyResult, "auc" | "trainingAuc" | "crossEntropy" | "divergence" | "information">
> {
  const outputs = (of: readonly PlantedPicture[]) => outputsOf(of, { detector, parameters });
  const reals = await outputs(test.reals);
  const auc: Partial<Record<TestName, number>> = {};
  let known: PictureOutputs[] = [];
  for (const [name, pictures] of Object.entries(test.fakes)) {
    const fakes = await outputs(pictures);
    if (name === "inDistribution") known = [...reals, ...fakes];
    auc[name as TestName] = rocAuc(
      [...reals, ...fakes].map(({ global }) => global),
      [...reals.map(() => 0), ...fakes.map(() => 1)],
    );
  }
  const labels = known.map((_, i) => i < reals.length ? 0 : 1);
  const loss = (odds: (picture: PictureOutputs) => number) =>
    balancedLogLoss(known.map(odds), labels);
  const heads = known[0].leaveOneOut.map((_, k) => loss((picture) => picture.leaveOneOut[k]));
  const seen = training.slice(0, 1000), divergence = divergences(known, labels);
  const information = featureInformation(known, labels);
  return {
    auc: auc as Record<TestName, number>,
    trainingAuc: rocAuc(
      (await outputs(seen)).map(({ global }) => global),
      seen.map(({ sample }) => sample.label),
    ),
    crossEntropy: {
      global: loss(({ global }) => global),
      joint: loss(({ joint }) => joint),
      ...(heads.length > 0 ? { leaveOneOut: heads.reduce((a, b) => a + b) / heads.length } : {}),
    },
    ...(divergence ? { divergence } : {}),
    ...(information ? { information } : {}),
  };
}
