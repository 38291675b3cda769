import assert from "node:assert/strict";
import { pairedAuc, pairedWins } from "lib/evaluation/paired_auc.ts";
import { createRandom } from "lib/random.ts";

const real = (path: string, logOdds: number) => ({ path, video: path, label: 0 as const, logOdds });
const fake = (source: string, logOdds: number) => ({
  ...{ path: `${source} forged`, source, video: source, label: 1 as const, logOdds },
});

Deno.test("pairedWins has an entry a fake, in their order, and their mean is pairedAuc's value", () => {
  const scores = [
    ...[real("dark", -9), fake("dark", -8), fake("dark", -10), real("bright", 7)],
    ...[fake("bright", 7), fake("unknown", 50)], // whose source nobody scored
  ];
  const wins = pairedWins(scores);
  assert.deepEqual(wins, [
    { video: "dark", value: 1 },
    { video: "dark", value: 0 },
    { video: "bright", value: 0.5 },
  ]);
  const { value, videos } = pairedAuc(scores, { random: createRandom(1) });
  assert.deepEqual([value, videos], [wins.reduce((sum, win) => sum + win.value, 0) / 3, 2]);
  assert.throws(() => pairedWins([real("dark", 1)]), /Of 1 scores none is of a fake/);
});
