/**
 * Multi-scale graph reasoning of RECCE (Cao et al., CVPR 2022, Sect. 3.3): every place of the encoder's map
 * gathers from the places of two decoder maps that show the same part of the picture. Names are those of
 * VISION-SJTU/RECCE at commit 58cabeb, which goes through the places one by one; here all go at once.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import {
  convolutionParameters,
  type Parameters,
  type ParameterSpecification,
} from "./parameters.ts";

/** What its parameters' names begin with. */
const NAME = "reasoning";

/** The decoder's maps: how many of their places lie in one of the encoder's along a side, and their names. */
const SOURCES = [{ of: "b", ratio: 2 }, { of: "c", ratio: 4 }] as const;

/** Channels of the maps. */
export interface ReasoningShape {
  /** Of the encoder's map. */
  readonly encoder: number;
  /** Of the decoder's two maps. */
  readonly decoder: readonly [number, number];
  /** Of all embeddings. */
  readonly embedding: number;
}

/** A matrix without a bias, as a layer's. */
const matrix = (name: string, inputs: number, outputs: number): ParameterSpecification => ({
  name: `${NAME}.${name}.weight`,
  shape: [inputs, outputs],
  role: "matrix",
  fanIn: inputs,
});

/** What is learnt, in the code's order. */
export function reasoningParameters(
  { encoder, decoder, embedding }: ReasoningShape,
): ParameterSpecification[] {
  const pixelwise = (name: string, inputs: number, outputs: number) =>
    convolutionParameters(`${NAME}.${name}`, { size: 1, inputs, outputs, role: "uniformFilter" });
  return [
    ...pixelwise("va_embedding.0", encoder, embedding),
    ...pixelwise("va_embedding.2", embedding, embedding),
    ...SOURCES.flatMap(({ of }) => pixelwise(`va_gated_${of}.0`, encoder, embedding)),
    ...SOURCES.flatMap(({ of }, i) => [
      matrix(`v${of}_embedding.0`, decoder[i], embedding),
      matrix(`v${of}_embedding.2`, embedding, embedding),
    ]),
    ...SOURCES.map(({ of }) => matrix(`reweight_a${of}.0`, 2 * embedding, 1)),
    ...pixelwise("reproject.0", 3 * embedding, encoder),
    ...pixelwise("reproject.2", encoder, encoder),
  ];
}

/** `[batch, ratio · side, ratio · side, channels]` as `[batch · side · side, ratio², channels]`. */
function cells(x: tf.Tensor4D, ratio: number): tf.Tensor3D {
  const [batch, height, width, channels] = x.shape, rows = height / ratio, columns = width / ratio;
  const split = tf.reshape(x, [batch, rows, ratio, columns, ratio, channels]);
  return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4, 5]), [-1, ratio ** 2, channels]);
}

/**
 * What the places of the encoder's map gathered: of each source, the mean of its embedded cells weighted by
 * softmax(ReLU(w · [own, cell])), times 1 − σ(gate); both and the own embedding are joined and brought back
 * to the encoder's channels.
 *
 * @param encoder `[batch, side, side, channels]`.
 * @param decoder Maps of 2 and 4 times the side.
 * @param dropout Share of the result that is dropped in training.
 * @returns Of the encoder's shape; the caller adds it to the encoder's map.
 */
export function graphReasoning(
  encoder: tf.Tensor4D,
  decoder: readonly [tf.Tensor4D, tf.Tensor4D],
  { layers, parameters, dropout }: { layers: Layers; parameters: Parameters; dropout: number },
): tf.Tensor4D {
  const [batch, height, width] = encoder.shape;
  const pixelwise = (x: tf.Tensor4D, name: string) =>
    layers.convolution(x, `${NAME}.${name}`, { stride: 1, padding: 0 });
  const weight = (name: string) => parameters[`${NAME}.${name}.weight`] as tf.Tensor as tf.Tensor2D;
  const own = pixelwise(tf.relu(pixelwise(encoder, "va_embedding.0")), "va_embedding.2");
  const size = own.shape[3], places = tf.reshape<tf.Rank.R2>(own, [-1, size]);
  const gathered = SOURCES.map(({ of, ratio }, i) => {
    const found = cells(decoder[i], ratio), [count, each, channels] = found.shape;
    const flat = tf.reshape<tf.Rank.R2>(found, [count * each, channels]);
    const hidden = tf.relu(tf.matMul(flat, weight(`v${of}_embedding.0`)));
    const embedded = tf.matMul(hidden, weight(`v${of}_embedding.2`));
    // The product with [own, cell] is the sum of two products.
    const [ofOwn, ofCell] = tf.split(weight(`reweight_a${of}.0`), 2, 0) as tf.Tensor2D[];
    const scores = tf.relu(tf.add(
      tf.matMul(places, ofOwn), // [count, 1]
      tf.reshape(tf.matMul(embedded, ofCell), [count, each]),
    ));
    const shares = tf.reshape(tf.softmax(scores), [count, each, 1]);
    const mean = tf.sum(tf.mul(tf.reshape(embedded, [count, each, size]), shares), 1);
    const gate = tf.sub(1, tf.sigmoid(pixelwise(encoder, `va_gated_${of}.0`)));
    return tf.mul(tf.reshape(mean, [batch, height, width, size]), gate);
  });
  const joined = tf.sigmoid(tf.concat([...gathered, own], 3)) as tf.Tensor4D;
  const back = pixelwise(tf.relu(pixelwise(joined, "reproject.0")), "reproject.2");
  return layers.dropout(back, dropout);
}
