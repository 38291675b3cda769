import assert from "node:assert/strict";
import { everyEncoding } from "lib/information/exhaustive_encoders.ts";
import { jointFromFunction } from "lib/information/joint.ts";
import { near } from "./near.ts";

const source = jointFromFunction({ y: 2, a: 2, b: 2 }, (y, a) => y === a ? 1 / 4 : 0);

Deno.test("everyEncoding counts choices once: names of symbols and order of blocks do not matter", () => {
  // 8 rules of two symbols on four states: 1 constant and 7 partitions in two
  assert.equal(everyEncoding({ source, blocks: 1, symbols: 2 }).length, 8);
  assert.equal(everyEncoding({ source, blocks: 2, symbols: 2 }).length, 36);
  // 1 + 7 + 6 partitions of four states in at most three sets
  assert.equal(everyEncoding({ source, blocks: 1, symbols: 3 }).length, 14);
});

Deno.test("everyEncoding finds that Eq. 6 is maximal for a secret that no block knows alone", () => {
  const all = everyEncoding({ source, blocks: 2, symbols: 2 });
  const most = Math.max(...all.map((e) => e.objective));
  assert.equal(most, 2);
  const best = all.filter((e) => e.objective === most);
  assert.deepEqual(best.map((e) => e.rules), [[[0, 1, 0, 1], [0, 1, 1, 0]]]); // b, and a ⊕ b
  assert.equal(best[0].alone, 0);
  assert.equal(Math.max(...all.map((e) => e.information)), 1);
});

Deno.test("everyEncoding refuses more than a million choices, and three blocks keep the bounds", () => {
  const three = jointFromFunction({ y: 2, a: 2, b: 4 }, (y, a) => y === a ? 1 / 8 : 0);
  assert.throws(() => everyEncoding({ source: three, blocks: 4, symbols: 2 }), /Too many/);
  const small = everyEncoding({ source, blocks: 3, symbols: 2 });
  assert.equal(small.length, 120);
  for (const { objective, information } of small) {
    assert(objective <= 3 && information <= 1 + 1e-12);
  }
});

Deno.test("everyEncoding without anything to hide behind is bounded by I(y; Z)", () => {
  const bare = jointFromFunction({ y: 2, a: 2 }, (y, a) => y === a ? 1 / 2 : 0);
  for (const e of everyEncoding({ source: bare, blocks: 2, symbols: 2 })) {
    assert(e.objective <= e.information + 1e-12);
    near(e.objective, e.information - e.interaction); // two blocks
  }
});
