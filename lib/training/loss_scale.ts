/**
 * Loss scaling: what float16 is too coarse for, gradients near 0, is kept by taking those of a multiple of the
 * loss (Micikevicius et al. 2018, "Mixed Precision Training"). The multiple follows the rule of PyTorch's
 * GradScaler, at its defaults.
 */
import * as tf from "@tensorflow/tfjs";
import { mulNoNan } from "lib/engine/mul_no_nan.ts";
import type { TrainingSettings } from "lib/settings/training_settings.ts";
import type { Gradients } from "./gradient_norm.ts";

/** Where a run's loss scale stands; with it a run goes on. */
export interface LossScale {
  /** What the loss is multiplied by: a power of two, so that nothing is rounded by it. */
  readonly scale: number;
  /** Steps in a row, since it last changed, whose gradients were all finite. */
  readonly good: number;
  /** Steps without an update since the optimiser began: it does not count them. */
  readonly skipped: number;
}

/** Where a run begins. [PyTorch's default] */
export const FIRST_LOSS_SCALE: LossScale = Object.freeze({ scale: 2 ** 16, good: 0, skipped: 0 });

/** Steps in a row without an overflow after which the scale is doubled. [PyTorch's default] */
const GROWTH_INTERVAL = 2000;

/** The scale at and below which a run ends: smaller gradients would not help. [code: `min_loss_scale` of `fairseq`] */
const LEAST = 1e-4;

/** The largest power of two in float32: beyond it the scale would be infinite. */
const LARGEST = 2 ** 127;

/** Whether a training scales its loss. */
export function scalesLoss(
  { lossScaling, precision }: Pick<TrainingSettings, "lossScaling" | "precision">,
): boolean {
  return lossScaling === "dynamic" || lossScaling === "auto" && precision === "float16";
}

/**
 * The scale of the next step: half of this one's after an overflow, double after 2000 good steps in a row.
 *
 * @param isFinite Whether the step's gradients were, all of them; if not, there was no update.
 * @param growthInterval In place of 2000.
 * @throws RangeError when gradients overflow at every scale.
 *
 * @example
 * ```ts
 * import { FIRST_LOSS_SCALE, nextLossScale } from "lib/training/loss_scale.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(nextLossScale(FIRST_LOSS_SCALE, false), { scale: 32768, good: 0, skipped: 1 });
 * assert.deepEqual(nextLossScale(FIRST_LOSS_SCALE, true), { scale: 65536, good: 1, skipped: 0 });
 * ```
 */
export function nextLossScale(
  { scale, good, skipped }: LossScale,
  isFinite: boolean,
  growthInterval: number = GROWTH_INTERVAL,
): LossScale {
  if (isFinite && good + 1 < growthInterval) return { scale, good: good + 1, skipped };
  if (isFinite) return { scale: Math.min(2 * scale, LARGEST), good: 0, skipped };
  if (scale / 2 > LEAST) return { scale: scale / 2, good: 0, skipped: skipped + 1 };
  throw new RangeError(
    `The gradients are infinite or no numbers at every scale of the loss, down to ${scale}. Try a smaller ` +
      "learning rate, clipNorm, or precision bfloat16 or float32.",
  );
}

/** Gradients of the loss itself, and whether there were such. */
export interface Unscaled {
  /** Those of the loss, where all are finite; else 0. */
  readonly gradients: Gradients;
  /** 1 where all are finite, else 0. */
  readonly isFinite: tf.Scalar;
}

/**
 * Takes the scale out of gradients, exactly, and looks whether they are all finite.
 *
 * @param scaled Those of `scale` times the loss.
 */
export function unscaled(scaled: Gradients, scale: tf.Scalar): Unscaled {
  return tf.tidy(() => {
    const each = Object.values(scaled).map((g) => tf.all(tf.isFinite(g)));
    const isFinite = tf.cast(tf.all(tf.stack(each)), "float32") as tf.Scalar;
    const factor = tf.div(isFinite, scale) as tf.Scalar;
    const gradients = Object.fromEntries(
      Object.entries(scaled).map(([name, g]) => [name, mulNoNan(g, factor)]),
    );
    return { gradients, isFinite } as unknown as tf.TensorContainer;
  }) as unknown as Unscaled;
}
