import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { augment } from "lib/batches/augmentation.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import { type Batch, type BatchSettings, disposeBatch } from "lib/batches/batches.ts";
import { assertDivides } from "lib/batches/device_share.ts";
import { openLoader } from "lib/batches/loader.ts";
import { mixUp } from "lib/batches/mixup.ts";
import type { Crop } from "lib/data/samples.ts";
import { startEngine } from "lib/engine/engine.ts";
import { SMOKE_DATA } from "lib/settings/data_settings.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpFace, SIDE, writeFaces } from "./made_up_faces.ts";

await startEngine({ intraOpThreads: 1, interOpThreads: 1 });

const real = Array.from({ length: 10 }, (_, i) => madeUpFace(i));
/** A fake beside each of them, that names it. */
const fakes = real.map(({ image, sample }, i): Crop => ({
  image: { ...image, data: image.data.map((value) => 255 - value) },
  sample: {
    ...sample,
    path: `fake ${i}.png`,
    label: 1,
    method: i % 2 ? "DF" : "FS",
    source: sample.path,
  },
}));

const settingsOf = (data: Partial<typeof SMOKE_DATA>): BatchSettings => ({
  data: { ...SMOKE_DATA, augmentation: "all", ...data, batchSize: 8 },
  training: { seed: 3 },
  detector: {
    input: { size: SIDE },
    wants: data.forge || data.balance === "pairs" ? ["pair", "method"] : ["method"],
  },
});

/** What a step makes of a batch, picture by picture; its tensors are disposed. */
function seen(batch: Batch, { data }: BatchSettings): Record<string, number[]> {
  const rows = tf.tidy(() => {
    const images = augment(batch.images, batch.augmentation);
    const targets = tf.oneHot(batch.labels, 2, 1, 0, "float32") as tf.Tensor2D;
    const mixed = data.mixup > 0 ? mixUp({ images, targets }, batch.mixup) : { images, targets };
    const { methods, partners } = batch;
    return {
      images: [...mixed.images.dataSync()],
      targets: [...mixed.targets.dataSync()],
      methods: [...methods!.dataSync()],
      ...partners ? { partners: [...partners.dataSync()] } : {},
      indices: [...batch.indices],
    };
  });
  disposeBatch(batch);
  return rows;
}

Deno.test("batches of devices are the parts of one device's batch, in memory and in files", () =>
  inFolder(async (folder) => {
    const crops = [...real, ...fakes], samples = await writeFaces(folder, crops);
    const cases = [
      { mixup: 0 },
      { mixup: 0.5 },
      { mixup: 0.5, balance: "pairs", mixupWith: "pair" },
      { mixup: 0.5, forge: "SBI+FS" },
    ] as const;
    for (const changes of cases) {
      const settings = settingsOf(changes), step = 4;
      await using whole = cropSource(crops, settings);
      const { partners, ...expected } = seen(await whole.batch(step), settings);
      for (const size of "balance" in changes ? [2] : [4]) {
        const parts = await Promise.all(Array.from({ length: size }, async (_, rank) => {
          const share = { rank, size };
          await using part = rank % 2 === 0
            ? cropSource(crops, settings, share)
            : openLoader(samples, { configuration: settings, root: folder, prefetch: 0, share });
          return seen(await part.batch(step), settings);
        }));
        for (const [name, rows] of Object.entries(expected)) {
          const found = parts.flatMap((part) => part[name]), what = `${name}, ${size} devices`;
          assert.equal(found.length, rows.length, what);
          assert.ok(found.every((value, i) => value === rows[i]), what);
        }
        const own = 8 / size;
        parts.forEach(({ partners: found }, rank) => {
          if (!partners) return;
          const of = partners.slice(rank * own, (rank + 1) * own);
          assert.deepEqual(found, of.map((partner) => partner - rank * own));
        });
      }
    }
  }));

Deno.test("assertDivides refuses parts that are unequal, of one picture, or part pairs, and says what fits", () => {
  assertDivides({ batchSize: 8, pairs: true }, 4);
  const refused = (batchSize: number, pairs: boolean, size: number, fit: RegExp) =>
    assert.throws(() => assertDivides({ batchSize, pairs }, size), fit);
  refused(9, false, 2, /batch of 9 pictures cannot be divided among 2 devices.*batchSize=10, or/);
  refused(4, false, 4, /batchSize=8, or/);
  refused(12, true, 4, /which are pairs, cannot be divided among 4.*batchSize=16/);
});
