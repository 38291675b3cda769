/**
 * Spatial-Phase Shallow Learning (Liu et al., CVPR 2021): Xception with the phase spectrum as a fourth
 * channel, whole or without its middle blocks. The paper's Tables 1 and 2 cite its AUCs; "SPSL (Masi et al.
 * 2020)" there names another paper's authors.
 */
import * as tf from "@tensorflow/tfjs";
import { phaseChannel } from "lib/networks/phase_channel.ts";
import { choiceRule } from "lib/settings/field_rules.ts";
import { defineDetector } from "./define_detector.ts";
import type { DetectorKind } from "./detector.ts";
import { onXception } from "./on_xception.ts";
import { XCEPTION_FIELDS, xceptionPresets, type XceptionSettings } from "./xception_presets.ts";

/** What can be chosen of SPSL. */
export interface SpslSettings extends XceptionSettings {
  /**
   * `"full"`: all blocks, DeepfakeBench's default. `"shallow"`: without blocks 4 to 11, its mode
   * `shallow_xception` and the idea of the paper, whose own depth is not published.
   */
  readonly depth: "full" | "shallow";
}

/** SPSL. */
export const spsl: DetectorKind<SpslSettings, tf.Tensor2D> = defineDetector<
  SpslSettings,
  tf.Tensor2D
>({
  name: "spsl",
  source:
    "Liu et al., Spatial-Phase Shallow Learning, CVPR 2021, no official code; DeepfakeBench at commit 8a4a7bf " +
    "(CC BY-NC 4.0: read, not taken). Weights: ImageNet's as Xception's, the first layer widened; trained " +
    "ones by DeepfakeBench v1.0.1 (CC BY-NC 4.0)",
  rules: { fields: { ...XCEPTION_FIELDS, depth: choiceRule("full", "shallow") } },
  presets: xceptionPresets({ depth: "full" as const }),
  build: ({ depth, ...settings }) =>
    onXception(settings, {
      see: (images) => tf.concat([images, phaseChannel(images)], 3) as tf.Tensor4D,
      inputs: 4,
      isShallow: depth === "shallow",
    }),
});
