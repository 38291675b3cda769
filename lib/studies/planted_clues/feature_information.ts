/** How much each block's features know, by heads fitted afterwards that no training could game. */
import { balancedLogLoss, fitLogistic, logOdds } from "lib/evaluation/logistic.ts";
import type { PictureOutputs } from "./head_outputs.ts";

/** What linear heads read from frozen features. */
export interface FeatureInformation {
  /** Cross-entropy of the best head on all blocks, nats; chance is log 2. */
  readonly all: number;
  /** Cross-entropy of the best head on the one block that knows most, nats. */
  readonly bestSingle: number;
  /** Σᵢ CE(Z∖zᵢ) − CE(Z): what the blocks know that the others do not, nats; about 0 if they repeat each other. */
  readonly unique: number;
}

/** Cross-entropy of heads on some blocks: fitted on one half, read on the other, both ways round. */
function crossFitted(
  pictures: readonly PictureOutputs[],
  labels: readonly number[],
  blocks: readonly number[],
): number {
  const rows = pictures.map(({ features }) => blocks.flatMap((k) => features[k]));
  const ofHalf = <T>(values: readonly T[], half: number) => values.filter((_, i) => i % 2 === half);
  const losses = [0, 1].map((half) => {
    const head = fitLogistic(ofHalf(rows, half), ofHalf(labels, half));
    const odds = ofHalf(rows, 1 - half).map((row) => logOdds(head, row));
    return balancedLogLoss(odds, ofHalf(labels, 1 - half));
  });
  return (losses[0] + losses[1]) / 2;
}

/** Numbers in all features together up to which heads are fitted: more would fit the noise of so few pictures. */
const MOST_FEATURES = 256;

/**
 * Measures a detector's features on test pictures.
 *
 * @param labels 0 or 1, one a picture; both classes in both halves (even and odd places).
 * @returns `undefined` where the features are more than 256 numbers.
 */
export function featureInformation(
  pictures: readonly PictureOutputs[],
  labels: readonly number[],
): FeatureInformation | undefined {
  if (pictures[0].features.flat().length > MOST_FEATURES) return undefined;
  const blocks = pictures[0].features.map((_, k) => k);
  const of = (chosen: readonly number[]) => crossFitted(pictures, labels, chosen);
  const all = of(blocks);
  if (blocks.length === 1) return { all, bestSingle: all, unique: Math.LN2 - all };
  const without = blocks.map((k) => of(blocks.filter((other) => other !== k)));
  return {
    all,
    bestSingle: Math.min(...blocks.map((k) => of([k]))),
    unique: without.reduce((sum, loss) => sum + loss - all, 0),
  };
}
