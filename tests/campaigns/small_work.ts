/**
 * Small work for the kit's commands: a data set of short clips for prepare, and made-up crops with a
 * manifest for train and evaluate. Each takes seconds.
 */
import { join } from "node:path";
import { writeManifest } from "lib/data/manifest.ts";
import type { Sample, Split } from "lib/data/samples.ts";
import { writeImage } from "lib/media/write_image.ts";
import { faceClip } from "../media/made_clips.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";

/** A folder with `real/` and `fake/`, so many clips with a face in each. */
export async function clipsFolder(folder: string, clips: number): Promise<string> {
  for (const [k, kind] of ["real", "fake"].entries()) {
    await Deno.mkdir(join(folder, kind), { recursive: true });
    for (let i = 0; i < clips; i++) await faceClip(join(folder, kind, `${i}.mp4`), 11 + k, i % 6);
  }
  return folder;
}

/** A folder with crops of 32 pixels and their manifest, whose path is returned. */
export async function cropsFolder(
  folder: string,
  counts: Readonly<Record<Split, number>>,
): Promise<string> {
  const samples: Sample[] = [];
  for (const [split, count] of Object.entries(counts) as [Split, number][]) {
    for (const { image, sample } of madeUpCrops(count, split)) {
      const path = `${split}-${sample.path}.png`;
      await writeImage(join(folder, path), image);
      samples.push({ ...sample, path, video: `${split}/${sample.video}` });
    }
  }
  await writeManifest(join(folder, "manifest.csv"), samples);
  return join(folder, "manifest.csv");
}

/** The end of prepare's command line: small crops. */
export const SMALL_CROPS: readonly string[] = ["--size", "32", "--long-side", "320"];

/** The settings of a run that takes a second or two once it has begun. */
export const SMALL_RUN: readonly string[] = [
  ..."--preset smoke --set backbone=conv4 --set width=1 --set batchSize=8 --set steps=60".split(
    " ",
  ),
  ..."--set validateEvery=7 --checkpoint-every 5 --name small".split(" "),
];
