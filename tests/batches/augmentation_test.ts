import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { createRandom } from "lib/random.ts";
import {
  augment,
  augmentMasks,
  drawAugmentation,
  MILD,
  NO_AUGMENTATION,
} from "lib/batches/augmentation.ts";

/** The definition, pixel by pixel: where each comes from, bilinear with repeated edges, then light. */
function reference(
  image: Float32Array,
  [height, width]: [number, number],
  [side, angle, brightness, contrast]: Float32Array,
): Float32Array {
  const out = new Float32Array(image.length);
  const x = (width - 1) / 2, y = (height - 1) / 2;
  const clamp = (v: number, last: number) => Math.min(last, Math.max(0, v));
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      const right = side * (u - x), down = v - y;
      // The nearest edge goes on: the place itself is moved into the picture.
      const fromX = clamp(Math.cos(angle) * right - Math.sin(angle) * down + x, width - 1);
      const fromY = clamp(Math.sin(angle) * right + Math.cos(angle) * down + y, height - 1);
      const left = Math.floor(fromX), top = Math.floor(fromY);
      for (let c = 0; c < 3; c++) {
        const at = (col: number, row: number) =>
          image[(clamp(row, height - 1) * width + clamp(col, width - 1)) * 3 + c];
        const p = fromX - left, q = fromY - top;
        const value = (1 - q) * ((1 - p) * at(left, top) + p * at(left + 1, top)) +
          q * ((1 - p) * at(left, top + 1) + p * at(left + 1, top + 1));
        out[(v * width + u) * 3 + c] = clamp(contrast * value + 255 * brightness, 255);
      }
    }
  }
  return out;
}

function noise(shape: [number, number, number, number]): tf.Tensor4D {
  const random = createRandom(8, "noise");
  const values = Int32Array.from(
    { length: shape.reduce((a, b) => a * b) },
    () => random.integer(256),
  );
  return tf.tensor4d(values, shape, "int32");
}

Deno.test("augment equals the slow definition, square or not, even or odd", () => {
  for (const [height, width] of [[16, 16], [15, 20], [9, 9]] as [number, number][]) {
    const images = noise([6, height, width, 3]);
    const drawn = drawAugmentation(6, {
      ranges: { flip: 0.5, rotation: 40, brightness: 0.3, contrast: 0.4 },
      random: createRandom(2),
    });
    const parameters = tf.tensor2d(drawn, [6, 4]);
    const result = augment(images, parameters);
    assert.deepEqual([result.shape, result.dtype], [[6, height, width, 3], "float32"]);
    const size = height * width * 3, all = Float32Array.from(images.dataSync());
    const found = result.dataSync();
    for (let i = 0; i < 6; i++) {
      reference(
        all.subarray(i * size, (i + 1) * size),
        [height, width],
        drawn.subarray(i * 4, i * 4 + 4),
      )
        .forEach((v, k) =>
          assert.ok(
            Math.abs(v - found[i * size + k]) < 0.02,
            `picture ${i}, value ${k}: ${v} ${found[i * size + k]}`,
          )
        );
    }
    tf.dispose([images, parameters, result]);
  }
});

Deno.test("augment leaves pictures as they are for NO_AUGMENTATION, and frees what it makes", () => {
  const images = noise([3, 8, 12, 3]);
  const drawn = drawAugmentation(3, { ranges: NO_AUGMENTATION, random: createRandom(1) });
  assert.deepEqual([...drawn], [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]);
  const parameters = tf.tensor2d(drawn, [3, 4]);
  const before = tf.memory().numTensors;
  const result = augment(images, parameters);
  assert.equal(tf.memory().numTensors, before + 1);
  assert.deepEqual([...result.dataSync()], [...images.dataSync()]);
  tf.dispose([images, parameters, result]);
});

Deno.test("augment turns counter-clockwise by a quarter, exactly", () => {
  const image = tf.tensor4d([1, 2, 3, 4].flatMap((v) => [v, v, v]), [1, 2, 2, 3]);
  const parameters = tf.tensor2d([[1, Math.PI / 2, 0, 1]]);
  const turned = augment(image, parameters);
  const red = [...turned.dataSync()].filter((_, i) => i % 3 === 0).map((v) =>
    Math.round(v * 1e4) / 1e4
  );
  assert.deepEqual(red, [2, 4, 1, 3]); // above 1 2, below 3 4: the right column comes to the top
  tf.dispose([image, parameters, turned]);
});

Deno.test("augmentMasks moves masks as augment moves pictures, and light leaves them", () => {
  const masks = tf.tidy(() => tf.slice(noise([6, 15, 20, 3]), [0, 0, 0, 0], [6, 15, 20, 1]));
  const ranges = { flip: 0.5, rotation: 40, brightness: 0.3, contrast: 0.4 };
  const drawn = drawAugmentation(6, { ranges, random: createRandom(2) });
  assert.ok(drawn.includes(-1), "a picture is flipped");
  const plain = drawn.map((value, i) => i % 4 === 2 ? 0 : i % 4 === 3 ? 1 : value);
  const parameters = tf.tensor2d(drawn, [6, 4]), withoutLight = tf.tensor2d(plain, [6, 4]);
  const before = tf.memory().numTensors;
  const moved = augmentMasks(masks as tf.Tensor4D, parameters);
  assert.equal(tf.memory().numTensors, before + 1);
  assert.deepEqual([moved.shape, moved.dtype], [[6, 15, 20, 1], "float32"]);
  const expected = augment(tf.tile(masks, [1, 1, 1, 3]) as tf.Tensor4D, withoutLight);
  const values = moved.dataSync();
  expected.dataSync().forEach((value, i) => assert.equal(value, values[Math.floor(i / 3)]));
  assert.notDeepEqual(values, Float32Array.from(masks.dataSync()));
  tf.dispose([masks, parameters, withoutLight, moved, expected]);
});

Deno.test("augmentMasks flips and turns exactly, and refuses parameters of another batch", () => {
  const mask = tf.tensor4d([0, 255, 0, 0], [1, 2, 2, 1]); // above 0 255
  const at = (side: number, angle: number) =>
    [...augmentMasks(mask, tf.tensor2d([[side, angle, 0.5, 0.5]])).dataSync()].map(Math.round);
  assert.deepEqual(at(1, 0), [0, 255, 0, 0]);
  assert.deepEqual(at(-1, 0), [255, 0, 0, 0]);
  assert.deepEqual(at(1, Math.PI / 2), [255, 0, 0, 0]);
  assert.throws(() => augmentMasks(mask, tf.zeros([2, 4])), /1 pictures.*\[2, 4\]/);
});

Deno.test("augment refuses parameters of another batch", () => {
  const images = noise([2, 4, 4, 3]), parameters = tf.zeros<tf.Rank.R2>([3, 4]);
  assert.throws(() => augment(images, parameters), /2 pictures.*\[3, 4\]/);
  tf.dispose([images, parameters]);
});

Deno.test("drawAugmentation stays in its ranges, fills them, and follows its generator", () => {
  const draw = (seed: number) =>
    drawAugmentation(4000, { ranges: MILD, random: createRandom(seed) });
  const drawn = draw(1);
  assert.deepEqual(draw(1), drawn);
  assert.notDeepEqual(draw(2), drawn);
  const column = (c: number) => [...drawn].filter((_, i) => i % 4 === c);
  const flips = column(0).filter((v) => v === -1).length / 4000;
  assert.ok(flips > 0.46 && flips < 0.54 && column(0).every((v) => Math.abs(v) === 1));
  for (const [c, middle, range] of [[1, 0, 10 * Math.PI / 180], [2, 0, 0.1], [3, 1, 0.1]]) {
    const values = column(c);
    assert.ok(
      Math.min(...values) >= middle - range - 1e-6 && Math.max(...values) <= middle + range + 1e-6,
    );
    assert.ok(
      Math.max(...values) > middle + 0.98 * range && Math.min(...values) < middle - 0.98 * range,
    );
  }
});

Deno.test("drawAugmentation refuses ranges out of their limits", () => {
  for (const change of [{ flip: 2 }, { rotation: -1 }, { brightness: NaN }, { contrast: 1 }]) {
    assert.throws(
      () => drawAugmentation(1, { ranges: { ...MILD, ...change }, random: createRandom(1) }),
      RangeError,
    );
  }
});
