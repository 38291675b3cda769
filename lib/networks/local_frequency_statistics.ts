/**
 * Local frequency statistics, the second stream of F3-Net (Qian et al., "Thinking in Frequency", ECCV 2020,
 * Eq. 3): how strong each of six frequency bands is in windows that slide over the grey picture.
 */
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "lib/engine/convolution.ts";
import { type Band, bandFilterParameters, bandFilters, bandOf } from "./band_filters.ts";
import { cosines } from "./cosine_transform.ts";
import type { Parameters, ParameterSpecification } from "./parameters.ts";

/** What its parameters' names begin with. */
const HEAD = "LFS_head";

/** Side of a window in pixels, and how it moves. [paper and code] */
const WINDOW = 10, STRIDE = 2, PADDING = 4;

/** How many bands there are. [paper and code] */
export const STATISTICS = 6;

/** From pixels −1 … 1 to levels: the code's factor, where 255 levels have 127.5. It moves all logarithms alike. */
const LEVELS = 122.5;

/** Grey as Rec. 601 has it. */
const GREY = [0.299, 0.587, 0.114];

/** What keeps the logarithm finite. [code] */
const LEAST = 1e-15;

/**
 * In which order strengths become one number: `"logOfSums"`: log₁₀ of the sum of |filter · coefficient|
 * [paper, Eq. 3]; `"sumOfLogs"`: the filtered sum of log₁₀ |coefficient| [yyk-wew/F3Net at commit 01942ca].
 */
export type StatisticsRule = "logOfSums" | "sumOfLogs";

/** What is learnt: a filter of a window's size for each band. */
export function statisticsParameters(): ParameterSpecification[] {
  return bandFilterParameters(HEAD, { count: STATISTICS, size: WINDOW });
}

/** Side of the map of statistics of a picture of `size` pixels. */
export function statisticsSide(size: number): number {
  return Math.floor((size + 2 * PADDING - WINDOW) / STRIDE) + 1;
}

/** Equal shares of u + v from 0 to 2 · window. */
export function statisticsBands(): Band[] {
  const share = WINDOW * 2 / STATISTICS; // multiplied as the code does: an edge is 10 exactly
  return Array.from({ length: STATISTICS }, (_, k) => ({
    start: share * k,
    end: share * (k + 1),
  }));
}

/** A window's cosine transform as 100 filters of a convolution, the horizontal frequency first. */
function transformOfWindows(): tf.Tensor4D {
  const basis = cosines(WINDOW), count = WINDOW ** 2;
  const values = Float32Array.from({ length: count ** 2 }, (_, at) => {
    const pixel = Math.floor(at / count), frequency = at % count;
    const [y, x] = [Math.floor(pixel / WINDOW), pixel % WINDOW];
    const [v, u] = [Math.floor(frequency / WINDOW), frequency % WINDOW];
    return basis[u * WINDOW + y] * basis[v * WINDOW + x];
  });
  return tf.tensor4d(values, [WINDOW, WINDOW, 1, count]);
}

const log10 = (x: tf.Tensor) => tf.div(tf.log(tf.add(x, LEAST)), Math.LN10);

/**
 * Strengths of the bands in all windows, each band's filter divided by its count of frequencies. With
 * `"sumOfLogs"` a window without any contrast has logarithms of rounding errors.
 *
 * @param images `[batch, size, size, 3]`, RGB, −1 to 1.
 * @param parameters Those of `statisticsParameters`.
 * @returns `[batch, side, side, 6]` with the side of `statisticsSide`, in decades, low frequencies first.
 */
export function localFrequencyStatistics(
  images: tf.Tensor4D,
  { rule, parameters }: { rule: StatisticsRule; parameters: Parameters },
): tf.Tensor4D {
  const grey = tf.sum(tf.mul(images, GREY), 3, true);
  const levels = tf.mul(tf.add(grey, 1), LEVELS) as tf.Tensor4D;
  const spectra = conv2d(levels, transformOfWindows(), { stride: STRIDE, padding: PADDING });
  const [batch, rows, columns, count] = spectra.shape;
  const strengths = tf.reshape<tf.Rank.R2>(tf.abs(spectra), [-1, count]);
  const bands = statisticsBands();
  const filters = bandFilters(HEAD, { bands, size: WINDOW, parameters }).map((filter, k) => {
    const frequencies = bandOf(bands[k], WINDOW).reduce((a, b) => a + b);
    return tf.reshape<tf.Rank.R1>(tf.div(filter, frequencies), [count]);
  });
  const weights = tf.stack(filters, 1) as tf.Tensor2D;
  const statistics = rule === "sumOfLogs"
    ? tf.matMul(log10(strengths) as tf.Tensor2D, weights)
    : log10(tf.matMul(strengths, tf.abs(weights))); // |filter · x| = |filter| · |x|
  return tf.reshape<tf.Rank.R4>(statistics, [batch, rows, columns, STATISTICS]);
}
