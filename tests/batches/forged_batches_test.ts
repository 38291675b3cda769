/** Batches whose fakes are made on the way, in files and in memory. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { cropSource } from "lib/batches/batch_source.ts";
import { type Batch, type BatchSettings, disposeBatch } from "lib/batches/batches.ts";
import { madePairOrder } from "lib/batches/epoch_order.ts";
import { openLoader } from "lib/batches/loader.ts";
import type { Crop, Sample } from "lib/data/samples.ts";
import type { Point } from "lib/faces/face.ts";
import { landmarkFile } from "lib/faces/landmark_file.ts";
import { chooseDonor, mirrorCrop } from "lib/forgeries/choose_donor.ts";
import type { FaceCrop } from "lib/forgeries/face_crop.ts";
import { forgerOf, FORGERS } from "lib/forgeries/forgers.ts";
import { resizeImage } from "lib/media/crop.ts";
import { createRandom } from "lib/random.ts";
import { FORGE_NAMES, SMOKE_DATA } from "lib/settings/data_settings.ts";
import { drawnFace } from "../faces/drawn_face.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpFace, SIDE, writeFaces } from "./made_up_faces.ts";

const SEED = 5;
const faces = Array.from({ length: 7 }, (_, i) => madeUpFace(i));
const [{ sample: known }] = faces;
/** Fakes of the list's own, and reals without landmarks: nothing is made of them. */
const others: Crop[] = [
  { image: faces[0].image, sample: { ...known, path: "fake.png", label: 1, method: "DF" } },
  { image: faces[1].image, sample: { ...known, path: "unknown.png" } },
];
const crops = [others[0], ...faces, others[1]];

const settingsOf = (
  forge: string,
  { batchSize = 6, size = SIDE, wants = ["mask", "method", "pair", "identity"] as const } = {},
): BatchSettings => ({
  data: { ...SMOKE_DATA, batchSize, forge },
  training: { seed: SEED },
  detector: { input: { size }, wants },
});

/** A batch's values; its tensors are disposed. */
function valuesOf(batch: Batch) {
  const values = Object.fromEntries(
    Object.entries(batch).map(([name, value]) => [
      name,
      value instanceof tf.Tensor ? value.dataSync() : value,
    ]),
  ) as unknown as Record<keyof Batch, Int32Array> & { indices: number[] };
  disposeBatch(batch);
  return values;
}

/** What the kit's files say of a pair, computed here, in this thread. */
async function pairOf(
  { forger, target, step, place }: { forger: string; target: Crop; step: number; place: number },
) {
  const { donor: kind, forge } = forgerOf(forger);
  const random = createRandom(SEED, "forge", step, place);
  if (kind === "none") return await forge(faceOf(target), { random });
  const seekers = faces.map((crop) => ({
    crop,
    people: crop.sample.identities,
    split: crop.sample.split,
    landmarks: crop.face.landmarks,
    size: SIDE,
  }));
  const { face: { crop }, mirrored } = chooseDonor(
    seekers.find((seeker) => seeker.crop === target)!,
    seekers,
    { kind, random: createRandom(SEED, "donor", step, place) },
  )!;
  const donor = mirrored ? mirrorCrop(faceOf(crop)) : faceOf(crop);
  return await forge(faceOf(target), { random, donor });
}

const faceOf = ({ image, face }: Crop): FaceCrop => ({ image, landmarks: [], ...face });

const FORGER = "SBI";

Deno.test("openLoader makes the pair that seed, step and place say, whatever thread makes it", () =>
  inFolder(async (folder) => {
    const settings = settingsOf(FORGER), samples = await writeFaces(folder, crops);
    await using loader = openLoader(samples, { configuration: settings, root: folder });
    assert.deepEqual([loader.batchesPerEpoch, loader.methods], [3, [FORGER]]);
    const reals = Int32Array.from({ length: 7 }, (_, i) => i + 1);
    const order = madePairOrder(reals, { ...settings.data, seed: SEED });
    for (const step of [0, 4]) {
      const { images, masks, indices, ...rest } = valuesOf(await loader.batch(step));
      assert.deepEqual(indices, order.places(step));
      assert.deepEqual([...rest.labels], [0, 1, 0, 1, 0, 1]);
      assert.deepEqual([...rest.methods], [0, 1, 0, 1, 0, 1]);
      assert.deepEqual([...rest.partners], [1, 0, 3, 2, 5, 4]);
      const people = faces.map(({ sample }) => sample.identities[0]).sort();
      const own = Array.from(indices, (place) => people.indexOf(crops[place].sample.identities[0]));
      assert.deepEqual([...rest.identities], own.flatMap((number) => [number, number]));
      for (const place of [0, 1, 2]) {
        const target = crops[indices[2 * place]];
        const { real, fake, mask } = await pairOf({ forger: FORGER, target, step, place });
        const area = SIDE * SIDE, { length } = real.data;
        const at = (i: number) => images.slice(i * length, (i + 1) * length);
        const maskAt = (i: number) => masks.slice(i * area, (i + 1) * area);
        assert.deepEqual(at(2 * place), Int32Array.from(real.data));
        assert.deepEqual(at(2 * place + 1), Int32Array.from(fake.data));
        assert.ok(maskAt(2 * place).every((value) => value === 0));
        assert.deepEqual(maskAt(2 * place + 1), Int32Array.from(mask.data));
      }
    }
  }));

Deno.test("made batches are the same read ahead or not, in any turn, in files or in memory", () =>
  inFolder(async (folder) => {
    const samples = await writeFaces(folder, crops);
    for (const forge of [FORGER, FORGE_NAMES.join("+")]) {
      const configuration = settingsOf(forge), steps = [0, 1, 2, 5];
      await using memory = cropSource(crops, configuration);
      const expected = new Map<number, unknown>();
      for (const step of steps) expected.set(step, valuesOf(await memory.batch(step)));
      for (const prefetch of [0, 3]) {
        await using loader = openLoader(samples, { configuration, root: folder, prefetch });
        for (const step of prefetch === 0 ? steps.toReversed() : steps) {
          assert.deepEqual(valuesOf(await loader.batch(step)), expected.get(step));
        }
      }
    }
  }));

Deno.test("forgers work at the crop's own size, and all three pictures are resized afterwards", () =>
  inFolder(async (folder) => {
    const configuration = settingsOf(FORGER, { size: 32, batchSize: 2 });
    const samples = await writeFaces(folder, crops);
    await using loader = openLoader(samples, { configuration, root: folder });
    const { images, masks, indices } = valuesOf(await loader.batch(0));
    const target = crops[indices[0]];
    const { real, fake, mask } = await pairOf({ forger: FORGER, target, step: 0, place: 0 });
    const small = async (image: Parameters<typeof resizeImage>[0]) => [
      ...(await resizeImage(image, { width: 32, height: 32 })).data,
    ];
    assert.deepEqual([...images], [...await small(real), ...await small(fake)]);
    assert.deepEqual([...masks.slice(32 * 32)], await small(mask));
  }));

/** Files that nothing can be made of, with what is said of them. */
async function spoil(folder: string, samples: Sample[]): Promise<Record<string, RegExp>> {
  await Deno.writeTextFile(join(folder, samples[2].path), "no picture");
  await Deno.writeTextFile(join(folder, samples[4].landmarks!), "{}");
  const outside = landmarkFile("6", {
    finder: "drawn",
    box: [6, 4, 42, 45],
    landmarks: drawnFace(2).map(([x, y]): Point => [x + 900, y]),
  });
  await Deno.writeFile(join(folder, samples[6].landmarks!), outside.bytes);
  return {
    [samples[2].path]: /Cannot read the picture .*1\.png/,
    [samples[4].path]: /3\.[0-9a-f]+\.landmarks\.json/,
    [samples[6].path]: /No fake can be made of "5\.png"/,
  };
}

Deno.test("what cannot be read or forged ends the batch, or by choice leaves its place to the next real", () =>
  inFolder(async (folder) => {
    const samples = await writeFaces(folder, crops), wrong = await spoil(folder, samples);
    const configuration = settingsOf(FORGER, { batchSize: 14 });
    await using strict = openLoader(samples, { configuration, root: folder });
    await assert.rejects(
      strict.batch(0),
      ({ message }: Error) => Object.values(wrong).some((said) => said.test(message)),
    );
    const read = async (steps: number[]) => {
      const lines: string[] = [], batches: unknown[] = [];
      await using loader = openLoader(samples, {
        configuration,
        root: folder,
        onUnreadable: "skip",
        notice: (line) => lines.push(line),
      });
      for (const step of steps) batches.push(valuesOf(await loader.batch(step)));
      return { batches, lines, unreadable: [...loader.unreadable] };
    };
    const { batches, lines, unreadable } = await read([0, 1]);
    for (const { indices } of batches as ReturnType<typeof valuesOf>[]) {
      const used = indices.filter((_, i) => i % 2 === 0).sort();
      assert.deepEqual(used, [1, 3, 3, 5, 5, 7, 7]); // 2, 4 and 6 go to the next ones
    }
    assert.equal(lines.length, 3, "each is named once");
    for (const { sample, error, instead } of unreadable) {
      assert.match(error.message, wrong[sample.path]);
      assert.equal(samples.indexOf(instead), samples.indexOf(sample) + 1);
    }
    const resumed = await read([1]);
    assert.deepEqual(resumed.batches, [batches[1]]);
  }));

Deno.test("a donor that cannot be read leaves its part to another one", () =>
  inFolder(async (folder) => {
    const samples = await writeFaces(folder, crops);
    const configuration = settingsOf("DF", { batchSize: 2 });
    const picture = join(folder, samples[3].path), kept = await Deno.readFile(picture);
    const indices: number[][] = [], lines: string[] = [];
    for (const isThere of [true, false]) {
      if (isThere) await Deno.writeFile(picture, kept);
      else await Deno.remove(picture);
      await using loader = openLoader(samples, {
        configuration,
        root: folder,
        onUnreadable: "skip",
        notice: (line) => lines.push(line),
      });
      for (let step = 0; step < 14; step++) {
        const batch = await loader.batch(step);
        if (isThere || batch.indices[0] !== 3) indices.push([step, ...batch.indices]);
        disposeBatch(batch);
      }
    }
    assert.ok(lines.length === 1 && lines[0].includes("2.png"), lines.join());
  }));

Deno.test("made batches refuse what they cannot begin with, and say what to do", async () => {
  const open = (list: readonly Crop[], forge = FORGER) => cropSource(list, settingsOf(forge));
  assert.throws(() => open(others), /RangeError.*landmarks are known.*none is one.*--landmarks/s);
  assert.throws(() => open(crops, "GAN"), /no forger "GAN"/);
  assert.throws(() => cropSource(crops, settingsOf(FORGER, { batchSize: 5 })), /even number/);
  await using alone = open(faces.slice(0, 1), "DF");
  await assert.rejects(alone.batch(0), /"0.png" takes another person's face.*forge=SBI/);
  await using source = open(crops);
  await assert.rejects(source.batch(-1), RangeError);
  const closed = cropSource(crops, settingsOf(FORGER)), asked = closed.batch(0);
  await closed[Symbol.asyncDispose]();
  await assert.rejects(asked, /closed/);
  await assert.rejects(closed.batch(1), /closed/);
});

Deno.test("the settings name all forgers that there are", () => {
  assert.deepEqual([...FORGE_NAMES].sort(), Object.keys(FORGERS).sort());
});
