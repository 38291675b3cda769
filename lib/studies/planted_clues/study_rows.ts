/**
 * The planted-clues study as a table: a row is one way to train, and a new one is one line. Rows are
 * compared by pairs of equal seed: same pictures, same order, same first weights where they fit.
 */
import { type Changes, vary } from "lib/detectors/configuration.ts";
import type { Loss, LossInputs } from "lib/detectors/detector.ts";
import type { ExposingOutputs } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import type { ExposingSettings } from "lib/detectors/exposing_the_deception/exposing_settings.ts";
import {
  type ExposingConfiguration,
  PAPER,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { PLANTED_SETTINGS, withoutGhost } from "lib/forgeries/planted_clues/planted_settings.ts";
import type { PlantedSetting } from "lib/forgeries/planted_clues/planted_settings.ts";
import { equalParameterWidth } from "lib/detectors/exposing_the_deception/single_block.ts";
import { minimax, perSample, throughHeldHeads } from "./study_objectives.ts";

/** A loss of a row's own. */
export type StudyLoss = (inputs: LossInputs<ExposingOutputs>, settings: ExposingSettings) => Loss;

/** One way to train. */
export interface StudyRow {
  /** Short name, unique in the table. */
  readonly name: string;
  /** What it is, in a line for tables. */
  readonly is: string;
  /** What differs from `STUDY`. */
  readonly changes: Changes<ExposingSettings>;
  /** What is minimised, where it is not the paper's objective as the settings say. */
  readonly loss?: StudyLoss;
  /** Pictures to train on, where they are not drawn by the setting itself. */
  readonly trainOn?: (setting: PlantedSetting) => PlantedSetting;
}

/** What all rows share: four small blocks, 500 steps of 64 pictures, flips. [ours] */
export const STUDY: ExposingConfiguration = vary(PAPER, {
  backbone: "conv4",
  imageSize: 48,
  dropout: 0.25,
  batchSize: 64,
  balance: "equal",
  augmentation: "flip",
  mixup: 0,
  epochs: 0,
  steps: 500,
  schedule: "warmUpCosine",
  learningRate: 2e-3,
  localInformation: false,
  globalInformation: false,
  crossEntropyTerms: ["global"],
  lossForm: "official",
  temperature: 1.5,
  detachJoint: true,
});

const LIL = { localInformation: true }, GIL = { globalInformation: true };
const HEADS = { crossEntropyTerms: ["global", "joint", "leaveOneOut"] } as const;
/** Eqs. 8 and 12 as they are printed, and the weights α and β, which the paper gives and does not learn. */
const PAPER_EQUATIONS = { lossForm: "paper", temperature: 1, detachJoint: false } as const;
const PAPER_FORM = { ...PAPER_EQUATIONS, lossWeights: "fixed" } as const;
const OFFICIAL_BOTH = { ...HEADS, ...LIL, ...GIL };
const FIXED = { ...HEADS, lossWeights: "fixed" } as const;
const WIDE = equalParameterWidth(STUDY.detector).width;

const blocks = (n: number): StudyRow => ({
  name: `both, n = ${n}`,
  is: `official form, both losses, ${n} blocks`,
  changes: { ...OFFICIAL_BOTH, blocks: n },
});

/** The published backbones, narrowed until a run takes about as long as reading this table. */
const small = (backbone: string, width: number): StudyRow[] => [
  { name: `none, ${backbone}`, is: "no loss", changes: { backbone, width } },
  { name: `both, ${backbone}`, is: "both losses", changes: { ...OFFICIAL_BOTH, backbone, width } },
];

/** All rows of the study. */
export const STUDY_ROWS: readonly StudyRow[] = Object.freeze([
  { name: "none", is: "cross-entropy on G alone", changes: {} },
  {
    name: "GIL",
    is: "as the official switch: with cross-entropy on the joint head",
    changes: { ...GIL, crossEntropyTerms: ["global", "joint"] },
  },
  {
    name: "LIL",
    is: "as the official switch: with cross-entropy on the leave-one-out heads",
    changes: { ...LIL, crossEntropyTerms: ["global", "leaveOneOut"] },
  },
  { name: "both", is: "both official switches", changes: OFFICIAL_BOTH },
  { name: "heads", is: "cross-entropy on all heads, no information loss", changes: HEADS },
  { name: "heads + LIL", is: "the term alone on top of all heads", changes: { ...HEADS, ...LIL } },
  { name: "heads + GIL", is: "the term alone on top of all heads", changes: { ...HEADS, ...GIL } },
  {
    name: "paper both",
    is: "paper's equations, cross-entropy on G alone, weights fixed at 1",
    changes: { ...PAPER_FORM, ...LIL, ...GIL },
  },
  {
    name: "paper both, automatic",
    is: "the same with automatic weights, as no loss has them",
    changes: { ...PAPER_EQUATIONS, ...LIL, ...GIL },
  },
  {
    name: "paper LIL",
    is: "paper's Eq. 8, cross-entropy on G alone",
    changes: { ...PAPER_FORM, ...LIL },
  },
  {
    name: "paper both + heads",
    is: "paper's equations, cross-entropy on all heads",
    changes: { ...PAPER_FORM, ...HEADS, ...LIL, ...GIL },
  },
  { name: "heads, fixed", is: "all heads, weights of terms fixed at 1", changes: FIXED },
  {
    name: "LIL × 10",
    is: "official form, ten times its weight, fixed",
    changes: { ...FIXED, ...LIL, alpha: 10 },
  },
  { name: "n = 1", is: "one block of the same width", changes: { blocks: 1 } },
  {
    name: "n = 1, wide",
    is: "one block with as many parameters",
    changes: { blocks: 1, width: WIDE },
  },
  { name: "tiles, none", is: "cropping evenly, no loss", changes: { view: "tiles" } },
  {
    name: "tiles, both",
    is: "cropping evenly, both losses",
    changes: { ...OFFICIAL_BOTH, view: "tiles" },
  },
  ...[2, 3, 5, 6, 7].map(blocks),
  ...small("resnet34", 0.125),
  ...small("mobilenetV1", 0.25),
  ...small("efficientnetB0", 0.25),
  {
    name: "held heads",
    is: "Eq. 8 through heads held fixed, with all heads",
    changes: FIXED,
    loss: throughHeldHeads,
  },
  {
    name: "minimax",
    is: "features against the leave-one-out heads, weight 0.1",
    changes: FIXED,
    loss: minimax,
  },
  {
    name: "per sample",
    is: "exponential of each sample's gap, held heads",
    changes: FIXED,
    loss: perSample,
  },
  {
    name: "no shortcut",
    is: "no loss, trained on pictures without the ghost",
    changes: {},
    trainOn: withoutGhost,
  },
]);

/**
 * A row by its name, or one of your own as it is.
 *
 * @throws RangeError for a name that the study does not have, with those it has; for a row of your own
 * that is called as one of the study's, whose results it would be taken for.
 */
export function studyRow(wanted: string | StudyRow): StudyRow {
  const name = typeof wanted === "string" ? wanted : wanted.name;
  const row = STUDY_ROWS.find((row) => row.name === name);
  if (typeof wanted !== "string") {
    if (row === undefined || row === wanted) return wanted;
    throw new RangeError(`The study has a row "${name}" already: give yours another name.`);
  }
  if (row) return row;
  const names = STUDY_ROWS.map(({ name }) => `"${name}"`).join(", ");
  throw new RangeError(`The study has no row "${name}". Rows: ${names}.`);
}

/** One training of the study; results and tables name its row. */
export interface StudyRun<Row extends string | StudyRow = string> {
  /** Name of a setting of `PLANTED_SETTINGS`. */
  readonly setting: keyof typeof PLANTED_SETTINGS;
  /** Name of a row, or a row of your own. */
  readonly row: Row;
  /** Seed of pictures, order and weights. */
  readonly seed: number;
}

const DECIDING = [
  "none",
  "GIL",
  "LIL",
  "both",
  "heads",
  "heads + LIL",
  "heads + GIL",
  "paper both",
];
const PUBLISHED = STUDY_ROWS.map(({ name }) => name).filter((name) =>
  /, (resnet|mobile|eff)/.test(name)
);

/**
 * What is trained in a profile, in the order in which it is worth having: ten seeds in setting A8 for
 * the rows that decide, five for the others and for two more settings, three for published backbones.
 * `"smoke"` proves that everything runs; its numbers mean nothing.
 */
export function studyRuns(profile: "smoke" | "full"): StudyRun[] {
  if (profile === "smoke") {
    return STUDY_ROWS.map(({ name }) => ({ setting: "A8", row: name, seed: 1 }));
  }
  const others = STUDY_ROWS.map(({ name }) => name)
    .filter((name) => !DECIDING.includes(name) && !PUBLISHED.includes(name));
  const runs = (setting: StudyRun["setting"], rows: readonly string[], seeds: number[]) =>
    seeds.flatMap((seed) => rows.map((row): StudyRun => ({ setting, row, seed })));
  return [
    ...runs("A8", DECIDING, [1, 2, 3, 4, 5]),
    ...runs("A8", others, [1, 2, 3, 4, 5]),
    ...runs("A8", DECIDING, [6, 7, 8, 9, 10]),
    ...runs("B8", ["none", "heads", "heads + LIL", "paper both", "both"], [1, 2, 3, 4, 5]),
    ...runs("A8", PUBLISHED, [1, 2, 3]),
    ...runs("D8", ["none", "heads", "heads + LIL", "paper both", "both"], [1, 2, 3, 4, 5]),
  ];
}
