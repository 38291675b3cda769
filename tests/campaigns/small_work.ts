/**
 * Small work for the kit's commands: a data set of short clips for prepare, and settings of runs.
 * Each takes seconds.
 */
import { join } from "node:path";
import { faceClip } from "../media/made_clips.ts";

/** A folder with `real/` and `fake/`, so many clips with a face in each. */
export async function clipsFolder(folder: string, clips: number): Promise<string> {
  for (const [k, kind] of ["real", "fake"].entries()) {
    await Deno.mkdir(join(folder, kind), { recursive: true });
    for (let i = 0; i < clips; i++) await faceClip(join(folder, kind, `${i}.mp4`), 11 + k, i % 6);
  }
  return folder;
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
