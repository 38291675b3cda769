/** Scores that many samples share. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { equalScores, suspiciousScores } from "lib/evaluation/equal_scores.ts";

/** So many frames with one value, and so many with values of their own. */
const frames = (equal: number, others: number) => [
  ...Array.from({ length: equal }, () => ({ label: 1, logOdds: 1.5 })),
  ...Array.from({ length: others }, (_, i) => ({ label: 0, logOdds: i / 7 + 2 })),
];

Deno.test("suspiciousScores wants more than 1 % and 20 frames of exactly one value", () => {
  const suspicious = (equal: number, others: number) => {
    const rows = frames(equal, others);
    return suspiciousScores(equalScores(rows), rows.length).map((
      { logOdds, fake },
    ) => [logOdds, fake]);
  };
  assert.deepEqual(suspicious(20, 1000), [[1.5, 20]]);
  assert.deepEqual(suspicious(19, 100), []);
  assert.deepEqual(suspicious(20, 1980), []); // 1 % is not more than 1 %
  assert.deepEqual(suspicious(20, 1979), [[1.5, 20]]);
  assert.deepEqual(suspicious(0, 0), []);
});

Deno.test("equalScores counts each shared value once, by label, the most frequent first", () => {
  const rows = fc.array(
    fc.record({ label: fc.integer({ min: 0, max: 1 }), logOdds: fc.integer({ min: -3, max: 3 }) }),
  );
  fc.assert(fc.property(rows, (rows) => {
    const found = equalScores(rows);
    const having = (value: number, label: number) =>
      rows.filter((row) => row.logOdds === value && row.label === label).length;
    for (const { logOdds, real, fake, reals, fakes } of found) {
      assert.deepEqual([real, fake], [having(logOdds, 0), having(logOdds, 1)]);
      assert.equal(reals + fakes, rows.length);
    }
    const shared = new Set(
      rows.map((row) => row.logOdds).filter((value) => having(value, 0) + having(value, 1) > 1),
    );
    assert.equal(found.length, shared.size);
    const sizes = found.map(({ real, fake }) => real + fake);
    assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
  }));
});

Deno.test("equalScores takes −0 for 0, and NaN and infinity for values like others", () => {
  const rows = [NaN, -0, 2, Infinity, NaN, 0, NaN, Infinity, 1].map((logOdds, i) => ({
    label: i % 2,
    logOdds,
  }));
  assert.deepEqual(equalScores(rows).map(({ logOdds, real, fake }) => [logOdds, real, fake]), [
    [NaN, 3, 0],
    [Infinity, 0, 2],
    [0, 0, 2],
  ]);
});
