import assert from "node:assert/strict";
import {
  evidenceOf,
  PLANTED_SETTINGS,
  withoutGhost,
} from "lib/forgeries/planted_clues/planted_settings.ts";

const SETS = Array.from(
  { length: 16 },
  (_, bits) => [0, 1, 2, 3].map((k) => (bits >> k) % 2 === 1),
);

/** The probability of each of the sixteen sets, by the definition, without logarithms. */
function probabilities(p: readonly number[], fakes: boolean): number[] {
  const raw = SETS.map((set) =>
    set.reduce((product, on, k) => product * (on ? p[k] : 1 - p[k]), 1)
  );
  if (!fakes) return raw;
  return raw.map((value, bits) => bits === 0 ? 0 : value / (1 - raw[0]));
}

/** AUC, exactly and ties counted half, of a perfect reader trained on `setting`, for such fakes. */
function ceiling(setting: typeof PLANTED_SETTINGS.A8, inFakes: readonly number[]): number {
  const fake = probabilities(inFakes, true), real = probabilities(setting.inReals, false);
  const evidence = SETS.map((set) => evidenceOf(set, setting));
  let auc = 0;
  for (let i = 0; i < 16; i++) {
    for (let j = 0; j < 16; j++) {
      const difference = evidence[i] === evidence[j] ? 0 : evidence[i] - evidence[j];
      auc += fake[i] * real[j] * (difference > 0 ? 1 : difference === 0 ? 0.5 : 0);
    }
  }
  return auc;
}

Deno.test("evidenceOf is the logarithm of the ratio of the sets' probabilities", () => {
  for (const setting of Object.values(PLANTED_SETTINGS)) {
    const fake = probabilities(setting.inFakes, true), real = probabilities(setting.inReals, false);
    SETS.forEach((set, i) => {
      const expected = Math.log(fake[i] / real[i]);
      if (fake[i] === 0 && real[i] === 0) return; // a set that never happens
      const got = evidenceOf(set, setting);
      assert.ok(got === expected || Math.abs(got - expected) < 1e-9, `${set}: ${got}, ${expected}`);
    });
  }
});

Deno.test("the ceilings of A8 are those of the first study: .994, and .949 without the ghost", () => {
  const { A8 } = PLANTED_SETTINGS;
  assert.equal(ceiling(A8, A8.inFakes).toFixed(3), "0.994");
  assert.equal(ceiling(A8, withoutGhost(A8).inFakes).toFixed(3), "0.949");
});
