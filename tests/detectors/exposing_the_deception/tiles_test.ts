import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import fc from "fast-check";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { blockViews, tileGrid, tilesOf } from "lib/detectors/exposing_the_deception/tiles.ts";
import { createRandom } from "lib/random.ts";
import { startEngine } from "lib/engine/engine.ts";
import { fillImages } from "../../networks/fixture_formula.ts";

await startEngine();

Deno.test("tileGrid is nearest to a square, for every number of blocks", () => {
  const grids = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => Object.values(tileGrid(n)).join("×"));
  assert.deepEqual(grids, ["1×1", "1×2", "1×3", "2×2", "1×5", "2×3", "1×7", "2×4"]);
  for (const n of [0, -1, 2.5, NaN]) assert.throws(() => tileGrid(n), RangeError);
});

Deno.test("tilesOf covers every pixel once, with tiles of one size", () => {
  const blocks = fc.integer({ min: 1, max: 8 }), part = fc.integer({ min: 1, max: 9 });
  fc.assert(fc.property(blocks, part, part, (n, tileHeight, tileWidth) => {
    const { rows, columns } = tileGrid(n);
    const [height, width] = [rows * tileHeight, columns * tileWidth];
    const seen = new Uint8Array(height * width);
    for (const tile of tilesOf(n, [height, width])) {
      assert.deepEqual([tile.height, tile.width], [tileHeight, tileWidth]);
      for (let y = tile.top; y < tile.top + tile.height; y++) {
        for (let x = tile.left; x < tile.left + tile.width; x++) seen[y * width + x]++;
      }
    }
    assert.ok(seen.every((count) => count === 1));
  }));
});

Deno.test("tilesOf names sizes that divide where the image's does not, and those do", () => {
  for (const n of [3, 5, 6, 7]) {
    const size = n === 7 ? 240 : 224;
    let message = "";
    try {
      tilesOf(n, [size, size]);
    } catch (error) {
      assert.ok(error instanceof RangeError);
      message = error.message;
    }
    const [, below, above] = /imageSize to (\d+) or (\d+),/.exec(message)!.map(Number);
    assert.ok(below < size && size < above, message);
    for (const good of [below, above]) {
      assert.equal(tilesOf(n, [good, good]).length, n);
      vary(SMOKE, { imageSize: good });
    }
  }
  assert.throws(() => tilesOf(7, [32, 32]), /imageSize to 112, or/);
});

Deno.test("blockViews cuts what tilesOf says, and hands the whole images on as they are", () => {
  const images = fillImages("input", 2, 48);
  const tiles = blockViews(images, { blocks: 6, view: "tiles" });
  tilesOf(6, [48, 48]).forEach(({ top, left, height, width }, i) => {
    const all = images.arraySync();
    const expected = all.map((image) =>
      image.slice(top, top + height).map((row) => row.slice(left, left + width))
    );
    assert.deepEqual(tiles[i].arraySync(), expected);
  });
  const whole = blockViews(images, { blocks: 3, view: "whole" });
  assert.ok(whole.length === 3 && whole.every((x) => x === images));
});

Deno.test("forward of tiles: a block answers to its own tile and to nothing else", () => {
  const { detector } = vary(SMOKE, { blocks: 4, view: "tiles" });
  const parameters = initialiseParameters(detector.parameters, createRandom(1, "weights"));
  const features = (images: tf.Tensor4D) =>
    detector.forward(images, parameters).features.map((z) => [...z.dataSync()]);
  const images = fillImages("input", 2, 64);
  const before = features(images);
  tilesOf(4, [64, 64]).forEach(({ top, left }, changed) => {
    const spot = tf.buffer<tf.Rank.R4>([2, 64, 64, 3]);
    for (const image of [0, 1]) spot.set(5, image, top + 9, left + 20, 1);
    const after = features(tf.add(images, spot.toTensor()));
    after.forEach((z, block) => {
      if (block === changed) assert.notDeepEqual(z, before[block]);
      else assert.deepEqual(z, before[block]);
    });
  });
  assert.throws(
    () => detector.forward(fillImages("input", 1, 65), parameters),
    { name: "RangeError", message: /65 pixels does not divide into 2 rows/ },
  );
  disposeParameters(parameters);
});
