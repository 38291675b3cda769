/**
 * Filters over the frequencies of a square's cosine transform, as F3-Net has them: a band that is fixed,
 * and what is learnt beside it.
 */
import * as tf from "@tensorflow/tfjs";
import type { Parameters, ParameterSpecification } from "./parameters.ts";

/** Frequencies (u, v) with u + v from `start` to `end`, both included: neighbours share their edge. */
export interface Band {
  /** Lowest sum. */
  readonly start: number;
  /** Highest sum. */
  readonly end: number;
}

/** 1 where u + v lies in the band, else 0, `size²` numbers. */
export function bandOf({ start, end }: Band, size: number): Float32Array {
  return Float32Array.from({ length: size * size }, (_, at) => {
    const sum = Math.floor(at / size) + at % size;
    return sum >= start && sum <= end ? 1 : 0;
  });
}

const nameOf = (prefix: string, k: number) => `${prefix}.filters.${k}.learnable`;

/** What is learnt of `count` filters over `size` × `size` frequencies: `${prefix}.filters.0.learnable` … */
export function bandFilterParameters(
  prefix: string,
  { count, size }: { count: number; size: number },
): ParameterSpecification[] {
  return Array.from({ length: count }, (_, k) => ({
    name: nameOf(prefix, k),
    shape: [size, size],
    role: "matrix",
    fanIn: 0,
    first: { deviation: 0.1 }, // [code]
  }));
}

/**
 * The filters: band + 2 σ(learnt) − 1, so that what is learnt adds −1 to 1 at each frequency.
 *
 * @returns For each band `[size, size]`, horizontal frequency first. (PyTorch has the vertical one first;
 * matrices are stored the other way round here, see `torch_layout.ts`.)
 */
export function bandFilters(
  prefix: string,
  { bands, size, parameters }: { bands: readonly Band[]; size: number; parameters: Parameters },
): tf.Tensor2D[] {
  return bands.map((band, k) => {
    const fixed = tf.tensor2d(bandOf(band, size), [size, size]);
    const learnt = parameters[nameOf(prefix, k)] as tf.Tensor as tf.Tensor2D;
    return tf.add(fixed, tf.tanh(tf.div(learnt, 2))); // tanh(x / 2) = 2 σ(x) − 1
  });
}
