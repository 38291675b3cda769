/** Whether heads say more or less than they know: divergences before and after recalibration. */
import { fitLogistic, logOdds } from "lib/evaluation/logistic.ts";
import type { PictureOutputs } from "./head_outputs.ts";

/** D_KL[p ‖ q] of two-class predictions given as log-odds, in nats. */
export function divergenceOfOdds(p: number, q: number): number {
  const logSigmoid = (x: number) => Math.min(0, x) - Math.log1p(Math.exp(-Math.abs(x)));
  const share = 1 / (1 + Math.exp(-p));
  return share * (logSigmoid(p) - logSigmoid(q)) +
    (1 - share) * (logSigmoid(-p) - logSigmoid(-q));
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Σᵢ D_KL[P_Z ‖ P_{Z∖zᵢ}], mean over pictures. */
function sumOfDivergences(pictures: readonly { joint: number; leaveOneOut: readonly number[] }[]) {
  return mean(
    pictures.map(({ joint, leaveOneOut }) =>
      leaveOneOut.reduce((sum, odds) => sum + divergenceOfOdds(joint, odds), 0)
    ),
  );
}

/**
 * The sum that the local information loss wants large, as the heads give it and after each head's
 * log-odds were rescaled to fit the labels (Platt 1999). What disappears was never information: a head
 * had only become too sure, or wrong.
 *
 * The scales are fitted on every other picture, and both sums are taken over the rest.
 *
 * @returns Nats; `undefined` for a detector of one block.
 */
export function divergences(
  pictures: readonly PictureOutputs[],
  labels: readonly number[],
): { raw: number; calibrated: number } | undefined {
  if (pictures.length === 0 || pictures[0].leaveOneOut.length === 0) return undefined;
  const fitted = pictures.filter((_, i) => i % 2 === 0), rest = pictures.filter((_, i) => i % 2);
  const known = labels.filter((_, i) => i % 2 === 0);
  const rescale = (odds: (picture: PictureOutputs) => number) => {
    const head = fitLogistic(fitted.map((picture) => [odds(picture)]), known);
    return rest.map((picture) => logOdds(head, [odds(picture)]));
  };
  const joint = rescale((picture) => picture.joint);
  const heads = pictures[0].leaveOneOut.map((_, k) => rescale((p) => p.leaveOneOut[k]));
  const rescaled = joint.map((odds, i) => ({ joint: odds, leaveOneOut: heads.map((h) => h[i]) }));
  return { raw: sumOfDivergences(rest), calibrated: sumOfDivergences(rescaled) };
}
