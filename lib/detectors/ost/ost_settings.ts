/** How OST is set: ranges, sources, and the ready-made configurations. */
import { QUICK_DATA, SMOKE_DATA } from "lib/settings/data_settings.ts";
import {
  choiceRule,
  numberBelowRule,
  numberRule,
  type SettingsRules,
  wholeNumberRule,
} from "lib/settings/field_rules.ts";
import { QUICK_TRAINING, SMOKE_TRAINING } from "lib/settings/training_settings.ts";
import type { Preset } from "../detector.ts";
import { XCEPTION_DATA, XCEPTION_TRAINING } from "../xception_presets.ts";

/** What can be chosen of OST. [code]: liangchen527/OST at commit 1e4518b */
export interface OstSettings {
  /** Side of the square input image in pixels. [code: 256] */
  readonly imageSize: number;
  /** Channels as a share of Xception's: 1 is the published network. [ours] */
  readonly width: number;
  /** `"full"`: all blocks. `"shallow"`: without blocks 4 to 11, as SPSL's. [code: "full"] */
  readonly depth: "full" | "shallow";
  /** Probability that dropout zeroes a unit before the classifier, in adaptation too. [code: 0.5] */
  readonly dropout: number;
  /** Margin of the loss, on raw logits. [code: 0.45] */
  readonly margin: number;
  /** What logits are multiplied by in the loss. [code: 30] */
  readonly scale: number;
  /** Learning rate of the step within. [code: 5e-4, of every tensor] */
  readonly innerRate: number;
  /** Whether training is differentiated through the inner step's gradient. [code: "second"] */
  readonly order: "first" | "second";
  /** Real training pictures that are kept, to learn from in the step within. [ours] */
  readonly templates: number;
  /** Inner steps before a picture is scored; 0: it is scored as it is. [code: 1] */
  readonly testSteps: number;
  /** By how much pseudo-fakes of training differ, 0 to 1; 0 draws nothing. [ours] */
  readonly variety: number;
}

const full: OstSettings = Object.freeze({
  imageSize: 256,
  width: 1,
  depth: "full",
  dropout: 0.5,
  margin: 0.45,
  scale: 30,
  innerRate: 5e-4,
  order: "second",
  templates: 3,
  testSteps: 1,
  variety: 1,
});

/** What short runs change: few layers, and a gradient that takes half the time. */
const SMALL = { depth: "shallow", dropout: 0, order: "first" } as const;

/** The ranges. */
export const OST_RULES: SettingsRules<OstSettings> = Object.freeze({
  fields: {
    imageSize: wholeNumberRule(32, 1024),
    width: numberRule(1 / 32, 4),
    depth: choiceRule("full", "shallow"),
    dropout: numberBelowRule(0, 1),
    margin: numberRule(0, 1),
    scale: numberRule(1, 1000),
    innerRate: numberRule(0, 10),
    order: choiceRule("first", "second"),
    templates: wholeNumberRule(2, 32),
    testSteps: wholeNumberRule(0, 1),
    variety: numberRule(0, 1),
  },
});

/** Ready-made configurations, the published one first. */
export const OST_PRESETS: Readonly<Record<string, Preset<OstSettings>>> = Object.freeze({
  /**
   * The code's: Adam at 2e-4 throughout, epochs 0 to 30, batches of four on each of eight devices. Here the 32
   * are one batch and take one step within, there each four take their own.
   */
  official: {
    detector: full,
    data: { ...XCEPTION_DATA, augmentation: "none" },
    training: { ...XCEPTION_TRAINING, epochs: 31 },
  },
  /** Minutes on two cores, from scratch. For looking, not for reporting. */
  quick: {
    detector: { ...full, ...SMALL, imageSize: 96, width: 0.125 },
    data: QUICK_DATA,
    training: QUICK_TRAINING,
  },
  /** Seconds: proves that everything runs. Its numbers mean nothing. */
  smoke: {
    detector: { ...full, ...SMALL, imageSize: 32, width: 1 / 16 },
    data: SMOKE_DATA,
    training: SMOKE_TRAINING,
  },
});
