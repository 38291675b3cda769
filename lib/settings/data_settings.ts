/** What is in a training batch, but for the pictures themselves: the part `data` of a configuration. */
import {
  choiceRule,
  numberRule,
  type SettingsRules,
  sumRule,
  wholeNumberRule,
} from "./field_rules.ts";

/** What fakes can be made by while one trains: the names of `FORGERS`. */
export const FORGE_NAMES = ["DF", "F2F", "FS", "NT", "SBI", "BI", "I2G", "FWA"] as const;

/** How batches are made of samples. [paper], [code]: the official code at commit c361f1c, [ours] */
export interface DataSettings {
  /** Images in a training step, 2 or more (batch norm needs two). [paper, appendix, and code: 256] */
  readonly batchSize: number;
  /**
   * How real and fake are mixed in an epoch: as many of both; reals repeated; as they come; or each fake
   * beside the real picture that it was made of, in one batch. [code: repeatReals]
   */
  readonly balance: "equal" | "repeatReals" | "none" | "pairs";
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
  /**
   * Which picture mixup lays over one: any of the batch, by one share for the whole batch [code]; or the other
   * one of its pair, a fake's own real picture and the other way round, each by a share of its own, after the
   * same augmentation [NTechLab in the Deepfake Detection Challenge]. The latter takes batches of pairs.
   */
  readonly mixupWith: "any" | "pair";
  /**
   * What a batch's fakes are: the samples' own ("none"), or made of its real pictures, in each step anew,
   * by one of `FORGE_NAMES` or several with "+" between, of which each fake's is drawn. Half of a batch are
   * then real samples whose landmarks are known, and beside each stands the fake made of it; fakes of
   * the list are left out. [ours; self-blended images, "SBI", so train in Shiohara and Yamasaki, CVPR 2022]
   */
  readonly forge: string;
}

/** The names of the forgers that a setting `forge` asks for; none for "none". */
export function forgersAskedFor({ forge }: Pick<DataSettings, "forge">): string[] {
  return forge === "none" ? [] : forge.split("+");
}

/** The ranges of the data's settings. */
export const DATA_RULES: SettingsRules<DataSettings> = Object.freeze({
  fields: {
    batchSize: wholeNumberRule(2, 65536),
    balance: {
      ...choiceRule("equal", "repeatReals", "none", "pairs"),
      matters: {
        when: ({ forge }: DataSettings) => forge === "none",
        why: "a fake is made of each real, so there are as many of both",
      },
    },
    realRepeats: {
      ...wholeNumberRule(0, 1000),
      matters: {
        when: ({ balance, forge }: DataSettings) => balance === "repeatReals" && forge === "none",
        why: 'only balance "repeatReals" repeats reals, and none does where fakes are made of them',
      },
    },
    augmentation: choiceRule("all", "flip", "none"),
    mixup: numberRule(0, 100),
    mixupWith: {
      ...choiceRule("any", "pair"),
      absent: "any",
      matters: { when: ({ mixup }: DataSettings) => mixup > 0, why: "mixup is 0" },
    },
    forge: { ...sumRule("none", ...FORGE_NAMES), absent: "none" },
  },
  fault: ({ batchSize, balance, forge, mixup, mixupWith }: DataSettings) => {
    const hasPairs = forge !== "none" || balance === "pairs";
    if (hasPairs && batchSize % 2 !== 0) {
      return `batchSize is ${batchSize}, but batches of pairs${
        forge === "none" ? "" : ` made by ${forge}`
      } hold an even number of pictures.`;
    }
    if (mixup > 0 && mixupWith === "pair" && !hasPairs) {
      return 'mixupWith is "pair", but batches hold pairs only with balance "pairs", or fakes made by forge.';
    }
    return undefined;
  },
});

/** The paper's batches; where the paper is silent, the official code's. */
export const PAPER_DATA: DataSettings = Object.freeze({
  batchSize: 256,
  balance: "repeatReals",
  realRepeats: 4,
  augmentation: "all",
  mixup: 0.5,
  mixupWith: "any",
  forge: "none",
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
