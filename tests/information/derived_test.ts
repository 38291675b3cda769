import assert from "node:assert/strict";
import { conditional, conditionalFromRows } from "lib/information/conditional.ts";
import { withConditional, withFunction } from "lib/information/derived.ts";
import { jointFromTable } from "lib/information/joint.ts";
import { marginal } from "lib/information/marginal.ts";

const joint = jointFromTable({ y: 2, z: 3 }, [1 / 16, 2 / 16, 0, 3 / 16, 10 / 16, 0]);

Deno.test("withFunction adds a variable whose value follows from the others", () => {
  const more = withFunction(joint, "s", { of: ["z", "y"], size: 4, value: (z, y) => z + y });
  assert.deepEqual(more.names, ["y", "z", "s"]);
  assert.deepEqual([...marginal(more, "s").table].map((p) => p * 16), [1, 5, 10, 0]);
  assert.deepEqual(marginal(more, ["y", "z"]), joint);
});

Deno.test("withFunction says where a value is out of range", () => {
  assert.throws(
    () => withFunction(joint, "s", { of: ["y", "z"], size: 2, value: (y, z) => y * z }),
    { name: "RangeError", message: /At y=1, z=2: s is 2.*0 to 1/ },
  );
  assert.throws(
    () => withFunction(joint, "z", { of: "y", size: 2, value: (y) => y }),
    { name: "TypeError", message: /already has a variable z/ },
  );
});

Deno.test("withConditional puts a joint together again from p(z) and p(y | z)", () => {
  const z = marginal(joint, "z");
  const again = withConditional(z, conditional(joint, "y", { given: "z" }));
  assert.deepEqual(again.names, ["z", "y"]);
  marginal(again, ["y", "z"]).table.forEach((p, i) => {
    assert(Math.abs(p - joint.table[i]) < 1e-15);
  });
});

Deno.test("withConditional refuses other sizes, taken names and undefined rows that can happen", () => {
  const channel = conditionalFromRows({ of: { G: 2 }, given: { z: 2 } }, [[1, 0], [0, 1]]);
  assert.throws(() => withConditional(joint, channel), /z has 3 states in the joint, but 2/);
  const taken = conditionalFromRows({ of: { z: 2 }, given: { y: 2 } }, [[1, 0], [0, 1]]);
  assert.throws(() => withConditional(joint, taken), /already has a variable z/);
  const elsewhere = conditional(joint, "y", { given: "z" }); // undefined at z = 2
  const certain = jointFromTable({ z: 3 }, [0, 0, 1]);
  assert.throws(() => withConditional(certain, elsewhere), { name: "RangeError", message: /NaN/ });
});
