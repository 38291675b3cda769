/** Batches of samples that stay in their manifest are those of the same samples in memory, bit for bit. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { type Batch, type BatchSettings, disposeBatch } from "lib/batches/batches.ts";
import { openLoader } from "lib/batches/loader.ts";
import { readManifest, writeManifest } from "lib/data/manifest.ts";
import { openManifestList } from "lib/data/manifest_list.ts";
import type { Sample, Split } from "lib/data/samples.ts";
import { writeImage } from "lib/media/write_image.ts";
import { createRandom } from "lib/random.ts";
import { SMOKE_DATA } from "lib/settings/data_settings.ts";
import { inFolder } from "../in_folder.ts";

const ROWS = 20_000, FILES = 23;
const METHODS = ["real", "NT", "DF", "F2F", "FS"],
  SPLITS: Split[] = ["train", "validation", "test"];

/** Many samples that share few files, and some a file that is not there. */
function* sharedFiles(): Generator<Sample> {
  for (let i = 0; i < ROWS; i++) {
    const video = Math.floor(i / 20), method = METHODS[video % 5], group = Math.floor(video / 5);
    const file = i % 97 === 0 ? "gone" : `${(i * 7) % FILES}`;
    const path = (method: string, file: string) =>
      `${method}, ${group}/${i % 20}/../../${file}.png`;
    const real = i - 20 * (video % 5);
    yield {
      path: path(method, file),
      label: method === "real" ? 0 : 1,
      dataset: "d",
      method,
      video: `${method}/${group}`,
      split: SPLITS[group % 5 % 3],
      frame: i % 20,
      identities: [],
      ...method === "real"
        ? {}
        : { mask: `${i % FILES}.png`, source: path("real", `${(real * 7) % FILES}`) },
    };
  }
}

async function writeFolder(folder: string): Promise<string> {
  const random = createRandom(3, "files");
  for (let i = 0; i < FILES; i++) {
    const data = Uint8Array.from({ length: 8 * 8 * 3 }, () => random.integer(256));
    await writeImage(join(folder, `${i}.png`), { data, width: 8, height: 8 });
  }
  await writeManifest(join(folder, "manifest.csv"), sharedFiles());
  return join(folder, "manifest.csv");
}

/** A batch's values; its tensors are disposed. */
function valuesOf(batch: Batch) {
  const values = Object.entries(batch).map(([name, value]) => [
    name,
    value instanceof tf.Tensor ? [value.shape, [...value.dataSync()]] : value,
  ]);
  disposeBatch(batch);
  return values;
}

Deno.test("openLoader gives of a manifest's list the batches of an array, also when it goes on later", () =>
  inFolder(async (folder) => {
    const manifest = await writeFolder(folder);
    const training = (await readManifest(manifest)).filter(({ split }) => split === "train");
    const cases: [Partial<typeof SMOKE_DATA>, BatchSettings["detector"]["wants"]][] = [
      [{ balance: "equal" }, ["mask", "method"]],
      [{ balance: "repeatReals", realRepeats: 0, mixup: 0.5 }, []],
      [{ balance: "none" }, ["method", "pair"]],
    ];
    for (const [changes, wants] of cases) {
      const configuration: BatchSettings = {
        data: { ...SMOKE_DATA, ...changes, batchSize: 32 },
        training: { seed: 5 },
        detector: { input: { size: 8 }, wants },
      };
      const heard: string[][] = [[], [], []];
      const loaderOf = (samples: Parameters<typeof openLoader>[0], run: number) =>
        openLoader(samples, {
          configuration,
          root: folder,
          prefetch: 0,
          onUnreadable: "skip",
          notice: (line) => heard[run].push(line),
        });
      await using expected = loaderOf(training, 0);
      using first = await openManifestList(manifest), second = await openManifestList(manifest);
      await using loader = loaderOf(first.where({ split: "train" }), 1);
      await using resumed = loaderOf(second.where({ split: "train" }), 2);
      const { batchesPerEpoch, methods } = expected;
      assert.deepEqual([loader.batchesPerEpoch, loader.methods], [batchesPerEpoch, methods]);
      for (const step of [0, 1, batchesPerEpoch - 1, batchesPerEpoch, batchesPerEpoch + 1]) {
        const values = valuesOf(await expected.batch(step));
        assert.deepEqual(valuesOf(await loader.batch(step)), values);
        if (step > 1) assert.deepEqual(valuesOf(await resumed.batch(step)), values);
      }
      assert.ok(heard[0].length > 0);
      assert.deepEqual(heard[1], heard[0]);
      assert.deepEqual(loader.unreadable, expected.unreadable);
    }
  }));
