/**
 * The benchmark's rows: a row is a detector with the recipe that it learns by at these sizes, and what it
 * may be trained on. A new one is one line. Rows are compared by pairs of equal seed.
 */
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import type { DetectorKind } from "lib/detectors/detector.ts";
import { exposingTheDeception } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { foundationEncoder } from "lib/detectors/foundation_encoder/foundation_encoder.ts";
import { DETECTORS } from "lib/detectors/register.ts";
import { sbi } from "lib/detectors/sbi.ts";
import { xception } from "lib/detectors/xception.ts";
import { SELF_BLENDED, STAND_INS } from "./unseen_crops.ts";

/** A way to train. */
export interface UnseenRow {
  /** Short name, unique in the table. */
  readonly name: string;
  /** What it is, in a line for tables. */
  readonly is: string;
  /** Detector, data and training; length, picture size and seed are the profile's. */
  readonly configuration: Configuration;
  /** How many times a profile's steps it trains: some begin to learn later. Default: 1. */
  readonly longer?: number;
  /** The only settings that it is trained on, of `UNSEEN_SETTINGS`. Default: all. */
  readonly settings?: readonly string[];
  /** Published weights that it begins with: the benchmark has it only where their file is given. */
  readonly needs?: "clip";
  /**
   * Whether fakes come without the real pictures that they were made of: half of a batch is real, half fake,
   * each drawn for itself. Default: false; each stands beside its own in one batch.
   */
  readonly unpaired?: true;
}

/** Flips alone: other augmentations keep detectors of these sizes from learning within minutes. */
const RECIPE = {
  augmentation: "flip",
  balance: "equal",
  mixup: 0,
  batchSize: 24,
  epochs: 0,
  steps: 1000,
  schedule: "warmUpCosine",
  learningRate: 2e-3,
} as const;

const NO_LOSS = { localInformation: false, globalInformation: false } as const;

/** The paper's detector on blocks of four convolutions: its equations, its heads, its learnt weights. */
const BLOCKS = vary(PAPER, { ...RECIPE, backbone: "conv4", imageSize: 64, dropout: 0.25 });
const GLOBAL_HEAD = vary(BLOCKS, { ...NO_LOSS, crossEntropyTerms: ["global"] });
const ALONE = vary(GLOBAL_HEAD, { blocks: 1 });
const XCEPTION = vary(presetOf(xception, "quick"), { ...RECIPE, imageSize: 64 });

const row = (
  name: string,
  is: string,
  configuration: Configuration,
  more: Omit<UnseenRow, "name" | "is" | "configuration"> = {},
): UnseenRow => Object.freeze({ name, is, configuration, ...more });

/** SGD learns at another rate than Adam: that of the detector's own preset. */
function ownRate(kind: DetectorKind): { learningRate?: number } {
  const { optimiser, learningRate } = kind.presets.quick.training;
  return optimiser === "sgd" ? { learningRate } : {};
}

/** CLIP's ViT-B/16, whose patches fit the benchmark's sizes, in a preset of the foundation encoder. */
const ofClip = (preset: string, learningRate: number) =>
  vary(presetOf(foundationEncoder, preset), {
    ...RECIPE,
    ...{ learningRate, imageSize: 64, size: "base", patchSize: 16 },
  });

/** The detectors that have rows of their own. */
const APART = [exposingTheDeception, xception, foundationEncoder] as readonly DetectorKind[];

/** Detectors that were published to learn from blended images alone: they are trained on such as well. */
const LEARN_BLENDING = ["sbi", "pcl", "dsp_fwa"];

/**
 * The register's other detectors, each in its quick preset: small, at the benchmark's size, with one recipe
 * for all. They are trained on all manipulations, so that each stands in the table.
 */
const COMPARED = DETECTORS.filter((kind) => !APART.includes(kind))
  .map((kind) =>
    row(
      kind.name,
      `${kind.name} in its quick preset`,
      vary(presetOf(kind, "quick"), { ...RECIPE, ...ownRate(kind) }),
      { settings: LEARN_BLENDING.includes(kind.name) ? ["all", SELF_BLENDED] : ["all"] },
    )
  );

const UNPAIRED = { settings: ["all"], unpaired: true } as const;
const CLIP = { settings: ["all"], needs: "clip" } as const;

/** All rows; the first is what the others are compared with. */
export const UNSEEN_ROWS: readonly UnseenRow[] = Object.freeze([
  row("paper", "the paper's detector: four blocks, all heads, both information losses", BLOCKS),
  row("heads", "four blocks, all heads, no information loss", vary(BLOCKS, NO_LOSS)),
  row("global head", "four blocks, G's head alone", GLOBAL_HEAD),
  row("one block", "one block of the same width", ALONE),
  row("heads + LIL", "all heads and the local loss", vary(BLOCKS, { globalInformation: false })),
  row("heads + GIL", "all heads and the global loss", vary(BLOCKS, { localInformation: false })),
  row("xception", "Xception, an eighth of its width", XCEPTION),
  row(
    "resnet34",
    "one ResNet-34, a quarter of its width, trained for three times the steps",
    vary(ALONE, { backbone: "resnet34", width: 0.25, learningRate: 5e-4 }),
    { longer: 3 },
  ),
  row(
    "heads, unpaired",
    "heads; fakes and reals of a batch are drawn apart",
    vary(BLOCKS, NO_LOSS),
    UNPAIRED,
  ),
  row(
    "xception, unpaired",
    "Xception; fakes and reals of a batch are drawn apart",
    XCEPTION,
    UNPAIRED,
  ),
  ...COMPARED,
  row(
    "sbi, by Adam",
    "sbi's network by Adam alone, without sharpness-aware minimisation",
    vary(presetOf(sbi, "quick"), { ...RECIPE, optimiser: "adam", samRho: 0 }),
    { settings: ["all", SELF_BLENDED] },
  ),
  row(
    "small ViT",
    "a vision transformer of two blocks, with nothing to begin with",
    vary(presetOf(foundationEncoder, "quick"), RECIPE),
    { settings: ["all"] },
  ),
  row("CLIP, head", "CLIP's ViT-B/16 as it is under a linear head", ofClip("linear", 2e-3), CLIP),
  row("CLIP, norms", "CLIP's ViT-B/16, its norms taught as GenD does", ofClip("gend", 3e-4), CLIP),
  row("CLIP, adapters", "CLIP's ViT-B/16 with low-rank adapters", ofClip("lora", 3e-4), CLIP),
]);

/** What is trained on: methods by the name of the setting. */
export const UNSEEN_SETTINGS: Readonly<Record<string, readonly string[]>> = Object.freeze({
  all: STAND_INS,
  ...Object.fromEntries(
    STAND_INS.map((left) => [`without ${left}`, STAND_INS.filter((method) => method !== left)]),
  ),
  SBI: [SELF_BLENDED],
});

/** A training of the benchmark. */
export interface UnseenRun {
  /** A key of `UNSEEN_SETTINGS`. */
  readonly setting: string;
  /** Name of a row. */
  readonly row: string;
  /** Seed of order and weights; people and pictures are the same for all. */
  readonly seed: number;
}

/**
 * A row by its name.
 *
 * @throws RangeError for a name that there is not, with those there are.
 */
export function unseenRow(name: string): UnseenRow {
  const found = UNSEEN_ROWS.find((row) => row.name === name);
  if (found) return found;
  const names = UNSEEN_ROWS.map(({ name }) => `"${name}"`).join(", ");
  throw new RangeError(`The benchmark has no row "${name}". Rows: ${names}.`);
}
