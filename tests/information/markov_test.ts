import assert from "node:assert/strict";
import { withConditional } from "lib/information/derived.ts";
import { mutualInformation } from "lib/information/entropy.ts";
import { jointFromFunction } from "lib/information/joint.ts";
import { isMarkovChain, markovGap } from "lib/information/markov.ts";
import { randomConditional, randomJoint } from "lib/information/random_joint.ts";
import { createRandom } from "lib/random.ts";
import { near } from "./near.ts";

Deno.test("isMarkovChain holds for chains that are built as chains, in both directions", () => {
  const random = createRandom(3, "chains");
  for (let k = 0; k < 200; k++) {
    let joint = randomJoint({ a: 2, b: 3 }, { random, zeros: 0.2 });
    joint = withConditional(
      joint,
      randomConditional({ of: { c: 2 }, given: { b: 3 } }, { random, zeros: 0.2 }),
    );
    joint = withConditional(
      joint,
      randomConditional({ of: { d: 2 }, given: { c: 2 } }, { random }),
    );
    assert(isMarkovChain(joint, ["a", "b", "c", "d"]));
    assert(isMarkovChain(joint, ["d", "c", "b", "a"]));
    assert(isMarkovChain(joint, ["a", "b", ["c", "d"]]));
  }
});

Deno.test("markovGap is what the end knows beyond the middle", () => {
  const xor = jointFromFunction({ y: 2, Z: 2, G: 2 }, (y, a, b) => y === (a ^ b) ? 1 / 4 : 0);
  assert.equal(markovGap(xor, ["y", "Z", "G"]), 1);
  assert(!isMarkovChain(xor, ["y", "Z", "G"]));
  const random = createRandom(4, "gap");
  const joint = randomJoint({ a: 2, b: 2, c: 2, d: 2 }, { random });
  const last = mutualInformation(joint, [["a", "b"], "d"], { given: "c" });
  const first = mutualInformation(joint, ["a", "c"], { given: "b" });
  near(markovGap(joint, ["a", "b", "c", "d"]), Math.max(first, last), 1e-15);
  near(markovGap(joint, ["a", "b", "c"], { unit: "nats" }), first * Math.LN2, 1e-15);
});

Deno.test("markovGap refuses a chain of two", () => {
  const joint = jointFromFunction({ a: 2, b: 2 }, () => 1 / 4);
  assert.throws(() => markovGap(joint, ["a", "b"]), /at least three links, not 2/);
});
