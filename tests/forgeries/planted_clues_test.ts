import assert from "node:assert/strict";
import { drawPlantedClues } from "lib/forgeries/planted_clues.ts";
import {
  CLUES,
  onlyClue,
  PLANTED_SETTINGS,
  withoutGhost,
} from "lib/forgeries/planted_clues/planted_settings.ts";
import { createRandom } from "lib/random.ts";

const { A8 } = PLANTED_SETTINGS;
const draw = (count: number, changes: Partial<Parameters<typeof drawPlantedClues>[1]> = {}) =>
  drawPlantedClues(count, { setting: A8, random: createRandom(5), split: "train", ...changes });

Deno.test("drawPlantedClues plants each clue as often as the setting says", () => {
  const pictures = draw(1200);
  const fakes = pictures.filter(({ sample }) => sample.label === 1);
  const reals = pictures.filter(({ sample }) => sample.label === 0);
  assert.equal(fakes.length, 600);
  assert.ok(fakes.every(({ clues }) => clues.includes(true)), "a fake has a clue");
  const some = 1 - A8.inFakes.reduce((product, p) => product * (1 - p), 1);
  CLUES.forEach((clue, k) => {
    for (
      const [pictures, p] of [[fakes, A8.inFakes[k] / some], [reals, A8.inReals[k]]] as const
    ) {
      const share = pictures.filter(({ clues }) => clues[k]).length / pictures.length;
      assert.ok(Math.abs(share - p) < 4 * Math.sqrt(p * (1 - p) / 600), `${clue}: ${share}, ${p}`);
    }
  });
});

Deno.test("drawPlantedClues gives the same pictures for the same random state, and others for others", () => {
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(1)[0].image, draw(1, { random: createRandom(6) })[0].image);
});

Deno.test("drawPlantedClues draws one label where one is asked for, and names its samples", () => {
  const fakes = draw(4, { label: 1, split: "test", setting: onlyClue(A8, "seam") });
  for (const { sample, clues } of fakes) {
    assert.equal(sample.label, 1);
    assert.equal(sample.split, "test");
    assert.equal(sample.dataset, "planted clues A8 seam only");
    assert.deepEqual(clues, [false, false, false, true]);
  }
  assert.equal(new Set(fakes.map(({ sample }) => sample.video)).size, 4);
  assert.ok(draw(60, { label: 1, setting: withoutGhost(A8) }).every(({ clues }) => !clues[0]));
});

Deno.test("drawPlantedClues refuses a count that is no number of pictures, and fakes without clues", () => {
  assert.throws(() => draw(0), /whole numbers from 1, not 0/);
  const setting = { ...A8, name: "mine", inFakes: [0, 0, 0, 0] as const };
  assert.throws(() => draw(1, { setting }), /Setting mine: .* all have chance 0/);
});
