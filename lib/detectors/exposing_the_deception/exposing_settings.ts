/** The settings of the paper's detector, with their ranges and where each value comes from. */
import type { CrossEntropyTerm, ObjectiveSettings } from "lib/losses/paper_objective.ts";
import type { Backbone } from "lib/networks/backbones.ts";
import {
  choiceRule,
  flagRule,
  listRule,
  numberBelowRule,
  numberRule,
  type SettingsRules,
  wholeNumberRule,
} from "lib/settings/field_rules.ts";

/**
 * What decides which parameters the detector has, what it computes, and what it is trained for. [paper]
 * with the section, [code]: the official code at commit c361f1c, [ours]: what neither states.
 */
export interface ExposingSettings extends ObjectiveSettings {
  /**
   * Backbone of every local information block: a name in `BACKBONES`. [paper, Implementation Details:
   * resnet34; `conv4`, four convolutions for pictures of 48 pixels, is ours: the planted-clues study's]
   */
  readonly backbone: string;
  /** Number n of local information blocks, 1 to 8. [paper: 4] */
  readonly blocks: number;
  /** Side of the square input image in pixels, a multiple of 16. [paper: 224] */
  readonly imageSize: number;
  /** Channels as a share of the published backbone's: 1 is the published network; smaller ones are for quick looks. [ours] */
  readonly width: number;
  /**
   * What each block sees: the whole face, or a tile of its own (the paper's baseline "cropping evenly",
   * Table 6). [paper: whole]
   */
  readonly view: "whole" | "tiles";
  /** Order of the channels that the network is fed; images are RGB until then. [code: bgr] */
  readonly channelOrder: "rgb" | "bgr";
  /** Probability that dropout zeroes a unit, 0 to below 1. [code: 0.5] */
  readonly dropout: number;
  /** Of backbones that skip images (EfficientNet): how likely the last block skips an image in training, 0 to below 1. [code: 0.2] */
  readonly dropConnect: number;
  /** Learning rate of the automatic weights, which are a group of their own. [code: 1e-3, Adam's default] */
  readonly lossWeightsRate: number;
}

const TERMS: readonly CrossEntropyTerm[] = ["global", "joint", "leaveOneOut"];

const severalBlocks = {
  when: ({ blocks }: ExposingSettings) => blocks > 1,
  why: "there is one block",
};
const areFixed = ({ lossWeights }: ExposingSettings) => lossWeights === "fixed";

/** The ranges of the settings, and which matters when, for blocks that may have these backbones. */
export function exposingRules(
  backbones: Readonly<Record<string, Backbone>>,
): SettingsRules<ExposingSettings> {
  const names = Object.keys(backbones);
  const skipping = names.filter((name) => backbones[name].skipsImages);
  return Object.freeze({
    fields: {
      backbone: choiceRule(...names),
      blocks: wholeNumberRule(1, 8),
      imageSize: wholeNumberRule(32, 1024, 16),
      width: numberRule(1 / 16, 4),
      view: { ...choiceRule("whole", "tiles"), matters: severalBlocks },
      channelOrder: choiceRule("rgb", "bgr"),
      dropout: numberBelowRule(0, 1),
      dropConnect: {
        ...numberBelowRule(0, 1),
        matters: {
          when: ({ backbone }: ExposingSettings) => skipping.includes(backbone),
          why: `only backbone ${
            skipping.map((name) => JSON.stringify(name)).join(" or ")
          } skips images`,
        },
      },
      localInformation: { ...flagRule(), matters: severalBlocks },
      globalInformation: flagRule(),
      lossForm: {
        ...choiceRule("paper", "official"),
        matters: {
          when: ({ divergence }: ExposingSettings) => divergence === "kl",
          why: 'only divergence "kl" has two forms',
        },
      },
      divergence: choiceRule("kl", "sinkhorn"),
      temperature: numberRule(1e-3, 1e3),
      detachJoint: flagRule(),
      crossEntropyTerms: listRule(...TERMS),
      lossWeights: choiceRule("automatic", "fixed"),
      alpha: {
        ...numberRule(0, 1e6),
        matters: {
          when: (s: ExposingSettings) => areFixed(s) && s.localInformation && s.blocks > 1,
          why: 'no local information loss is on whose lossWeights are "fixed"',
        },
      },
      beta: {
        ...numberRule(0, 1e6),
        matters: {
          when: (s: ExposingSettings) => areFixed(s) && s.globalInformation,
          why: 'no global information loss is on whose lossWeights are "fixed"',
        },
      },
      lossWeightsRate: {
        ...numberRule(0, 10),
        matters: {
          when: (s: ExposingSettings) => !areFixed(s),
          why: 'lossWeights are "fixed"',
        },
      },
    },
  });
}
