import assert from "node:assert/strict";
import { conditional, conditionalFromRows } from "lib/information/conditional.ts";
import { jointFromTable } from "lib/information/joint.ts";

const joint = jointFromTable({ y: 2, z: 3 }, [1 / 16, 2 / 16, 0, 3 / 16, 10 / 16, 0]);

Deno.test("conditional gives one row per given state, undefined rows as NaN", () => {
  const head = conditional(joint, "y", { given: "z" });
  assert.deepEqual(head.of, { y: 2 });
  assert.deepEqual(head.given, { z: 3 });
  assert.deepEqual([...head.table.slice(0, 4)], [1 / 4, 3 / 4, 1 / 6, 5 / 6]);
  assert(head.table.slice(4).every(Number.isNaN));
});

Deno.test("conditional without given is the marginal, with variables in the order asked for", () => {
  assert.deepEqual([...conditional(joint, "y").table], [3 / 16, 13 / 16]);
  const { of, table } = conditional(joint, ["z", "y"]);
  assert.deepEqual(Object.keys(of), ["z", "y"]);
  assert.deepEqual([...table].map((p) => p * 16), [1, 3, 2, 10, 0, 0]);
});

Deno.test("conditional refuses a variable on both sides", () => {
  assert.throws(() => conditional(joint, ["y", "z"], { given: "z" }), /z stands on both sides/);
});

Deno.test("conditionalFromRows refuses rows that are missing, short or no distribution", () => {
  const variables = { of: { y: 2 }, given: { a: 2, b: 2 } };
  const good = [0.5, 0.5];
  const refuses = (rows: number[][], error: { name: string; message: RegExp }) =>
    assert.throws(() => conditionalFromRows(variables, rows), error);
  refuses([good, good], { name: "TypeError", message: /2 rows.*4 combinations/ });
  refuses([good, good, [1], good], { name: "TypeError", message: /Row 2 \(a=1, b=0\) has 1/ });
  refuses([good, [1.5, -0.5], good, good], {
    name: "RangeError",
    message: /Row 1 \(a=0, b=1\), entry 0 is 1.5/,
  });
  refuses([good, [0.5, 0.4], good, good], { name: "RangeError", message: /sum to 0.9/ });
});
