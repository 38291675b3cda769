import assert from "node:assert/strict";
import { jointFromSamples } from "lib/information/joint.ts";
import { drawSamples, randomConditional, randomJoint } from "lib/information/random_joint.ts";
import { createRandom } from "lib/random.ts";
import { near } from "./near.ts";

Deno.test("randomJoint is uniform on the simplex: mean 1/k, variance (k − 1)/(k²(k + 1))", () => {
  const random = createRandom(5), draws = 20_000;
  let sum = 0, squares = 0;
  for (let i = 0; i < draws; i++) {
    const p = randomJoint({ a: 2, b: 2 }, { random }).table[2];
    sum += p;
    squares += p * p;
  }
  near(sum / draws, 1 / 4, 0.005);
  near(squares / draws - (sum / draws) ** 2, 3 / 80, 0.002);
});

Deno.test("randomJoint follows from its seed and sets the share of zeros asked for", () => {
  const draw = (seed: number) =>
    randomJoint({ a: 10_000 }, { random: createRandom(seed), zeros: 0.3 });
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  near(draw(1).table.filter((p) => p === 0).length / 10_000, 0.3, 0.02);
  const random = createRandom(6);
  for (let i = 0; i < 100; i++) randomJoint({ a: 2 }, { random, zeros: 0.99 }); // never all zero
  assert.throws(() => randomJoint({ a: 2 }, { random, zeros: 1 }), RangeError);
});

Deno.test("randomConditional draws its rows independently", () => {
  const random = createRandom(7);
  const { table } = randomConditional({ of: { b: 2 }, given: { a: 3 } }, { random });
  assert.equal(table.length, 6);
  assert.equal(new Set(table).size, 6);
});

Deno.test("drawSamples has the joint's frequencies and never an impossible state", () => {
  const random = createRandom(8);
  const joint = randomJoint({ a: 3, b: 4 }, { random, zeros: 0.4 });
  const seen = jointFromSamples({ a: 3, b: 4 }, drawSamples(joint, { count: 40_000, random }));
  seen.table.forEach((p, cell) => {
    if (joint.table[cell] === 0) assert.equal(p, 0);
    near(p, joint.table[cell], 0.012);
  });
  assert.deepEqual(drawSamples(joint, { count: 0, random }), []);
  assert.throws(() => drawSamples(joint, { count: -1, random }), RangeError);
});
