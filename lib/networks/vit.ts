/**
 * The vision transformer (Dosovitskiy et al. 2021) as CLIP, DINO, DINOv2 and timm have it: patches, a class
 * token, blocks of attention and a small network each, and the class token's last state as features. Names
 * are timm's; `weights/vit_state_dict.ts` knows others'. Attention is in `vit_attention.ts`.
 *
 * Tokens and position embeddings have the axes that a linear layer's weight has (`[tokens, width]` in
 * PyTorch's order), without timm's first axis of 1.
 */
import * as tf from "@tensorflow/tfjs";
import { gelu, quickGelu } from "lib/engine/gelu.ts";
import { type Layers, type Mode, openLayers, type Tap } from "./layers.ts";
import {
  convolutionParameters,
  layerNormParameters,
  linearParameters,
  type Parameters,
  type ParameterSpecification,
} from "./parameters.ts";
import { adapterParameters, attention, classAttention, rollOut } from "./vit_attention.ts";
import type { VitShape } from "./vit_shape.ts";

/** Deviation of the first values of tokens and matrices. [timm] */
const DEVIATION = 0.02;

/** A block's inner network is so many times wider. */
const INNER = 4;

/** A linear layer as timm begins it: a narrow normal weight, and a bias of 0. */
export function narrowLinear(
  name: string,
  size: { inputs: number; outputs: number },
): ParameterSpecification[] {
  const [weight, { role: _, ...bias }] = linearParameters(name, size);
  return [{ ...weight, first: { deviation: DEVIATION } }, { ...bias, role: "offset" }];
}

/** Tokens that are learnt: a vector, or in PyTorch's order `[count, width]`. */
function tokens(name: string, shape: readonly number[]): ParameterSpecification {
  return { name, shape, role: "matrix", fanIn: shape[0], first: { deviation: DEVIATION } };
}

function blockParameters(name: string, shape: VitShape): ParameterSpecification[] {
  const { width, layerScale, rank } = shape;
  const scaled = (layer: string): ParameterSpecification[] =>
    layerScale ? [{ name: `${name}.${layer}.gamma`, shape: [width], role: "gain", fanIn: 0 }] : [];
  const linear = (layer: string, inputs: number, outputs: number) =>
    narrowLinear(`${name}.${layer}`, { inputs, outputs });
  return [
    ...layerNormParameters(`${name}.norm1`, width),
    ...linear("attn.qkv", width, 3 * width),
    ...rank > 0 ? adapterParameters(`${name}.attn`, shape) : [],
    ...linear("attn.proj", width, width),
    ...scaled("ls1"),
    ...layerNormParameters(`${name}.norm2`, width),
    ...linear("mlp.fc1", width, INNER * width),
    ...linear("mlp.fc2", INNER * width, width),
    ...scaled("ls2"),
  ];
}

/** The network's parameters, in timm's order, names beginning with the prefix and a dot. */
export function vitParameters(prefix: string, shape: VitShape): ParameterSpecification[] {
  const { width, depth, patch, grid, registers, preNorm } = shape;
  return [
    tokens(`${prefix}.cls_token`, [width]),
    tokens(`${prefix}.pos_embed`, [width, grid ** 2 + 1]),
    ...registers > 0 ? [tokens(`${prefix}.reg_token`, [width, registers])] : [],
    ...convolutionParameters(`${prefix}.patch_embed.proj`, {
      ...{ size: patch, inputs: 3, outputs: width },
      ...{ bias: !preNorm, role: "uniformFilter" },
    }),
    ...preNorm ? layerNormParameters(`${prefix}.norm_pre`, width) : [],
    ...Array.from({ length: depth }, (_, i) => blockParameters(`${prefix}.blocks.${i}`, shape))
      .flat(),
    ...layerNormParameters(`${prefix}.norm`, width),
  ];
}

/** A network for one pass. */
interface Pass {
  readonly prefix: string;
  readonly shape: VitShape;
  readonly layers: Layers;
  readonly tap: Tap | undefined;
  readonly batch: number;
}

/** `[batch · tokens, width]`: class token, registers, patches row by row; places are added to all but registers. */
function embed(images: tf.Tensor4D, { prefix, shape, layers, batch }: Pass): tf.Tensor2D {
  const { width, patch, grid, registers, preNorm, epsilon } = shape;
  const wide = layers.convolution(images, `${prefix}.patch_embed.proj`, {
    stride: patch,
    padding: 0,
  });
  const places = tf.transpose(layers.parameter<tf.Tensor2D>(`${prefix}.pos_embed`));
  const patches = tf.add(
    tf.reshape(wide, [batch, grid ** 2, width]),
    tf.slice(places, [1, 0], [grid ** 2, width]),
  );
  const first = tf.add(
    layers.parameter<tf.Tensor1D>(`${prefix}.cls_token`),
    tf.slice(places, [0, 0], [1, width]),
  );
  const before = registers === 0 ? first : tf.concat([
    first,
    tf.transpose(layers.parameter<tf.Tensor2D>(`${prefix}.reg_token`)),
  ]);
  const each = tf.add(tf.zeros([batch, 1, 1]), before); // one copy a picture
  const rows = tf.reshape(tf.concat([each, patches], 1), [-1, width]) as tf.Tensor2D;
  return preNorm ? layers.layerNorm(rows, `${prefix}.norm_pre`, epsilon) : rows;
}

/** Shows the patches among the tokens to the tap, as a map; what it gives back takes their place. */
function tapped(x: tf.Tensor2D, name: string, { shape, batch, tap }: Pass): tf.Tensor2D {
  if (!tap) return x; // no cutting and joining where nobody looks
  const { width, grid, registers } = shape, count = grid ** 2;
  const all = tf.reshape(x, [batch, -1, width]), first = 1 + registers;
  const map = tf.reshape(tf.slice(all, [0, first, 0], [batch, count, width]), [
    batch,
    grid,
    grid,
    width,
  ]) as tf.Tensor4D;
  const patches = tf.reshape(tap(name, map), [batch, count, width]);
  const before = tf.slice(all, [0, 0, 0], [batch, first, width]);
  return tf.reshape(tf.concat([before, patches], 1), [-1, width]);
}

/**
 * Features of pictures: the class token behind the last norm.
 *
 * The tap sees each block's first norm as `blocks.N.norm1`, the class token's attention to each patch in the
 * last block as `attention` (mean over heads), and attention rolled out over all blocks as `rollout`, each
 * behind the prefix and a dot. The last two are looked at and not used.
 *
 * @param images `[batch, side, side, 3]`, the side the grid's patches.
 * @returns `[batch, width]`.
 * @throws TypeError for another side.
 */
export function vit(
  images: tf.Tensor4D,
  { prefix, shape, parameters, mode }: {
    prefix: string;
    shape: VitShape;
    parameters: Parameters;
    mode: Mode;
  },
): tf.Tensor2D {
  const [batch, height, width] = images.shape, side = shape.patch * shape.grid;
  if (height !== side || width !== side) {
    throw new TypeError(
      `This vision transformer has places for ${shape.grid} × ${shape.grid} patches of ${shape.patch} ` +
        `pixels: pictures of ${side} × ${side}, not ${width} × ${height}. Set imageSize.`,
    );
  }
  const layers = openLayers(parameters, mode), { tap } = mode;
  const pass: Pass = { prefix, shape, layers, tap, batch };
  const activation = shape.activation === "gelu" ? gelu : quickGelu;
  const shares: tf.Tensor4D[] = [];
  let x = embed(images, pass);
  for (let i = 0; i < shape.depth; i++) {
    const name = `${prefix}.blocks.${i}`;
    const scaled = (y: tf.Tensor2D, layer: string) =>
      shape.layerScale ? tf.mul(y, layers.parameter(`${name}.${layer}.gamma`)) as tf.Tensor2D : y;
    const seen = tapped(
      layers.layerNorm(x, `${name}.norm1`, shape.epsilon),
      `${name}.norm1`,
      pass,
    );
    const attended = attention(seen, { name: `${name}.attn`, shape, layers, batch });
    if (tap) shares.push(attended.shares);
    x = tf.add(x, scaled(attended.y, "ls1"));
    const inner = layers.linear(
      layers.layerNorm(x, `${name}.norm2`, shape.epsilon),
      `${name}.mlp.fc1`,
    );
    x = tf.add(x, scaled(layers.linear(activation(inner), `${name}.mlp.fc2`), "ls2"));
  }
  if (tap) {
    tap(`${prefix}.attention`, classAttention(tf.mean(shares.at(-1)!, 1), shape));
    tap(`${prefix}.rollout`, classAttention(rollOut(shares), shape));
  }
  const first = tf.slice(tf.reshape(x, [batch, -1, shape.width]), [0, 0, 0], [batch, 1, -1]);
  return layers.layerNorm(tf.reshape(first, [batch, -1]), `${prefix}.norm`, shape.epsilon);
}
