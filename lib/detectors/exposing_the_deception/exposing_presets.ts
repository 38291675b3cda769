/** The ready-made settings of the paper's detector, with the data and the training that go with them. */
import { PAPER_DATA, QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import {
  OFFICIAL_TRAINING,
  PAPER_TRAINING,
  QUICK_TRAINING,
  SMOKE_TRAINING,
} from "lib/settings/training_settings.ts";
import type { Preset } from "../detector.ts";
import type { ExposingSettings } from "./exposing_settings.ts";

/** The paper's equations and settings; where the paper is silent, the official code's. */
const paper: ExposingSettings = Object.freeze({
  backbone: "resnet34",
  blocks: 4,
  imageSize: 224,
  width: 1,
  view: "whole",
  channelOrder: "rgb",
  dropout: 0.5,
  dropConnect: 0.2,
  localInformation: true,
  globalInformation: true,
  lossForm: "paper",
  divergence: "kl",
  temperature: 1,
  detachJoint: false,
  crossEntropyTerms: Object.freeze(["global", "joint", "leaveOneOut"] as const),
  lossWeights: "automatic",
  alpha: 1,
  beta: 1,
  lossWeightsRate: 1e-3,
});

/** Narrow blocks on small crops. */
const quick: ExposingSettings = { ...paper, imageSize: 96, width: 0.125, dropout: 0.2 };

/** The presets by the names that commands take. */
export const EXPOSING_PRESETS: Readonly<Record<string, Preset<ExposingSettings>>> = Object.freeze({
  /** The paper. */
  paper: { detector: paper, data: PAPER_DATA, training: PAPER_TRAINING },
  /** What the official code computes at its defaults; the known differences to the paper in one place. */
  officialCode: {
    detector: {
      ...paper,
      lossForm: "official",
      channelOrder: "bgr",
      temperature: 1.5,
      detachJoint: true,
    },
    data: PAPER_DATA,
    training: OFFICIAL_TRAINING,
  },
  /** Minutes on two cores, from scratch. For looking, not for reporting. */
  quick: { detector: quick, data: QUICK_DATA, training: QUICK_TRAINING },
  /** Seconds: proves that everything runs. Its numbers mean nothing. */
  smoke: {
    detector: { ...quick, imageSize: 32, blocks: 2 },
    data: SMOKE_DATA,
    training: SMOKE_TRAINING,
  },
});
