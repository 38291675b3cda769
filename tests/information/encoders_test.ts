import assert from "node:assert/strict";
import { encodedJoint, encoderTables, measureEncoding } from "lib/information/encoders.ts";
import { mutualInformation } from "lib/information/entropy.ts";
import { jointFromFunction, jointFromTable } from "lib/information/joint.ts";
import { near } from "./near.ts";

// y is clue a; b is unrelated. Input states in the source's order: (a, b) = 00, 01, 10, 11.
const source = jointFromFunction({ y: 2, a: 2, b: 2 }, (y, a) => y === a ? 1 / 4 : 0);
const rule = (...symbols: number[]) => symbols.flatMap((z) => z === 0 ? [1, 0] : [0, 1]);

Deno.test("encodedJoint applies each block's rule to the input", () => {
  const problem = { source, blocks: 2, symbols: 2 };
  const joint = encodedJoint(problem, [rule(0, 1, 0, 1), rule(0, 1, 1, 0)]); // b, and a ⊕ b
  assert.deepEqual(joint.names, ["y", "z1", "z2"]);
  assert.deepEqual([...joint.table], [0.25, 0, 0, 0.25, 0, 0.25, 0.25, 0]); // y = z1 ⊕ z2
  assert.deepEqual(measureEncoding(joint), {
    information: 1,
    objective: 2,
    interaction: -1,
    alone: 0,
  });
});

Deno.test("encodedJoint with noisy channels loses what the noise takes", () => {
  const noisy = [0.9, 0.1, 0.9, 0.1, 0.1, 0.9, 0.1, 0.9];
  const joint = encodedJoint({ source, blocks: 1, symbols: 2 }, [noisy]);
  const binaryEntropy = -0.1 * Math.log2(0.1) - 0.9 * Math.log2(0.9);
  near(mutualInformation(joint, ["y", "z1"]), 1 - binaryEntropy);
});

Deno.test("encodedJoint and encoderTables refuse problems that are none", () => {
  const bad = (changes: object) => () =>
    encoderTables({ source, blocks: 2, symbols: 2, ...changes });
  assert.throws(bad({ blocks: 0 }), RangeError);
  assert.throws(bad({ symbols: 1 }), RangeError);
  assert.throws(bad({ source: jointFromTable({ x: 1 }, [1]) }), /No variable y/);
  assert.throws(bad({ source: jointFromTable({ y: 1 }, [1]) }), /no input/);
  const problem = { source, blocks: 2, symbols: 2 };
  assert.throws(() => encodedJoint(problem, [rule(0, 1, 0, 1)]), /1 channels for 2 blocks/);
  assert.throws(() => encodedJoint(problem, [rule(0, 1), rule(0, 1)]), { name: "TypeError" });
});
