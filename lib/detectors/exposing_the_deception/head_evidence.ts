/**
 * What else of the paper's detector can be explained than what it decides by: numbers, one a picture,
 * from its outputs. All are log-odds in nats: above 0 speaks for fake, below 0 for real.
 */
import * as tf from "@tensorflow/tfjs";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import type { ExposingOutputs } from "./exposing_the_deception.ts";

/** One number a picture, `[batch]`, from what the detector says about a batch. */
export type Evidence = (outputs: ExposingOutputs) => tf.Tensor1D;

/** Evidence of the joint head. It is linear, so a block's map is the block's own share of it. */
export const jointEvidence: Evidence = ({ joint }): tf.Tensor1D => logOddsOfFake(joint);

/**
 * A block's own evidence: its share of the joint head's, (w_fake − w_real)ᵢ · zᵢ with the weights that
 * belong to its features. The shares of all blocks and the bias add up to `jointEvidence`.
 *
 * @param block From 0.
 * @param parameters Of the detector whose outputs are explained.
 * @returns Throws a RangeError when the outputs have no such block.
 */
export function blockEvidence(block: number, parameters: Parameters): Evidence {
  return ({ features }) => {
    const z = features[block];
    if (!z) throw new RangeError(`There are ${features.length} blocks, from 0; not ${block}.`);
    const length = z.shape[1];
    const weights = parameters["baseline_linear.weight"] as tf.Tensor as tf.Tensor2D;
    const own = tf.slice(weights, [block * length, 0], [length, 2]);
    return logOddsOfFake(tf.matMul(z, own));
  };
}
