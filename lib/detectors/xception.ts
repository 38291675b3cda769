/**
 * Xception as a detector: the baseline of the field since FaceForensics++ (Rössler et al. 2019), and the
 * paper's line in Tables 1 to 3 and 7 and Figs. 4 and 7. One network, two logits, cross-entropy. The AUCs
 * beside it in the paper are cited from others' papers, so a faithful run need not hit them.
 */
import type * as tf from "@tensorflow/tfjs";
import { defineDetector } from "./define_detector.ts";
import type { DetectorKind } from "./detector.ts";
import { onXception } from "./on_xception.ts";
import { XCEPTION_FIELDS, xceptionPresets, type XceptionSettings } from "./xception_presets.ts";

/** Xception. */
export const xception: DetectorKind<XceptionSettings, tf.Tensor2D> = defineDetector<
  XceptionSettings,
  tf.Tensor2D
>({
  name: "xception",
  source:
    "Chollet 2017; Rössler et al., FaceForensics++, ICCV 2019; code ondyari/FaceForensics at commit " +
    "b952e41 (MIT). Weights: ImageNet's, timm/legacy_xception.tf_in1k (Apache-2.0); trained ones by " +
    "FaceForensics++ (on request) and DeepfakeBench v1.0.1 (CC BY-NC 4.0)",
  rules: { fields: XCEPTION_FIELDS },
  presets: xceptionPresets({}),
  build: (settings) => onXception(settings),
});
