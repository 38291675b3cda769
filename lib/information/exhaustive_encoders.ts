/** Every deterministic encoding of a small problem, measured: what an objective rewards is then plain. */
import {
  encodedJoint,
  type EncoderProblem,
  encoderTables,
  type EncodingMeasures,
  measureEncoding,
} from "./encoders.ts";

/** One way to encode, and its measures. */
export interface DeterministicEncoding extends EncodingMeasures {
  /** For each block, the symbol it answers with at each state of the input. */
  readonly rules: readonly (readonly number[])[];
}

const MOST_ENCODINGS = 1_000_000;

/** All rules of one block, but for the naming of symbols: a symbol first appears after all smaller ones. */
function everyRule(inputs: number, symbols: number): number[][] {
  let rules: number[][] = [[]];
  for (let x = 0; x < inputs; x++) {
    rules = rules.flatMap((rule) => {
      const used = Math.max(-1, ...rule) + 1;
      return Array.from({ length: Math.min(used + 1, symbols) }, (_, z) => [...rule, z]);
    });
  }
  return rules;
}

/**
 * Measures every choice of a deterministic rule for each block. Choices that differ only in the names
 * of symbols or in the order of blocks are measured once.
 *
 * @throws RangeError when there are more than a million choices.
 *
 * @example With a random bit to hide the label behind, Eq. 6 prefers a shared secret
 * ```ts
 * import { everyEncoding } from "lib/information/exhaustive_encoders.ts";
 * import { jointFromFunction } from "lib/information/joint.ts";
 * import assert from "node:assert/strict";
 *
 * const source = jointFromFunction({ y: 2, clue: 2, light: 2 }, (y, clue) => y === clue ? 1 / 4 : 0);
 * const all = everyEncoding({ source, blocks: 2, symbols: 2 });
 * const best = all.reduce((a, b) => b.objective > a.objective ? b : a);
 * assert.equal(best.objective, 2);
 * assert.equal(best.information, 1);
 * assert.equal(best.alone, 0);
 * ```
 */
export function everyEncoding(problem: EncoderProblem): DeterministicEncoding[] {
  const { inputs } = encoderTables(problem), { blocks, symbols } = problem;
  const rules = symbols ** inputs <= MOST_ENCODINGS ? everyRule(inputs, symbols) : [];
  let choices = rules.length;
  for (let i = 1; i < blocks; i++) choices *= (rules.length + i) / (i + 1);
  if (choices === 0 || choices > MOST_ENCODINGS) {
    throw new RangeError(
      `Too many encodings of ${inputs} input states: take fewer states, symbols or blocks.`,
    );
  }
  const channels = rules.map((rule) =>
    Float64Array.from(
      { length: inputs * symbols },
      (_, i) => rule[Math.floor(i / symbols)] === i % symbols ? 1 : 0,
    )
  );
  const found: DeterministicEncoding[] = [];
  const choose = (chosen: readonly number[]) => {
    if (chosen.length === blocks) {
      const joint = encodedJoint(problem, chosen.map((r) => channels[r]));
      found.push({ rules: chosen.map((r) => rules[r]), ...measureEncoding(joint) });
      return;
    }
    for (let r = chosen.at(-1) ?? 0; r < rules.length; r++) choose([...chosen, r]);
  };
  choose([]);
  return found;
}
