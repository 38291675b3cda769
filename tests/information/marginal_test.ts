import assert from "node:assert/strict";
import { jointFromTable } from "lib/information/joint.ts";
import { condition, marginal } from "lib/information/marginal.ts";

const joint = jointFromTable({ y: 2, z: 3 }, [1 / 16, 2 / 16, 3 / 16, 4 / 16, 0, 6 / 16]);

Deno.test("marginal sums out the other variables", () => {
  assert.deepEqual([...marginal(joint, "y").table], [6 / 16, 10 / 16]);
  assert.deepEqual([...marginal(joint, "z").table], [5 / 16, 2 / 16, 9 / 16]);
  assert.deepEqual([...marginal(joint, []).table], [1]);
});

Deno.test("marginal puts the axes in the order asked for", () => {
  const swapped = marginal(joint, ["z", "y"]);
  assert.deepEqual(swapped.names, ["z", "y"]);
  assert.deepEqual(swapped.sizes, [3, 2]);
  assert.deepEqual([...swapped.table].map((p) => p * 16), [1, 4, 2, 0, 3, 6]);
});

Deno.test("marginal refuses an unknown variable and lists those there are", () => {
  assert.throws(() => marginal(joint, ["y", "G"]), {
    name: "TypeError",
    message: /No variable G: the joint has y, z/,
  });
});

Deno.test("condition renormalises the cells where the event holds", () => {
  assert.deepEqual([...condition(joint, { y: 1 }).table], [0.4, 0, 0.6]);
  const label = condition(joint, { z: 1 });
  assert.deepEqual(label.names, ["y"]);
  assert.deepEqual([...label.table], [1, 0]);
});

Deno.test("condition refuses impossible events and states that do not exist", () => {
  assert.throws(() => condition(joint, { y: 1, z: 1 }), {
    name: "RangeError",
    message: /y=1, z=1 has probability 0/,
  });
  assert.throws(() => condition(joint, { z: 3 }), { name: "RangeError", message: /0 to 2/ });
  assert.throws(() => condition(joint, { G: 0 }), { name: "TypeError" });
});
