import assert from "node:assert/strict";
import {
  independentJoint,
  jointFromFunction,
  jointFromSamples,
  jointFromTable,
} from "lib/information/joint.ts";

Deno.test("jointFromTable keeps names, sizes and a copy of the table", () => {
  const table = [0.1, 0.2, 0.3, 0.05, 0.15, 0.2];
  const joint = jointFromTable({ y: 2, z: 3 }, table);
  table[0] = 9;
  assert.deepEqual(joint.names, ["y", "z"]);
  assert.deepEqual(joint.sizes, [2, 3]);
  assert.deepEqual([...joint.table], [0.1, 0.2, 0.3, 0.05, 0.15, 0.2]);
});

Deno.test("jointFromTable refuses what is no distribution and says which entry", () => {
  const sizes = { y: 2, z: 2 };
  const refuses = (table: number[], message: RegExp) =>
    assert.throws(() => jointFromTable(sizes, table), { name: "RangeError", message });
  refuses([0.5, 0.6, -0.1, 0], /Entry 2 \(y=1, z=0\) is -0.1/);
  refuses([0.5, NaN, 0.5, 0], /Entry 1 \(y=0, z=1\) is NaN/);
  refuses([0.5, 0, 0, Infinity], /Entry 3 \(y=1, z=1\) is Infinity/);
  refuses([0.5, 0.2, 0.2, 0.2], /sum to 1.09/);
  refuses([0, 0, 0, 0], /sum to 0, not 1/);
  refuses([0.25, 0.25, 0.25, 0.25 + 1e-8], /not 1/);
});

Deno.test("jointFromTable refuses a wrong shape with both shapes, and bad variables", () => {
  assert.throws(
    () => jointFromTable({ y: 2, z: 3 }, [0.5, 0.5]),
    { name: "TypeError", message: /2 entries.*y: 2, z: 3.*needs 6/ },
  );
  assert.throws(() => jointFromTable({ y: 0 }, []), {
    name: "RangeError",
    message: /y has size 0/,
  });
  assert.throws(() => jointFromTable({ y: 1.5 }, [1]), RangeError);
  // JavaScript would silently move such a name before the others
  assert.throws(() => jointFromTable({ y: 2, "1": 1 }, [0.5, 0.5]), /"1" cannot name/);
  assert.throws(() => jointFromTable({ y: 2 ** 14, z: 2 ** 14 }, []), /too many/);
});

Deno.test("jointFromFunction calls with states in the order of sizes, the last changing fastest", () => {
  const calls: number[][] = [];
  jointFromFunction({ a: 2, b: 1, c: 3 }, (...states) => {
    calls.push(states);
    return 1 / 6;
  });
  assert.deepEqual(calls, [[0, 0, 0], [0, 0, 1], [0, 0, 2], [1, 0, 0], [1, 0, 1], [1, 0, 2]]);
});

Deno.test("independentJoint multiplies the parts", () => {
  const a = jointFromTable({ a: 2 }, [0.25, 0.75]);
  const b = jointFromTable({ b: 3 }, [0.5, 0.5, 0]);
  const both = independentJoint([a, b]);
  assert.deepEqual(both.names, ["a", "b"]);
  assert.deepEqual([...both.table], [0.125, 0.125, 0, 0.375, 0.375, 0]);
  assert.throws(() => independentJoint([a, a]), { name: "TypeError", message: /variable a/ });
});

Deno.test("jointFromSamples counts, and refuses states and rows that do not fit", () => {
  const joint = jointFromSamples({ a: 2, b: 2 }, [[0, 0], [1, 0], [1, 0], [1, 1]]);
  assert.deepEqual([...joint.table], [0.25, 0, 0.5, 0.25]);
  assert.throws(
    () => jointFromSamples({ a: 2, b: 2 }, [[0, 0], [0, 2]]),
    { name: "RangeError", message: /Sample 1: b is 2.*0 to 1/ },
  );
  assert.throws(() => jointFromSamples({ a: 2 }, [[0.5]]), RangeError);
  assert.throws(() => jointFromSamples({ a: 2 }, [[0, 1]]), { name: "TypeError" });
  assert.throws(() => jointFromSamples({ a: 2 }, []), /at least one sample/);
});
