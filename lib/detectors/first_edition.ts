/**
 * Configurations as the first edition of the kit wrote them, flat and without a detector's name, in the
 * form of today: its run folders, checkpoints and detector files still load.
 */
import type { PlainConfiguration } from "./configuration.ts";

/** Fields that belonged to cutting faces, and that no run depends on. */
const OF_FACES = ["faceScore", "faceMargin"];

const DATA = ["batchSize", "balance", "realRepeats", "augmentation", "mixup"];
const TRAINING = [
  "epochs",
  "steps",
  "learningRate",
  "schedule",
  "weightDecay",
  "validateEvery",
  "patience",
  "precision",
  "seed",
];

/** Whether this is a configuration of the first edition: flat, with a backbone and no detector. */
export function isFirstEdition(
  written: Readonly<Record<string, unknown>>,
): written is Readonly<Record<string, unknown>> {
  return Object.hasOwn(written, "backbone") && !Object.hasOwn(written, "detector");
}

/**
 * The same settings in the form of today: those of the paper's detector, the only one there was, the
 * data's and the training's.
 */
export function fromFirstEdition(written: Readonly<Record<string, unknown>>): PlainConfiguration {
  const part = (belongs: (field: string) => boolean) =>
    Object.fromEntries(Object.entries(written).filter(([field]) => belongs(field)));
  const others = [...DATA, ...TRAINING, ...OF_FACES];
  return {
    detector: {
      name: "exposing_the_deception",
      settings: part((field) => !others.includes(field)),
    },
    data: part((field) => DATA.includes(field)) as unknown as PlainConfiguration["data"],
    training: part((field) =>
      TRAINING.includes(field)
    ) as unknown as PlainConfiguration["training"],
  };
}
