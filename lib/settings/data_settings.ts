/** What is in a training batch, but for the pictures themselves: the part `data` of a configuration. */
import { choiceRule, numberRule, type SettingsRules, wholeNumberRule } from "./field_rules.ts";

/** How batches are made of samples. [paper], [code]: the official code at commit c361f1c, [ours] */
export interface DataSettings {
  /** Images in a training step, 2 or more (batch norm needs two). [paper, appendix, and code: 256] */
  readonly batchSize: number;
  /** How real and fake are mixed in an epoch: as many of both, reals repeated, or as they come. [code: repeatReals] */
  readonly balance: "equal" | "repeatReals" | "none";
  /**
   * How often a real picture stands in an epoch when balance is "repeatReals": 1 or more, or 0 for as
   * often as makes reals as many as fakes, counted in the data. [code: 4 for FF++, 6 for Celeb-DF v2, 5
   * for DFDC]
   */
  readonly realRepeats: number;
  /** Which augmentations are drawn: flip, rotation, brightness and contrast; the flip alone; none. [paper: all] */
  readonly augmentation: "all" | "flip" | "none";
  /** α of the Beta distribution from which mixup draws its share; 0: no mixup. [code: 0.5] */
  readonly mixup: number;
}

/** The ranges of the data's settings. */
export const DATA_RULES: SettingsRules<DataSettings> = Object.freeze({
  fields: {
    batchSize: wholeNumberRule(2, 65536),
    balance: choiceRule("equal", "repeatReals", "none"),
    realRepeats: {
      ...wholeNumberRule(0, 1000),
      matters: {
        when: ({ balance }: DataSettings) => balance === "repeatReals",
        why: 'only balance "repeatReals" repeats reals',
      },
    },
    augmentation: choiceRule("all", "flip", "none"),
    mixup: numberRule(0, 100),
  },
});

/** The paper's batches; where the paper is silent, the official code's. */
export const PAPER_DATA: DataSettings = Object.freeze({
  batchSize: 256,
  balance: "repeatReals",
  realRepeats: 4,
  augmentation: "all",
  mixup: 0.5,
});

/** For minutes on two cores: small batches, as many of both, and no mixup, which slows a short run down. */
export const QUICK_DATA: DataSettings = Object.freeze({
  ...PAPER_DATA,
  batchSize: 24,
  balance: "equal",
  mixup: 0,
});

/** For seconds. */
export const SMOKE_DATA: DataSettings = Object.freeze({ ...QUICK_DATA, batchSize: 8 });
