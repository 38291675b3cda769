/**
 * What it takes to bring batches of 224 × 224 pixels to the device, as 32-bit numbers and as bytes, in turn:
 * `uploads.ts [batches] [rounds]`, such as `uploads.ts 8,32,256 12`.
 */
import * as tf from "@tensorflow/tfjs";
import { byteTensor } from "lib/engine/byte_tensor.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { IMAGENET, normaliseImages } from "lib/networks/normalise_images.ts";
import { summarise } from "lib/tasks/bench/statistics.ts";
import { sayFigure } from "./figures.ts";

const [batches = "8,32,256", count = "12"] = Deno.args;
const SIZE = 224, rounds = Number(count);
const { device } = await startEngine();

/** Both ways of the same pixels; each gives a tensor that TensorFlow.js holds for int32. */
const WAYS = {
  int32: (pixels: Uint8Array, shape: [number, number, number, number]) =>
    tf.tensor4d(new Int32Array(pixels), shape, "int32"),
  bytes: (pixels: Uint8Array, shape: [number, number, number, number]) =>
    byteTensor<tf.Rank.R4>(pixels, shape),
};
type Way = keyof typeof WAYS;
const ALL = Object.keys(WAYS) as Way[];

for (const batch of batches.split(",").map(Number)) {
  const shape: [number, number, number, number] = [batch, SIZE, SIZE, 3];
  const pixels = Uint8Array.from(
    { length: batch * SIZE * SIZE * 3 },
    (_, i) => Math.imul(i, 2654435761) >>> 16,
  );
  // What reads every pixel, and nothing else of a step; TensorFlow.js uploads when a tensor is first used.
  const seen = Object.fromEntries(ALL.map((way) => {
    const example = WAYS[way](pixels, shape);
    const captured = compile((x) => tf.sum(normaliseImages(x as tf.Tensor4D, IMAGENET)), [example]);
    example.dispose();
    return [way, captured];
  })) as Record<Way, ReturnType<typeof compile>>;
  const first = compile((x) => tf.slice(x, [0, 0, 0, 0], [1, 1, 1, 1]), [tf.zeros(shape, "int32")]);
  const upload = { int32: [] as number[], bytes: [] as number[] },
    all = { int32: [] as number[], bytes: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    for (const way of ALL) {
      const start = performance.now();
      const images = WAYS[way](pixels, shape);
      if (way === "int32") tf.dispose(first(images)); // until now JavaScript has kept the numbers
      const uploaded = performance.now();
      const [sum] = seen[way](images);
      await sum.data();
      tf.dispose([images, sum]);
      if (round < 0) continue; // the first of each makes room in memory
      upload[way].push(uploaded - start);
      all[way].push(performance.now() - start);
    }
  }
  const median = (values: number[]) => summarise(values).median;
  sayFigure("uploads", {
    device,
    batch,
    mib: Object.fromEntries(
      ALL.map((way) => [way, (way === "bytes" ? 1 : 4) * pixels.length / 2 ** 20]),
    ),
    uploadMs: Object.fromEntries(ALL.map((way) => [way, median(upload[way])])),
    ratio: median(upload.int32.map((ms, i) => ms / upload.bytes[i]!)),
    withFirstLookMs: Object.fromEntries(ALL.map((way) => [way, median(all[way])])),
    ratioWithFirstLook: median(all.int32.map((ms, i) => ms / all.bytes[i]!)),
  });
  for (const way of ALL) seen[way].dispose();
  first.dispose();
}
