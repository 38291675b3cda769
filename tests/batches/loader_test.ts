import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { vary } from "lib/detectors/configuration.ts";
import {
  type ExposingConfiguration,
  SMOKE,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { epochOrder } from "lib/batches/epoch_order.ts";
import { ImageError } from "lib/media/image_error.ts";
import { openInOrder } from "lib/batches/in_order_loader.ts";
import { openLoader } from "lib/batches/loader.ts";
import { createRandom } from "lib/random.ts";
import { inFolder } from "../in_folder.ts";
import { cropsOf, numberedSamples, valuesOf, writeNoise } from "./loader_folder.ts";

const configuration = vary(SMOKE, { batchSize: 4, mixup: 0.5 });
const samples = numberedSamples(18);

Deno.test("openLoader gives the batches of cropSource, bit for bit, asked in turn or not", () =>
  inFolder(async (folder) => {
    await writeNoise(folder, samples);
    const before = tf.memory().numTensors;
    for (const balance of ["equal", "repeatReals", "none"] as const) {
      const repeats = balance === "repeatReals" ? { realRepeats: 3 } : {};
      const settings = vary(configuration, { balance, ...repeats });
      await using expected = cropSource(await cropsOf(folder, samples), settings);
      for (const prefetch of [0, 3]) {
        await using loader = openLoader(samples, {
          configuration: settings,
          root: folder,
          prefetch,
        });
        assert.equal(loader.batchesPerEpoch, expected.batchesPerEpoch);
        for (const step of [0, 1, 2, 9, 3, 3]) {
          assert.deepEqual(
            valuesOf(await loader.batch(step)),
            valuesOf(await expected.batch(step)),
          );
        }
        assert.deepEqual(loader.unreadable, []);
      }
    }
    assert.equal(tf.memory().numTensors, before);
  }));

Deno.test("openLoader reads ahead no further than it was told, however slow the steps are", () =>
  inFolder(async (folder) => {
    await writeNoise(folder, samples.slice(0, 1));
    const program = `
      import { vary } from "lib/detectors/configuration.ts";
      import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
      import { openLoader } from "lib/batches/loader.ts";
      const samples = Array.from({ length: 4000 }, (_, i) => ({
        path: "0.png", label: i % 2, dataset: "d", method: i % 2 ? "DF" : "real", video: "v",
        split: "train", frame: 0, identities: [],
      }));
      const configuration = vary(SMOKE, { imageSize: 512, batchSize: 8 }); // 6.3 MB a batch
      await using loader = openLoader(samples, { configuration, root: Deno.args[0], prefetch: 2 });
      for (let step = 0; step < 4; step++) {
        const { images, labels, augmentation, mixup } = await loader.batch(step);
        [images, labels, augmentation, mixup].forEach((t) => t.dispose());
      }
      const slowStep = () => new Promise((done) => setTimeout(done, 1500));
      await slowStep();
      const { rss } = Deno.memoryUsage();
      await slowStep();
      console.log("grew by", Deno.memoryUsage().rss - rss);
    `;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", program, folder],
      env: { NO_COLOR: "1" },
    }).output();
    const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    const [, grown] = /^grew by (-?\d+)$/m.exec(output) ?? [];
    assert.ok(Number(grown) < 20e6, `${output}${errors}`); // two batches are there, 498 are not
  }));

Deno.test("openLoader killed at random moments goes on with the very batches of an undisturbed run", () =>
  inFolder(async (folder) => {
    await writeNoise(folder, numberedSamples(60));
    const program = new URL("./killed_loader.ts", import.meta.url).pathname, last = 40;
    const run = async (first: number, prefetch: number, after?: number) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", program, folder, `${first}`, `${last}`, `${prefetch}`],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      let text = "", timer: ReturnType<typeof setTimeout> | undefined;
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        if (after !== undefined) timer ??= setTimeout(() => child.kill("SIGKILL"), after);
      }
      await child.status;
      clearTimeout(timer);
      return text.split("\n").filter((line) => /^\d+ [0-9a-f]{64}$/.test(line));
    };
    const expected = await run(0, 2);
    assert.equal(expected.length, last + 1);
    const random = createRandom(11, "kills"), found: string[] = [];
    let kills = 0;
    for (; found.length <= last && kills < 10; kills++) {
      found.push(...await run(found.length, random.integer(4), 1 + random.integer(25)));
    }
    assert.ok(kills > 1, "no run was killed before its end");
    if (found.length <= last) found.push(...await run(found.length, 1));
    assert.deepEqual(found, expected);
  }));

/** Files that are no pictures, by name. */
async function writeBad(folder: string): Promise<Record<string, ImageError["problem"]>> {
  await writeNoise(folder, [{ ...samples[0], path: "whole.png" }]);
  const whole = await Deno.readFile(join(folder, "whole.png"));
  const { default: sharp } = await import("sharp");
  const jpeg = await sharp(whole).resize(300, 300).jpeg({ quality: 95 }).toBuffer();
  const header = Uint8Array.from(whole);
  new DataView(header.buffer).setUint32(16, 60_000); // width; the decoder is not asked to check the sum
  new DataView(header.buffer).setUint32(20, 60_000);
  const crc = new DataView(header.buffer);
  crc.setUint32(29, crc32(header.subarray(12, 29)));
  const files: Record<string, Uint8Array> = {
    "cut.jpg": jpeg.subarray(0, jpeg.length / 2),
    "empty.png": new Uint8Array(),
    "text.png": new TextEncoder().encode("not a picture\n"),
    "huge.png": header,
  };
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.writeFile(join(folder, name), bytes);
  }
  await Deno.mkdir(join(folder, "folder.png"));
  return {
    "cut.jpg": "damaged",
    "empty.png": "empty",
    "text.png": "notAnImage",
    "huge.png": "tooLarge",
    "folder.png": "notAFile",
    "gone.png": "missing",
  };
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

Deno.test("openLoader refuses a batch with a file that cannot be read, naming file and reason", () =>
  inFolder(async (folder) => {
    const problems = await writeBad(folder);
    for (const [path, problem] of Object.entries(problems)) {
      const list = [{ ...samples[0], path: "whole.png" }, { ...samples[17], path }];
      const settings = vary(configuration, { batchSize: 2 });
      await using loader = openLoader(list, { configuration: settings, root: folder });
      await assert.rejects(loader.batch(0), (error) => {
        assert.ok(error instanceof ImageError);
        assert.deepEqual([error.problem, error.path], [problem, join(folder, path)]);
        assert.ok(error.message.includes(JSON.stringify(error.path)));
        return true;
      });
    }
  }));

Deno.test("openLoader leaves out by choice what it cannot read, says so, and is the same in any turn", () =>
  inFolder(async (folder) => {
    await writeNoise(folder, samples);
    const problems = await writeBad(folder);
    const bad = Object.keys(problems), at = [2, 5, 8, 9, 14, 17]; // 0 to 5 are real
    const list = samples.map((sample, i) =>
      at.includes(i) ? { ...sample, path: bad[at.indexOf(i)] } : sample
    );
    const instead: Record<number, number> = { 2: 3, 5: 0, 8: 10, 9: 10, 14: 15, 17: 6 };
    const read = async (steps: number[], settings: ExposingConfiguration) => {
      const lines: string[] = [];
      await using loader = openLoader(list, {
        configuration: settings,
        root: folder,
        onUnreadable: "skip",
        notice: (line) => lines.push(line),
      });
      const batches = new Map<number, ReturnType<typeof valuesOf>>();
      for (const step of steps) batches.set(step, valuesOf(await loader.batch(step)));
      return { batches, lines, unreadable: [...loader.unreadable] };
    };
    const settings = vary(configuration, { balance: "none" });
    const { batches, lines, unreadable } = await read([0, 1, 2, 3, 4], settings);
    const { data, training: { seed } } = settings;
    const order = epochOrder(list.map(({ label }) => label), { ...data, seed });
    for (const [step, { indices, values: [, labels] }] of batches) {
      assert.deepEqual(indices, order.places(step).map((place) => instead[place] ?? place));
      assert.deepEqual(labels, indices.map((place) => list[place].label));
    }
    assert.deepEqual(new Set(unreadable.map(({ sample }) => sample.path)), new Set(bad));
    for (const { sample, error, instead: other } of unreadable) {
      assert.equal((error as ImageError).problem, problems[sample.path]);
      assert.equal(list.indexOf(other), instead[list.indexOf(sample)]);
      const line = lines.filter((line) => line.includes(JSON.stringify(join(folder, sample.path))));
      assert.equal(line.length, 1, "each is named once");
      assert.ok(line[0].includes(JSON.stringify(other.path)));
    }
    const again = await read([3, 1, 4, 0, 2], settings);
    for (const [step, batch] of again.batches) assert.deepEqual(batch, batches.get(step));
  }));

Deno.test("openLoader ends when no sample of a class can be read", () =>
  inFolder(async (folder) => {
    await writeNoise(folder, samples.slice(0, 6));
    await using loader = openLoader(samples, { configuration, root: folder, onUnreadable: "skip" });
    await assert.rejects(loader.batch(0), {
      name: "RangeError",
      message: /No fake sample can be read.*\.png/,
    });
  }));

Deno.test("openLoader and openInOrder take any file name", () =>
  inFolder(async (folder) => {
    const names = [
      "a b.png",
      "it's.png",
      'say "x".png',
      "Ünïcödé 顔.png",
      "new\nline.png",
      "-n.png",
      "a[page=1].png",
      "%2e#?.png",
    ];
    const list = names.map((path, i) => ({ ...samples[i % 2 ? 17 : 0], path, video: `${i}` }));
    await writeNoise(folder, list);
    await using loader = openLoader(list, { configuration, root: folder });
    assert.equal(valuesOf(await loader.batch(0)).indices.length, 4);
    const seen: string[] = [];
    for await (const batch of openInOrder(list, { batchSize: 3, size: 32, root: folder })) {
      seen.push(...batch.samples.map(({ path }) => path));
      valuesOf(batch);
    }
    assert.deepEqual(seen, names);
  }));

Deno.test("openLoader refuses what it cannot begin with", async () => {
  assert.throws(() => openLoader(samples, { configuration, prefetch: -1 }), /prefetch/);
  assert.throws(() => openLoader(samples.slice(6), { configuration }), /no real sample/);
  await using loader = openLoader(samples, { configuration });
  await assert.rejects(loader.batch(-1), RangeError);
});

Deno.test("a closed loader refuses the batches that were asked for", async () => {
  const loader = openLoader(samples, { configuration, root: "nowhere" });
  const asked = loader.batch(0);
  await loader[Symbol.asyncDispose]();
  await assert.rejects(asked, /closed/);
  await assert.rejects(loader.batch(1), /closed/);
});
