import assert from "node:assert/strict";
import { join } from "node:path";
import type { Distortion } from "lib/media/distortions.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { readManifest } from "lib/data/manifest.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { Preparation } from "lib/data/prepare.ts";
import { distortedFrame } from "lib/data/prepare/distorted_frame.ts";
import type { PrepareSettings } from "lib/data/prepare/prepare_settings.ts";
import { faceClip, temporaryFolder } from "../../media/made_clips.ts";
import { clip, filesIn, REAL, SETTINGS, sourceOf, still } from "./made_data_set.ts";

const CONTRAST: Distortion = { kind: "CC", level: 5 };
const NOISE: Distortion = { kind: "GNC", level: 2 };

/** Prepares two photographs, each its own mask, into `out`. */
async function prepareStills(
  folder: string,
  { out, distortion, atOnce = 2 }: { out: string; distortion?: Distortion; atOnce?: number },
): Promise<string> {
  const root = join(folder, "set"), into = join(folder, out);
  await Deno.mkdir(root, { recursive: true });
  const names = ["a.jpg", "b.jpg"];
  for (const [i, name] of names.entries()) {
    await Deno.copyFile(demoPhotographs()[i], join(root, name));
  }
  const source = sourceOf(root, names.map((name) => ({ ...still(name), ...REAL, mask: name })));
  const settings = { ...SETTINGS, format: "png", ...(distortion && { distortion }) } as const;
  await using run = await Preparation.open(source, { folder: into, settings });
  for await (const _ of run.run({ atOnce }));
  await run.join();
  return into;
}

/** The settings that a folder of crops keeps. */
const settingsIn = async (out: string) =>
  JSON.parse(await Deno.readTextFile(join(out, "settings.json")));

/** Mean of all values, 0 to 255, of a folder's crops, and of their masks. */
async function brightness(folder: string): Promise<{ crops: number; masks: number }> {
  const samples = await readManifest(join(folder, "manifest.csv"));
  assert.equal(samples.length, 2);
  const mean = async (paths: string[]) => {
    const images = await Promise.all(paths.map((path) => readImage(join(folder, path))));
    const values = images.flatMap(({ data }) => [...data]);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return {
    crops: await mean(samples.map(({ path }) => path)),
    masks: await mean(samples.map(({ mask }) => mask!)),
  };
}

Deno.test("prepare distorts frames but no masks, and records with what", async () => {
  await using folder = await temporaryFolder();
  const plain = await prepareStills(folder.path, { out: "plain" });
  const dark = await prepareStills(folder.path, { out: "dark", distortion: CONTRAST });
  const [before, after] = [await brightness(plain), await brightness(dark)];
  const ratio = after.crops / before.crops; // 0.35, less what bytes drop and what the boxes moved
  assert.ok(ratio > 0.3 && ratio < 0.4, String(ratio));
  assert.ok(Math.abs(after.masks - before.masks) < 5, `${before.masks} ${after.masks}`);
  assert.equal((await settingsIn(dark)).distortion, "CC:5");
  assert.ok(!("distortion" in await settingsIn(plain)));
});

Deno.test("prepare refuses a folder that was begun with another distortion, or with none", async () => {
  await using folder = await temporaryFolder();
  const refusal = (out: string, distortion: Distortion | undefined, words: RegExp) =>
    assert.rejects(
      prepareStills(folder.path, { out, ...(distortion && { distortion }) }),
      words,
    );
  await prepareStills(folder.path, { out: "plain" });
  await prepareStills(folder.path, { out: "dark", distortion: CONTRAST });
  await refusal("plain", CONTRAST, /distortion was not set and is "CC:5"/);
  await refusal("dark", undefined, /distortion was "CC:5" and is not set/);
  await refusal("dark", { ...CONTRAST, level: 4 }, /distortion was "CC:5" and is "CC:4"/);
  const none = { kind: "XX", level: 1 } as unknown as Distortion;
  await refusal("new", none, /Kinds are CS/);
});

Deno.test("prepare draws the same noise again, whatever else is worked on", async () => {
  await using folder = await temporaryFolder();
  const first = await prepareStills(folder.path, { out: "first", distortion: NOISE });
  const again = await prepareStills(folder.path, { out: "again", distortion: NOISE, atOnce: 1 });
  const files = await filesIn(first);
  assert.deepEqual(await filesIn(again), files);
  assert.equal(Object.keys(files).filter((name) => /\d\.png$/.test(name)).length, 2);
});

Deno.test("distortedFrame draws for each video and frame anew, and passes on what is not distorted", async () => {
  const image: RgbImage = { data: new Uint8Array(300).fill(90), width: 10, height: 10 };
  const of = async (video: string, frame: number, settings: PrepareSettings) =>
    await distortedFrame(image, { settings, video, frame });
  const noisy = { ...SETTINGS, distortion: NOISE };
  assert.deepEqual(await of("a.mp4", 5, noisy), await of("a.mp4", 5, noisy));
  assert.notDeepEqual(await of("a.mp4", 5, noisy), await of("a.mp4", 10, noisy));
  assert.notDeepEqual(await of("a.mp4", 5, noisy), await of("b.mp4", 5, noisy));
  assert.equal(await of("a.mp4", 5, SETTINGS), image);
});

Deno.test("prepare encodes whole videos again by VC, and refuses pictures", async () => {
  await using folder = await temporaryFolder();
  const root = join(folder.path, "set"), sizes: number[] = [];
  await Deno.mkdir(root);
  await faceClip(join(root, "a.mp4"), 8, 2);
  const distortion = { kind: "VC", level: 5 } as const;
  for (const settings of [SETTINGS, { ...SETTINGS, distortion }]) {
    const into = join(folder.path, `${sizes.length}`);
    await using run = await Preparation.open(sourceOf(root, [clip("a.mp4")]), {
      folder: into,
      settings: { ...settings, format: "png" },
    });
    for await (const _ of run.run());
    await run.join();
    const samples = await readManifest(join(into, "manifest.csv"));
    assert.deepEqual(samples.map(({ frame }) => frame), [0, 5]);
    const files = samples.map(({ path }) => Deno.stat(join(into, path)));
    sizes.push((await Promise.all(files)).reduce((sum, { size }) => sum + size, 0));
    assert.equal(
      (await settingsIn(into)).distortion,
      "distortion" in settings ? "VC:5" : undefined,
    );
  }
  assert.ok(sizes[1] < sizes[0], sizes.join(", ")); // less is left that a PNG must keep
  const stills = join(folder.path, "stills");
  await Deno.mkdir(stills);
  await Deno.copyFile(demoPhotographs()[0], join(stills, "a.jpg"));
  await using run = await Preparation.open(sourceOf(stills, [still("a.jpg")]), {
    folder: join(folder.path, "out"),
    settings: { ...SETTINGS, distortion },
  });
  await assert.rejects(
    Array.fromAsync(run.run()),
    /VC distorts whole videos, and "a\.jpg" is pictures/,
  );
});
