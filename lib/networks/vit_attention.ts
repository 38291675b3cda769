/**
 * Attention between a picture's tokens (Vaswani et al. 2017), low-rank adapters beside its projections (LoRA,
 * Hu et al. 2022), and its shares as maps: the class token's, and attention rollout (Abnar and Zuidema 2020).
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import type { ParameterSpecification } from "./parameters.ts";
import type { VitShape } from "./vit_shape.ts";

/** Queries, keys, values: in this order in `qkv`. */
const PROJECTIONS = ["q", "k", "v"] as const;

/**
 * The adapters of one attention, `q.lora_A.weight` and so on as PEFT names them: A narrows a token to `rank`
 * numbers and begins as a linear layer, B widens them and begins at 0, so that an adapter begins as nothing.
 */
export function adapterParameters(
  name: string,
  { width, rank, adapterScale: scale }: VitShape,
): ParameterSpecification[] {
  return PROJECTIONS.flatMap((projection, i): ParameterSpecification[] => {
    const down = `${name}.${projection}.lora_A.weight`, up = `${name}.${projection}.lora_B.weight`;
    const adapts = { weight: `${name}.qkv.weight`, down, firstOutput: i * width, scale };
    return [
      { name: down, shape: [width, rank], role: "matrix", fanIn: width, adapter: true },
      {
        ...{ name: up, shape: [rank, width], role: "matrix", fanIn: rank, adapter: adapts },
        first: { values: new Float32Array(rank * width) },
      },
    ];
  });
}

/** What adapters add to `x · qkv`: scale · x A B for queries, keys and values, side by side. */
function adapted(
  x: tf.Tensor2D,
  { name, layers, scale }: { name: string; layers: Layers; scale: number },
): tf.Tensor2D {
  const of = (part: string) =>
    PROJECTIONS.map((projection) =>
      layers.parameter<tf.Tensor2D>(`${name}.${projection}.lora_${part}.weight`)
    );
  const narrow = tf.split(tf.matMul(x, tf.concat(of("A"), 1)), 3, 1);
  const wide = of("B").map((up, i) => tf.matMul(narrow[i], up));
  return tf.mul(tf.concat(wide, 1), scale) as tf.Tensor2D;
}

/** What attention makes of tokens. */
export interface Attended {
  /** `[batch · tokens, width]`. */
  readonly y: tf.Tensor2D;
  /** `[batch, heads, tokens, tokens]`: of each token (third axis) its shares of all; rows add up to 1. */
  readonly shares: tf.Tensor4D;
}

/**
 * softmax(Q Kᵀ / √(width / heads)) V by head, and the projection behind it.
 *
 * @param x `[batch · tokens, width]`.
 */
export function attention(
  x: tf.Tensor2D,
  { name, shape, layers, batch }: {
    name: string;
    shape: VitShape;
    layers: Layers;
    batch: number;
  },
): Attended {
  const { width, heads, adapterScale: scale } = shape, each = width / heads;
  const own = layers.linear(x, `${name}.qkv`);
  const hasAdapters = shape.rank > 0 && layers.has(`${name}.q.lora_A.weight`); // else merged
  const joint = hasAdapters ? tf.add(own, adapted(x, { name, layers, scale })) : own;
  const [q, k, v] = tf.split(joint, 3, 1).map((part) =>
    tf.transpose(tf.reshape(part, [batch, -1, heads, each]), [0, 2, 1, 3])
  );
  const scores = tf.matMul(tf.mul(q, each ** -0.5), k, false, true); // [batch, heads, tokens, tokens]
  const shares = tf.softmax(scores) as tf.Tensor4D;
  const seen = tf.transpose(tf.matMul(shares, v), [0, 2, 1, 3]);
  return { y: layers.linear(tf.reshape(seen, [-1, width]), `${name}.proj`), shares };
}

/**
 * Attention over all blocks: the product of (mean over heads + identity) / 2, the last block's first. A row is
 * what of each token of the picture has come to a token of the end, the skip around each attention counted as
 * much as the attention itself.
 *
 * @param shares Of each block, the first one's first.
 * @returns `[batch, tokens, tokens]`, rows adding up to 1.
 */
export function rollOut(shares: readonly tf.Tensor4D[]): tf.Tensor3D {
  const identity = tf.eye(shares[0].shape[2]);
  const steps = shares.map((each) => tf.mul(tf.add(tf.mean(each, 1), identity), 0.5));
  return steps.reduce((sofar, step) => tf.matMul(step, sofar)) as tf.Tensor3D;
}

/** The class token's row as a map over patches, `[batch, grid, grid, 1]`; other tokens' shares are left out. */
export function classAttention(
  rows: tf.Tensor,
  { grid, registers }: Pick<VitShape, "grid" | "registers">,
): tf.Tensor4D {
  const [batch] = rows.shape;
  const ofClass = tf.slice(rows, [0, 0, 1 + registers], [batch, 1, grid ** 2]);
  return tf.reshape(ofClass, [batch, grid, grid, 1]);
}
