import { Buffer } from "node:buffer";
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import sharp from "sharp";
import type { Crop } from "lib/data/samples.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import type { Detector } from "lib/detectors/detector.ts";
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
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { createRandom } from "lib/random.ts";
import { cropsOfPhotograph } from "lib/data/photograph_crops.ts";
import { multiAttentional } from "lib/detectors/multi_attentional/multi_attentional.ts";
import { faceXRay } from "lib/detectors/face_x_ray.ts";
import { layerItself } from "lib/explain/grad_cam.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { heatMapRows } from "lib/studies/heat_map_rows.ts";

await startEngine();
const fresh = <Outputs>(detector: Detector<object, Outputs>, seed: number) => ({
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

Deno.test("heatMapRows on a scale of its own divides each map by its largest value", async () => {
  const [shared, own] = [
    await heatMapRows(crops, { ours }),
    await heatMapRows(crops, { ours }, { scale: "own" }),
  ];
  own.forEach(({ map, ...rest }, i) => {
    const { map: as, ...expected } = shared[i]!;
    assert.deepEqual(rest, expected);
    if (!as) return assert.equal(map, null);
    const largest = Math.max(...as.flat()), scale = largest > 0 ? largest : 1;
    map!.flat().forEach((value, c) =>
      assert.ok(Math.abs(value - as.flat()[c]! / scale) <= 0.0005 + 1e-12)
    );
    if (largest > 0) assert.equal(Math.max(...map!.flat()), 1);
  });
  assert.ok(own.some(({ map }) => map && Math.max(...map.flat()) === 1));
});

Deno.test("heatMapRows of a photograph's path shows its faces, the largest first, at the largest size that is taken", async () => {
  const wide = fresh(vary(SMOKE, { imageSize: 64 }).detector, 5),
    [photograph] = demoPhotographs() as [string];
  const rows = await heatMapRows(photograph, { ours, wide }, { faces: 2 });
  assert.deepEqual([...new Set(rows.map(({ row }) => row))], ["face 1", "face 2"]);
  const cut = (await cropsOfPhotograph(photograph, { size: 64 })).slice(0, 2);
  const rowOf = (_: Crop, i: number) => `face ${i + 1}`;
  assert.deepEqual(rows, await heatMapRows(cut, { ours, wide }, { rowOf }));
});

Deno.test("heatMapRows of a photograph without a face says which, and of none that it is not there", async () => {
  const path = await Deno.makeTempFile({ suffix: ".png" });
  try {
    const grey = { create: { width: 200, height: 160, channels: 3, background: "#888" } } as const;
    await sharp(grey).png().toFile(path);
    await assert.rejects(heatMapRows(path, { ours }), (error: Error) => {
      assert.ok(error instanceof RangeError && error.message.includes(path));
      assert.match(error.message, /No face was found.*200 × 160.*Turn it upright/);
      return true;
    });
  } finally {
    await Deno.remove(path);
  }
  await assert.rejects(heatMapRows(path, { ours }), { name: "ImageError" });
});

Deno.test("by layerItself a detector's own maps are shown as they are: attention maps, and the X-ray", async () => {
  const attention = fresh(presetOf(multiAttentional, "smoke").detector, 6);
  const xRay = fresh(presetOf(faceXRay, "smoke").detector, 7);
  const images = tf.tidy(() =>
    tf.stack(crops.map(({ image: { data } }) => tf.tensor3d(data, [32, 32, 3])))
  ) as tf.Tensor4D;
  const shown: Record<string, number[][][]> = {};
  const rows = await heatMapRows(crops, {
    attention: { ...attention, layer: "attention", weigh: layerItself },
    "x-ray": { ...xRay, layer: "x-ray", weigh: layerItself },
  });
  for (const { detector, parameters } of [attention, xRay]) {
    tf.tidy(() => {
      const x = normaliseImages(images, detector.input.normalisation);
      detector.forward(x, parameters, {
        tap: (name, layer) => {
          if (layer.shape[3] === 1) {
            shown[name] = tf.squeeze<tf.Tensor3D>(layer, [3]).arraySync();
          }
          return layer;
        },
      });
    });
  }
  images.dispose();
  const layers = ["attention.0", "attention.1", "attention.2", "attention.3", "x-ray"];
  for (const [i, row] of ["real", "planted"].entries()) {
    const maps = rows.filter((cell) => cell.row === row && cell.map).map(({ map }) => map!);
    layers.forEach((layer, l) =>
      maps[l]!.flat().forEach((value, c) =>
        assert.ok(Math.abs(value - shown[layer]![i]!.flat()[c]!) < 1e-5, layer)
      )
    );
  }
  assert.ok(shown["x-ray"]!.flat(2).every((value) => value >= 0 && value <= 1));
});
