/**
 * Xception on error levels: the row "Xception-ELA" of F3-Net's and the paper's Table 1 (Gunawan et al. 2017
 * before Xception). There is no code and no parameters are published: the definition is the usual one, and the
 * cited AUCs are no aim. On frames that were JPEG or H.264 before, the levels mostly show the first
 * quantiser.
 */
import * as tf from "@tensorflow/tfjs";
import { errorLevels } from "lib/networks/error_levels.ts";
import { wholeNumberRule } from "lib/settings/field_rules.ts";
import { defineDetector } from "./define_detector.ts";
import type { DetectorKind } from "./detector.ts";
import { onXception } from "./on_xception.ts";
import { XCEPTION_FIELDS, xceptionPresets, type XceptionSettings } from "./xception_presets.ts";

/** What can be chosen of Xception on error levels. */
export interface XceptionElaSettings extends XceptionSettings {
  /** Quality of the JPEG that pictures are compared with, 1 to 100. [ours: the usual one] */
  readonly elaQuality: number;
}

/** Levels 0 to 255 of pixels from −1 to 1, and back. */
const levels = (images: tf.Tensor4D) => tf.mul(tf.add(images, 1), 127.5) as tf.Tensor4D;
const normalised = (x: tf.Tensor4D) => tf.sub(tf.div(x, 127.5), 1) as tf.Tensor4D;

/** Xception on error levels. */
export const xceptionEla: DetectorKind<XceptionElaSettings, tf.Tensor2D> = defineDetector<
  XceptionElaSettings,
  tf.Tensor2D
>({
  name: "xception_ela",
  source:
    "Gunawan et al., Development of Photo Forensics Algorithm by Detecting Photoshop Manipulation Using Error " +
    "Level Analysis, 2017, before Chollet's Xception; no official code, no published weights but Xception's",
  rules: { fields: { ...XCEPTION_FIELDS, elaQuality: wholeNumberRule(1, 100) } },
  presets: xceptionPresets({ elaQuality: 90 }),
  build: ({ elaQuality, ...settings }) =>
    onXception(settings, { see: (images) => normalised(errorLevels(levels(images), elaQuality)) }),
});
