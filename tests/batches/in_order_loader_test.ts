import assert from "node:assert/strict";
import { basename, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { batchesInOrder } from "lib/batches/batches.ts";
import { openInOrder } from "lib/batches/in_order_loader.ts";
import { writeImage } from "lib/media/write_image.ts";
import { inFolder } from "../in_folder.ts";
import { cropsOf, numberedSamples, valuesOf, writeNoise } from "./loader_folder.ts";

const samples = numberedSamples(18);

Deno.test("openInOrder gives the batches of batchesInOrder, with their samples", () =>
  inFolder(async (folder) => {
    await writeNoise(folder, samples);
    const before = tf.memory().numTensors, crops = await cropsOf(folder, samples);
    for (const [prefetch, isFull] of [[0, false], [2, false], [9, false], [2, true]] as const) {
      const expected = [...batchesInOrder(crops, { batchSize: 5, isFull })].map(valuesOf);
      const batches = await Array.fromAsync(
        openInOrder(samples, { batchSize: 5, isFull, size: 32, root: folder, prefetch }),
      );
      assert.deepEqual(batches.flatMap((batch) => batch.samples), samples);
      assert.deepEqual(batches.map(valuesOf), expected);
    }
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual(await Array.fromAsync(openInOrder([], { batchSize: 5, size: 32 })), []);
  }));

Deno.test("openInOrder takes endless samples, reads no further ahead than told, and ends when left", () =>
  inFolder(async (folder) => {
    await writeNoise(folder, samples.slice(0, 1));
    let taken = 0;
    async function* endless() {
      while (true) {
        await Promise.resolve();
        taken++;
        yield samples[0];
      }
    }
    let batches = 0;
    for await (
      const batch of openInOrder(endless(), { batchSize: 4, size: 32, root: folder, prefetch: 2 })
    ) {
      batches++;
      valuesOf(batch);
      assert.ok(taken <= 4 * (batches + 2), `${taken} samples for ${batches} batches`);
      if (batches === 50) break;
    }
  }));

Deno.test("openInOrder ends at an unreadable file, or names it and goes on without it", () =>
  inFolder(async (folder) => {
    await writeNoise(folder, samples.filter((_, i) => i !== 4 && (i < 10 || i > 14)));
    const options = { batchSize: 5, size: 32, root: folder };
    await assert.rejects(Array.fromAsync(openInOrder(samples, options)), {
      name: "ImageError",
      problem: "missing",
      path: join(folder, "4.png"),
    });
    const missed: string[] = [];
    const batches = await Array.fromAsync(openInOrder(samples, {
      ...options,
      onUnreadable: ({ path }, error) => {
        assert.equal(basename(error.path), path);
        missed.push(path);
      },
    }));
    assert.deepEqual(missed, ["4.png", "10.png", "11.png", "12.png", "13.png", "14.png"]);
    const kept = samples.filter(({ path }) => !missed.includes(path));
    assert.deepEqual(batches.flatMap((batch) => batch.samples), kept);
    assert.deepEqual(batches.map(({ indices }) => indices), [[0, 1, 2, 3], [5, 6, 7, 8, 9], [
      15,
      16,
      17,
    ]]);
    assert.deepEqual(batches.map(({ images }) => images.shape[0]), [4, 5, 4]); // powers of two, or 5
    batches.forEach(valuesOf);
  }));

Deno.test("a program that ends in the middle of openInOrder ends as it says, every time", () =>
  inFolder(async (folder) => {
    const list = Array.from({ length: 2000 }, (_, i) => ({
      ...samples[0],
      path: `${i % 8}.png`,
      video: `${i}`,
    }));
    const image = { data: new Uint8Array(32 * 32 * 3).fill(99), width: 32, height: 32 };
    for (let i = 0; i < 8; i++) await writeImage(join(folder, `${i}.png`), image);
    await Deno.writeTextFile(join(folder, "list.json"), JSON.stringify(list));
    const program = `
      import { openInOrder } from "lib/batches/in_order_loader.ts";
      import { startEngine } from "lib/engine/engine.ts";
      await startEngine();
      const root = ${JSON.stringify(folder)};
      const list = JSON.parse(await Deno.readTextFile(root + "/list.json"));
      for await (const _ of openInOrder(list, { batchSize: 64, size: 32, root })) break;
      Deno.exit(7);
    `;
    for (let i = 0; i < 2; i++) { // it crashed nearly every time, with native decoders at work
      const { code, signal } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-check", program],
        stderr: "null",
      }).output();
      assert.deepEqual([code, signal], [7, null]);
    }
  }));
