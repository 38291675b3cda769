import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { drawPlantedClues } from "lib/forgeries/planted_clues.ts";
import { PLANTED_SETTINGS } from "lib/forgeries/planted_clues/planted_settings.ts";
import { createRandom } from "lib/random.ts";
import {
  DETECTORS_FOLDER,
  loadShipped,
  readCards,
  SHIPPED_DETECTORS,
} from "lib/studies/shipped_detectors.ts";

Deno.test("shipped detectors are as their cards say, and together under 7 MB", async () => {
  await startEngine();
  const files = await Array.fromAsync(Deno.readDir(DETECTORS_FOLDER));
  const sizes = files.map(({ name }) => Deno.statSync(`${DETECTORS_FOLDER}/${name}`).size);
  assert.ok(sizes.reduce((a, b) => a + b) < 7e6);
  assert.deepEqual(
    files.map(({ name }) => name).sort(),
    [...SHIPPED_DETECTORS.map((name) => `${name}.safetensors`), "cards.yaml"].sort(),
  );
  assert.deepEqual(Object.keys(await readCards()), [...SHIPPED_DETECTORS]);
  for (const name of SHIPPED_DETECTORS) {
    using detector = await loadShipped(name); // checks the file's hash
    const { card: { auc, not, command } } = detector;
    for (const { value, low, high } of auc) assert.ok(low <= value && value <= high, name);
    assert.match(not, /not|never/i);
    assert.match(command, /^deno task /);
  }
});

Deno.test("shipped detectors of planted clues have their stated AUC on faces drawn anew", async () => {
  await startEngine();
  const setting = PLANTED_SETTINGS.A8, random = createRandom(77, "drawn anew");
  const pictures = drawPlantedClues(400, { setting, split: "test", random });
  for (const name of SHIPPED_DETECTORS.filter((name) => name.startsWith("planted"))) {
    using detector = await loadShipped(name);
    using predictor = openPredictor(detector, { batchSize: 125 });
    const found = await Array.fromAsync(predictor.predict(pictures));
    const auc = rocAuc(found.map(({ logOdds }) => logOdds), found.map(({ label }) => label));
    const [{ value }] = detector.card.auc;
    assert.ok(value > 0.9 && Math.abs(auc - value) < 0.03, `${name}: ${auc}, not ${value}`);
  }
});
