/**
 * Small encoders whose every information is exact: an input of a few states, n blocks that each see
 * the whole input and answer with one of k symbols, at random or by a fixed rule. The best rules are
 * found in exhaustive_encoders.ts; encoder_training.ts trains by gradients.
 */
import { conditionalFromRows } from "./conditional.ts";
import { withConditional } from "./derived.ts";
import { interactionInformation, localObjective, mutualInformation } from "./entropy.ts";
import { type Joint, nameList } from "./joint.ts";
import { marginal, marginalTable, readNames, sizesOf } from "./marginal.ts";

/** What is encoded, and by how many blocks of how many symbols. */
export interface EncoderProblem {
  /** The joint of label and input: the label's name is `y`, all other variables are the input x. */
  readonly source: Joint;
  /** Number n of blocks, 1 or more. */
  readonly blocks: number;
  /** Number k of symbols that a block can answer with, 2 or more. */
  readonly symbols: number;
}

/** A problem as tables for inner loops. */
export interface EncoderTables {
  /** p(x, y), one row per state of the input, one column per label. */
  readonly source: Float64Array;
  /** Number of states of the whole input. */
  readonly inputs: number;
  /** Number of labels. */
  readonly labels: number;
}

/** The input's variables. Throws a `TypeError` when the source has no y or no input. */
function inputNames({ source }: EncoderProblem): string[] {
  readNames(source, "y");
  const names = source.names.filter((name) => name !== "y");
  if (names.length === 0) throw new TypeError("The source has no input: only the label y.");
  return names;
}

/** The problem's tables. Throws a `RangeError` for a number of blocks or symbols out of range. */
export function encoderTables(problem: EncoderProblem): EncoderTables {
  const names = inputNames(problem), { source, blocks, symbols } = problem;
  if (!Number.isInteger(blocks) || blocks < 1 || !Number.isInteger(symbols) || symbols < 2) {
    throw new RangeError(
      `${blocks} blocks of ${symbols} symbols: needs whole numbers from 1 and from 2.`,
    );
  }
  const labels = sizesOf(source, "y").y, table = marginalTable(source, [...names, "y"]);
  return { source: table, inputs: table.length / labels, labels };
}

/**
 * The joint of y and the features z1 … zn, given each block's p(z | x). Blocks answer independently
 * of one another once x is known.
 *
 * @param problem The source and the blocks' sizes.
 * @param channels For each block its p(z | x): a row of `symbols` probabilities per state of the
 * input, rows row-major over the input's variables in the source's order.
 * @throws TypeError for another number of blocks or rows; RangeError for a row that is no
 * distribution.
 */
export function encodedJoint(
  problem: EncoderProblem,
  channels: readonly ArrayLike<number>[],
): Joint {
  const { source, blocks, symbols } = problem;
  if (channels.length !== blocks) {
    throw new TypeError(`${channels.length} channels for ${blocks} blocks.`);
  }
  const names = inputNames(problem), given = sizesOf(source, names);
  const features = channels.map((_, i) => `z${i + 1}`);
  const all = channels.reduce<Joint>((joint, channel, i) => {
    const rows = Array.from(
      { length: channel.length / symbols },
      (_, x) => Array.from({ length: symbols }, (_, z) => channel[x * symbols + z]),
    );
    return withConditional(
      joint,
      conditionalFromRows({ of: { [features[i]]: symbols }, given }, rows),
    );
  }, source);
  return marginal(all, ["y", ...features]);
}

/** What a joint of y and z1 … zn measures, in bits. */
export interface EncodingMeasures {
  /** I(y; Z), at most H(y): what the paper's Eq. 2 maximises. */
  readonly information: number;
  /** Σᵢ I(zᵢ; y | Z∖zᵢ): what the paper's Eq. 6 maximises. */
  readonly objective: number;
  /** I(y; z1; …; zn), negative where synergy outweighs redundancy (for two blocks). */
  readonly interaction: number;
  /** The largest I(zᵢ; y): the most that any block knows alone. */
  readonly alone: number;
}

/** Measures a joint whose variables are y and the features. */
export function measureEncoding(joint: Joint): EncodingMeasures {
  const locals = nameList(joint.names).filter((name) => name !== "y");
  return {
    information: mutualInformation(joint, ["y", locals]),
    objective: localObjective(joint, { label: "y", locals }),
    interaction: interactionInformation(joint, ["y", ...locals]),
    alone: Math.max(...locals.map((z) => mutualInformation(joint, ["y", z]))),
  };
}
