/** The cases of loss_fixtures.json as typed values, and how the tests compare with them. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import type { HeadLogits } from "lib/losses/information_losses.ts";

type Rows = number[][];

/** Gradient of one number in all its arguments. */
export interface CaseGradients {
  readonly joint: Rows;
  readonly loo: Rows[];
  readonly global: Rows;
  readonly p: number[];
}

/** Losses of one form. */
export type CaseLosses = Readonly<Record<string, number | number[] | CaseGradients>>;

/** What the official code gives, with one of its two divergences. */
interface OfficialLosses {
  readonly ce_sum: number;
  readonly gil: number;
  readonly lil: number;
  readonly total_auto: number;
  readonly total_hyper_1_2_10: number;
  readonly total_plain_sum: number;
  readonly ce_terms: { global: number; joint: number; loo: number[] };
  readonly grad_ce_sum: CaseGradients;
  readonly grad_gil: CaseGradients;
  readonly grad_lil: CaseGradients;
  readonly grad_total_auto: CaseGradients;
}

/** One set of logits with what it gives. */
export interface LossCase {
  readonly name: string;
  readonly B: number;
  readonly n: number;
  readonly p: number[];
  readonly joint: Rows;
  readonly loo: Rows[];
  readonly global: Rows;
  readonly y_a: number[];
  readonly y_b: number[] | null;
  readonly lam: number | null;
  readonly official_f64: OfficialLosses;
  readonly official_sinkhorn_f64: OfficialLosses;
  readonly official_kl_per_loo_f64: number[];
  readonly official_ablation_f64?: Record<string, { losses: number[]; total_auto_p1: number }>;
  readonly [paperForm: `paper_${string}`]: {
    kl_PZ_PZi: number[];
    lil: number;
    gil: number;
    total_auto_ce_global_only: number;
    total_auto_ce_sum: number;
    grad_lil: CaseGradients;
    grad_gil: CaseGradients;
    grad_total_auto_ce_global_only: CaseGradients;
    grad_total_auto_ce_sum: CaseGradients;
  };
}

const url = new URL("../fixtures/loss_fixtures.json", import.meta.url);
const fixture = JSON.parse(await Deno.readTextFile(url));

/** The fixture's cases. */
export const LOSS_CASES: readonly LossCase[] = fixture.cases;

/** The fixture's lists for the automatic weights alone. */
export const WEIGHT_CASES: readonly {
  losses: number[];
  p: number[];
  value: number;
  grad_p: number[];
  grad_losses: number[];
}[] = fixture.automatic_weighted_loss;

/** Targets of a case, mixed where it says so. */
export function caseTargets({ y_a, y_b, lam }: LossCase): tf.Tensor2D {
  const share = lam ?? 1;
  return tf.tensor2d(y_a.map((a, i) => {
    const fake = share * a + (1 - share) * (y_b?.[i] ?? a);
    return [1 - fake, fake];
  }));
}

/** Value and gradients of a loss at a case's logits and weights. */
export function valueAndGradients(
  { joint, loo, global, p }: LossCase,
  loss: (logits: HeadLogits, weights: tf.Tensor1D) => tf.Scalar,
): { value: number; gradients: CaseGradients } {
  return tf.tidy(() => {
    const inputs = [joint, ...loo, global].map((rows) => tf.tensor2d(rows));
    const all = [...inputs, tf.tensor1d(p)];
    // A term of zero makes every input part of the graph: without it tf.valueAndGrads refuses one
    // that the loss does not use.
    const { value, grads } = tf.valueAndGrads((...x: tf.Tensor[]) => {
      const [z, ...rest] = x as tf.Tensor2D[];
      const logits = { joint: z, leaveOneOut: rest.slice(0, -2), global: rest.at(-2)! };
      const zero = tf.addN(x.map((t) => tf.sum(tf.mul(t, 0))));
      return tf.add(loss(logits, x.at(-1) as tf.Tensor1D), zero) as tf.Scalar;
    })(all);
    const rows = grads.map((g) => g.arraySync());
    return {
      value: value.dataSync()[0],
      gradients: {
        joint: rows[0] as Rows,
        loo: rows.slice(1, -2) as Rows[],
        global: rows.at(-2) as Rows,
        p: rows.at(-1) as number[],
      },
    };
  });
}

/** Fails unless the numbers agree to `tolerance` of the expected one (of 1e-30 at least). */
export function assertClose(actual: number, expected: number, tolerance: number, what: string) {
  const error = Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-30);
  const tiny = Math.abs(actual - expected) < 1e-7; // both nearly nothing
  assert.ok(tiny || error <= tolerance, `${what}: ${actual}, expected ${expected}`);
}

/** Fails unless all gradients agree to `tolerance` of the largest expected in the same tensor. */
export function assertGradients(
  actual: CaseGradients,
  expected: CaseGradients,
  tolerance: number,
  what: string,
) {
  for (const name of ["joint", "loo", "global", "p"] as const) {
    const a = (actual[name] as unknown[]).flat(2) as number[];
    const e = (expected[name] as unknown[]).flat(2) as number[];
    assert.equal(a.length, e.length, `${what}: ${name}`);
    const largest = Math.max(...e.map(Math.abs));
    const error = Math.max(...a.map((x, i) => Math.abs(x - e[i])));
    const allowed = Math.max(tolerance * largest, 1e-7);
    assert.ok(error <= allowed, `${what}: gradient of ${name} off by ${error}, largest ${largest}`);
  }
}
