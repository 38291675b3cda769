import assert from "node:assert/strict";
import fc from "fast-check";
import {
  correlation,
  effectiveParts,
  largestShare,
  repetition,
} from "lib/explain/balance_of_parts.ts";
import { near } from "./map_cases.ts";

Deno.test("effectiveParts and largestShare run from one part to all, whatever scale and sign", () => {
  near(effectiveParts([1, 1, 1, 1]), 4);
  near(effectiveParts([0, 0, 5, 0]), 1);
  near(effectiveParts([3, -1]), Math.exp(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25))));
  near(largestShare([3, -1]), 0.75);
  assert.equal(effectiveParts([0, 0]), null);
  assert.equal(largestShare([]), null);
  assert.throws(() => effectiveParts([NaN]), RangeError);
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 8 }),
      (evidence) => {
        const value = effectiveParts(evidence), share = largestShare(evidence);
        if (evidence.every((x) => x === 0)) return assert.equal(value, null);
        assert.ok(value! >= 1 - 1e-9 && value! <= evidence.length + 1e-9);
        assert.ok(share! >= 1 / evidence.length - 1e-9 && value! >= 1 / share! - 1e-9);
        near(effectiveParts(evidence.toReversed().map((x) => -x)), value!, 1e-9);
      },
    ),
  );
});

Deno.test("repetition is 1 for copies, −1 for opposites, 0 for strangers, null where nothing varies", () => {
  near(repetition([[1, 2], [2, 4], [4, 8]]), 1);
  near(repetition([[1, -1], [2, -2], [4, -4]]), -1);
  near(repetition([[1, 1], [-1, 1], [1, -1], [-1, -1]]), 0);
  assert.equal(repetition([[0.1, 1], [0.1, 2], [0.1, 3]]), null);
  assert.equal(repetition([[1], [2]]), null);
  assert.equal(repetition([]), null);
  near(correlation([1, 2, 3, 5], [2, 1, 4, 4]), 0.7481900559272088); // Python's statistics.correlation
  assert.throws(() => repetition([[1, 2], [1]]), TypeError);
});
