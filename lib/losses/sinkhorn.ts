/**
 * The official code's alternative to the KL divergence: an optimal transport distance between the
 * predictions of two heads over a batch, by Sinkhorn's iteration (Cuturi 2013). The paper does not
 * mention it. `divergence: "sinkhorn"` in the configuration puts it in the information losses.
 */
import * as tf from "@tensorflow/tfjs";
import { detach } from "lib/engine/detach.ts";
import { requireSameShape } from "./shapes.ts";

/** Strength of the entropic regularisation, in the units of the cost. [code] */
const EPSILON = 0.01;
/** The iteration ends when the potentials of a step move by less than this in sum. [code] */
const THRESHOLD = 0.1;
/** Most steps of the iteration. [code] */
const STEPS = 100;
/** Inside logarithms, so that a sum that is zero in float32 does not become −∞. [code] */
const FLOOR = 1e-6;

/** How {@link sinkhornDistance} reads the logits. */
export interface SinkhornOptions {
  /** Divisor T of all logits, above 0. [code: 1.5] */
  readonly temperature: number;
  /** Whether the joint head is a constant here. [code: true] */
  readonly detachJoint: boolean;
}

/**
 * The transport cost between a batch's joint predictions and another head's:
 *
 *     W = Σ_ij π_ij C_ij,   C_ij = ‖log P_Z(i) − P_other(j)‖²,   π_ij = exp((u_i + v_j − C_ij) / ε)
 *
 * with potentials u and v that Sinkhorn's iteration makes for equal weights 1/B on both sides. As in
 * the official code, one side are logarithms of probabilities and the other probabilities, so W is
 * not 0 for equal predictions; and the floor under the logarithms makes π vanish, and W with it, when
 * a logarithm is large. It is here to be compared with; the KL divergence is what the paper derives.
 *
 * @param joint Logits `[batch, classes]` of the joint head.
 * @param other Logits `[batch, classes]` of a leave-one-out head or of the global head.
 * @returns A scalar, 0 or more.
 * @throws TypeError when the shapes differ.
 * @throws RangeError when the temperature is not above 0.
 *
 * @example Two samples, nothing known: the cost of carrying log ½ to ½
 * ```ts
 * import { sinkhornDistance } from "lib/losses/sinkhorn.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const zeros = tf.zeros<tf.Rank.R2>([2, 2]);
 * const options = { temperature: 1.5, detachJoint: true };
 * const expected = 2 * (Math.log(0.5) - 0.5) ** 2;
 * const distance = sinkhornDistance(zeros, zeros, options).dataSync()[0];
 * assert.ok(Math.abs(distance / expected - 1) < 0.01);
 * ```
 */
export function sinkhornDistance(
  joint: tf.Tensor2D,
  other: tf.Tensor2D,
  { temperature, detachJoint }: SinkhornOptions,
): tf.Scalar {
  requireSameShape("sinkhornDistance", { joint, other });
  if (!(temperature > 0)) {
    throw new RangeError(`sinkhornDistance: the temperature is ${temperature}, not above 0.`);
  }
  return tf.tidy(() => {
    const pZ = detachJoint ? detach(joint) : joint;
    const x = tf.logSoftmax(tf.div(pZ, temperature));
    const y = tf.softmax(tf.div(other, temperature));
    const difference = tf.sub(tf.expandDims(x, 1), tf.expandDims(y, 0)); // [B, B, classes]
    const cost = tf.sum(tf.square(difference), 2) as tf.Tensor2D;
    const plan = tf.exp(scaledCost(cost, potentials(cost)));
    return tf.sum(tf.mul(plan, cost)) as tf.Scalar;
  });
}

interface Potentials {
  readonly u: tf.Tensor1D;
  readonly v: tf.Tensor1D;
}

/** (u_i + v_j − C_ij) / ε, `[B, B]`. */
function scaledCost(cost: tf.Tensor2D, { u, v }: Potentials): tf.Tensor2D {
  return tf.div(tf.add(tf.sub(tf.expandDims(u, 1), cost), tf.expandDims(v, 0)), EPSILON);
}

/**
 * Sinkhorn's iteration in the log domain. Whether it has ended depends on values that a captured
 * graph does not know while it is built, so all steps are there, and those after the end change
 * nothing. A captured training step of four blocks grows to 100,000 operations by this, and takes some
 * twenty seconds to begin with.
 */
function potentials(cost: tf.Tensor2D): Potentials {
  const batch = cost.shape[0];
  const logWeight = Math.log(1 / batch + 1e-8);
  let u = tf.zeros<tf.Rank.R1>([batch]);
  let v = tf.zeros<tf.Rank.R1>([batch]);
  let running: tf.Tensor = tf.scalar(1);
  const advance = (old: tf.Tensor1D, logSum: tf.Tensor): tf.Tensor1D =>
    tf.add(old, tf.mul(running, tf.mul(EPSILON, tf.sub(logWeight, logSum))));
  for (let step = 0; step < STEPS; step++) {
    const before = u;
    u = advance(u, logSumExp(scaledCost(cost, { u, v }), 1));
    v = advance(v, logSumExp(scaledCost(cost, { u, v }), 0));
    const moved = tf.sum(tf.abs(tf.sub(u, before)));
    running = tf.mul(running, tf.step(tf.sub(moved, THRESHOLD))); // comparisons have no gradient
  }
  return { u, v };
}

function logSumExp(x: tf.Tensor2D, axis: number): tf.Tensor {
  return tf.log(tf.add(tf.sum(tf.exp(x), axis), FLOOR));
}
