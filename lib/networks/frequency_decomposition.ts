/**
 * Frequency-aware decomposition, the first stream of F3-Net (Qian et al., "Thinking in Frequency", ECCV
 * 2020): a picture in four frequency bands, whose filters are partly learnt. Steps and edges are those of
 * yyk-wew/F3Net at commit 01942ca, which DeepfakeBench repeats.
 */
import * as tf from "@tensorflow/tfjs";
import { type Band, bandFilterParameters, bandFilters } from "./band_filters.ts";
import { cosineTransform } from "./cosine_transform.ts";
import type { Parameters, ParameterSpecification } from "./parameters.ts";

/** What its parameters' names begin with. */
const HEAD = "FAD_head";

/** The low, middle and high bands and the whole, for pictures of `size` pixels: u + v runs to 2 size − 2. */
export function decompositionBands(size: number): Band[] {
  const low = Math.floor(size / 2.82), middle = Math.floor(size / 2), all = 2 * size;
  return [[0, low], [low, middle], [middle, all], [0, all]].map(([start, end]) => ({ start, end }));
}

/** How many bands there are. */
export const DECOMPOSITION_BANDS = 4;

/** What is learnt: a filter of the picture's size for each band. */
export function decompositionParameters(size: number): ParameterSpecification[] {
  return bandFilterParameters(HEAD, { count: DECOMPOSITION_BANDS, size });
}

/** Every row of `[count, size, size]` times a matrix, or its transpose. */
function alongRows(planes: tf.Tensor3D, matrix: tf.Tensor2D, isTransposed: boolean): tf.Tensor3D {
  const rows = tf.reshape<tf.Rank.R2>(planes, [-1, matrix.shape[0]]);
  return tf.reshape<tf.Rank.R3>(tf.matMul(rows, matrix, false, isTransposed), planes.shape);
}

/** Along both sides; rows and columns are exchanged in the result. */
function alongBoth(planes: tf.Tensor3D, matrix: tf.Tensor2D, isTransposed: boolean): tf.Tensor3D {
  const turned = tf.transpose(alongRows(planes, matrix, isTransposed), [0, 2, 1]) as tf.Tensor3D;
  return alongRows(turned, matrix, isTransposed);
}

/**
 * Each colour of each picture in its bands: cosine transform, filter, and back.
 *
 * @param images `[batch, size, size, 3]`, in any scale.
 * @param parameters Those of `decompositionParameters` of that size.
 * @returns `[batch, size, size, 12]`: red, green, blue of the low band, then of the middle one, …
 * @throws TypeError for pictures of another size than the filters are for.
 */
export function decomposeFrequencies(images: tf.Tensor4D, parameters: Parameters): tf.Tensor4D {
  const [batch, size, width, colours] = images.shape;
  const [expected] = parameters[`${HEAD}.filters.0.learnable`].shape;
  if (size !== expected || width !== expected) {
    throw new TypeError(
      `F3-Net's filters are for pictures of ${expected} × ${expected} pixels, not ${size} × ${width}: they ` +
        "are learnt for each frequency. Resize the pictures, or set imageSize before training.",
    );
  }
  const basis = cosineTransform(size);
  const planes = tf.reshape<tf.Rank.R3>(tf.transpose(images, [0, 3, 1, 2]), [-1, size, size]);
  const spectrum = alongBoth(planes, basis, true); // the horizontal frequency first, as the filters
  const filters = bandFilters(HEAD, { bands: decompositionBands(size), size, parameters });
  const filtered = tf.mul(
    tf.reshape(spectrum, [batch, 1, colours, size, size]),
    tf.reshape(tf.stack(filters), [1, filters.length, 1, size, size]),
  );
  const pictures = alongBoth(tf.reshape(filtered, [-1, size, size]), basis, false);
  return tf.transpose(
    tf.reshape(pictures, [batch, filters.length * colours, size, size]),
    [0, 2, 3, 1],
  ) as tf.Tensor4D;
}
