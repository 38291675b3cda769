/** Isotonic regression: the best rising step function from scores to shares of fakes. */
import { byFallingScore, checkScored } from "../scored.ts";

/** Samples of neighbouring scores that share a value. */
interface Block {
  /** Lowest score. */
  readonly low: number;
  /** Highest score. */
  readonly high: number;
  /** Fakes among them. */
  readonly fakes: number;
  /** Samples. */
  readonly count: number;
}

/** What isotonic regression makes of scores. */
export interface PooledMeans {
  /** Of each sample the share of fakes in its block, 0 to 1, in the samples' order. */
  readonly fitted: Float64Array;
  /** The blocks by rising score: their lowest and highest score, and the share. */
  readonly blocks: readonly {
    readonly low: number;
    readonly high: number;
    readonly share: number;
  }[];
}

/**
 * The rising function of the score with the least Σ (f(score) − label)², by pooling adjacent violators (Ayer
 * et al. 1955); equal scores get one value. It is the best for the log loss too.
 *
 * @param scores One finite number a sample, larger for fake.
 * @param labels 0 real, 1 fake.
 * @throws RangeError and TypeError as all metrics.
 *
 * @example
 * ```ts
 * import { pooledMeans } from "lib/evaluation/calibration/isotonic.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...pooledMeans([1, 2, 3, 4], [0, 1, 0, 1]).fitted], [0, 0.5, 0.5, 1]);
 * ```
 */
export function pooledMeans(scores: ArrayLike<number>, labels: ArrayLike<number>): PooledMeans {
  checkScored(scores, labels);
  const order = byFallingScore(scores).reverse();
  const blocks: Block[] = [];
  for (let start = 0, end = 0; start < order.length; start = end) {
    const score = scores[order[start]];
    let fakes = 0;
    for (end = start; end < order.length && scores[order[end]] === score; end++) {
      fakes += labels[order[end]];
    }
    let block: Block = { low: score, high: score, fakes, count: end - start };
    while (blocks.length > 0 && falls(blocks.at(-1)!, block)) block = joined(blocks.pop()!, block);
    blocks.push(block);
  }
  const fitted = new Float64Array(scores.length);
  let at = 0;
  for (const { fakes, count } of blocks) {
    for (const end = at + count; at < end; at++) fitted[order[at]] = fakes / count;
  }
  return {
    fitted,
    blocks: blocks.map(({ low, high, fakes, count }) => ({ low, high, share: fakes / count })),
  };
}

/** Whether the share of fakes does not rise from one block to the next. */
const falls = (a: Block, b: Block) => a.fakes * b.count >= b.fakes * a.count;

const joined = (a: Block, b: Block): Block => ({
  low: a.low,
  high: b.high,
  fakes: a.fakes + b.fakes,
  count: a.count + b.count,
});
