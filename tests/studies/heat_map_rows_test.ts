import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import sharp from "sharp";
import type { Crop } from "lib/data/samples.ts";
import { presetOf } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { jointEvidence } from "lib/detectors/exposing_the_deception/head_evidence.ts";
import { xception } from "lib/detectors/xception.ts";
import { startEngine } from "lib/engine/engine.ts";
import { scoreCrops } from "lib/evaluation/predict.ts";
import { partMaps } from "lib/explain/part_maps.ts";
import { heatMapGrid } from "lib/figures/heat_map_grid.ts";
import { drawPlantedClues } from "lib/forgeries/planted_clues.ts";
import { PLANTED_SETTINGS } from "lib/forgeries/planted_clues/planted_settings.ts";
import { resizeImage } from "lib/media/crop.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { createRandom } from "lib/random.ts";
import { heatMapRows } from "lib/studies/heat_map_rows.ts";

await startEngine();
const fresh = (detector: (typeof SMOKE)["detector"], seed: number) => ({
  detector,
  parameters: initialiseParameters(detector.parameters, createRandom(seed)),
});
const ours = fresh(SMOKE.detector, 1); // two blocks, 32 pixels
const { detector: baseline } = presetOf(xception, "smoke");
const other = {
  detector: baseline,
  parameters: initialiseParameters(baseline.parameters, createRandom(2)),
};
const drawn = drawPlantedClues(2, {
  setting: PLANTED_SETTINGS.A8,
  split: "test",
  random: createRandom(3),
});
const size = { width: 32, height: 32 };
const crops = await Promise.all(drawn.map(async ({ image, sample }): Promise<Crop> => ({
  image: await resizeImage(image, size),
  sample,
})));
const mask = { data: new Uint8Array(32 * 32).fill(255), ...size };

Deno.test("heatMapRows gives each part of each detector a column, whatever the detector's kind", async () => {
  const rows = await heatMapRows(crops, { ours, other }, { whole: true });
  const columns = rows.filter(({ row }) => row === "real").map(({ group, column }) =>
    [group, column].filter(Boolean).join(": ")
  );
  assert.deepEqual(columns, [
    "photograph",
    "ours: block 1",
    "ours: block 2",
    "ours: whole",
    "other: whole network",
  ]);
  assert.deepEqual([...new Set(rows.map(({ row }) => row))], ["real", "planted"]);
  const figure = heatMapGrid(rows, {});
  assert.equal(figure.layout.images?.length, 2 * columns.length);
});

Deno.test("heatMapRows shows the maps as partMaps gives them, and scores as scoreCrops does", async () => {
  const options = { layer: "layer3", explain: jointEvidence };
  const rows = await heatMapRows(crops, { ours: { ...ours, ...options } }, { whole: true });
  const maps = await partMaps(crops, { ...ours, ...options });
  const scores = await scoreCrops(crops, ours);
  for (const [i, row] of ["real", "planted"].entries()) {
    const shown = rows.filter((cell) => cell.row === row && cell.group === "ours");
    assert.deepEqual(shown.map(({ map }) => map), [...maps[i]!.parts, maps[i]!.whole]);
    assert.deepEqual(shown.map(({ note }) => note), [null, null, scores[i]!.toFixed(2)]);
  }
});

Deno.test("heatMapRows has a column of masks for the crops that have one, and pictures of the side asked for", async () => {
  const [real, fake] = crops as [Crop, Crop];
  const rows = await heatMapRows([real, { ...fake, mask }], { ours }, { side: 16 });
  assert.deepEqual(
    rows.filter(({ column }) => column === "changed").map(({ row }) => row),
    ["planted"],
  );
  for (const { image } of rows) {
    const { width } = await sharp(Buffer.from(image!.split(",")[1]!, "base64")).metadata();
    assert.equal(width, 16);
  }
});

Deno.test("heatMapRows resizes crops to what a detector takes", async () => {
  const large = drawn.map(({ image, sample }) => ({ image, sample })); // 48 pixels
  const maps = (rows: Awaited<ReturnType<typeof heatMapRows>>) => rows.map(({ map }) => map);
  assert.deepEqual(
    maps(await heatMapRows(large, { ours })),
    maps(await heatMapRows(crops, { ours })),
  );
});

Deno.test("heatMapRows refuses two crops of one heading, which rowOf tells apart", async () => {
  const [one] = crops as [Crop];
  await assert.rejects(heatMapRows([one, one], { ours }), /"real".*rowOf/);
  const rows = await heatMapRows([one, one], { ours }, { rowOf: (_, i) => `face ${i + 1}` });
  assert.deepEqual([...new Set(rows.map(({ row }) => row))], ["face 1", "face 2"]);
});
