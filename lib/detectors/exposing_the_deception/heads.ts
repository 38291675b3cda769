/**
 * From local features to logits: the joint head, the leave-one-out heads, and the bottleneck that
 * makes the global feature, with its head. Sizes and order are those of the official code at commit
 * c361f1c, whose `MI_Net` has these names.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "lib/networks/layers.ts";
import {
  batchNormParameters,
  linearParameters,
  type ParameterSpecification,
} from "lib/networks/parameters.ts";

/** Classes of every head: real and fake. */
const CLASSES = 2;

/** Logits of all heads, `[batch, 2]` each; class 0 is real, 1 is fake. */
export interface HeadOutputs {
  /** P_Z: from all local features. */
  readonly joint: tf.Tensor2D;
  /** P_{Z∖z_i}: from all local features but the i-th; empty when there is one block. */
  readonly leaveOneOut: tf.Tensor2D[];
  /** P_G: from the global feature; its softmax is the score. */
  readonly global: tf.Tensor2D;
}

/** How large the heads are. */
export interface HeadSizes {
  /** Number n of local features; with one there is no leave-one-out head. */
  readonly blocks: number;
  /** Length of each local feature. */
  readonly features: number;
  /** Widths of the bottleneck's two hidden layers; 1000 and 500 in the official code. */
  readonly bottleneck: readonly [number, number];
}

/** The parameters of the heads, in PyTorch's order. */
export function headParameters(
  { blocks, features, bottleneck: [wide, narrow] }: HeadSizes,
): ParameterSpecification[] {
  const inputs = blocks * features;
  const leaveOneOut = { inputs: inputs - features, outputs: CLASSES };
  return [
    ...blockNumbers(blocks).flatMap((i) => linearParameters(`local_linear${i}`, leaveOneOut)),
    ...linearParameters("bottleneck.model.0", { inputs, outputs: wide }),
    ...batchNormParameters("bottleneck.model.1", wide),
    ...linearParameters("bottleneck.model.4", { inputs: wide, outputs: narrow }),
    ...batchNormParameters("bottleneck.model.5", narrow),
    ...linearParameters("bottleneck.model.8", { inputs: narrow, outputs: features }),
    ...linearParameters("baseline_linear", { inputs, outputs: CLASSES }),
    ...linearParameters("linear.1", { inputs: features, outputs: CLASSES }),
  ];
}

/** The blocks that have a leave-one-out head, counted from 1 as in their names. */
function blockNumbers(blocks: number): number[] {
  return blocks === 1 ? [] : Array.from({ length: blocks }, (_, i) => i + 1);
}

/**
 * The logits of the linear heads alone, P_Z and every P_{Z∖z_i}. `heads` has them too; on their own they
 * can be asked again, with features or parameters held fixed.
 *
 * @param features z_i, `[batch, length]` each.
 */
export function linearHeads(
  features: readonly tf.Tensor2D[],
  { linear }: Pick<Layers, "linear">,
): Pick<HeadOutputs, "joint" | "leaveOneOut"> {
  const without = (i: number) => tf.concat(features.filter((_, j) => j !== i - 1), 1);
  return {
    joint: linear(tf.concat([...features], 1), "baseline_linear"),
    leaveOneOut: blockNumbers(features.length).map((i) => linear(without(i), `local_linear${i}`)),
  };
}

/**
 * The logits of local features z_1 … z_n, with Z = z_1 ⊕ … ⊕ z_n (⊕ joins vectors):
 *
 *     P_Z from Z,   P_{Z∖z_i} from Z without z_i,   P_G from G = bottleneck(Z)
 *
 * @param features z_i, `[batch, length]` each.
 * @param dropout Probability that dropout zeroes a unit of the bottleneck's hidden layers and of G.
 */
export function heads(
  features: readonly tf.Tensor2D[],
  { dropout, layers }: { dropout: number; layers: Layers },
): HeadOutputs {
  const G = bottleneck(tf.concat([...features], 1), { dropout, layers });
  return {
    ...linearHeads(features, layers),
    global: layers.linear(layers.dropout(G, dropout), "linear.1"),
  };
}

/** G from Z: two hidden layers with batch norm, ReLU and dropout, then a linear one. */
function bottleneck(
  Z: tf.Tensor2D,
  { dropout, layers }: { dropout: number; layers: Layers },
): tf.Tensor2D {
  const hidden = (x: tf.Tensor2D, index: number) => {
    const normed = layers.batchNorm(
      layers.linear(x, `bottleneck.model.${index}`),
      `bottleneck.model.${index + 1}`,
    );
    return layers.dropout(tf.relu(normed), dropout);
  };
  return layers.linear(hidden(hidden(Z, 0), 4), "bottleneck.model.8");
}
