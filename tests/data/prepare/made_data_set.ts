/** A small data set of our own making: clips with faces and without, stills, and files that are broken. */

import { createHash } from "node:crypto";
import { join, relative } from "node:path";
import type { VideoEntry } from "lib/data/data_set_entries.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import type { Source } from "lib/data/prepare/join_manifest.ts";
import { PREPARE_SETTINGS, type PrepareSettings } from "lib/data/prepare/prepare_settings.ts";
import { countingClip, faceClip } from "../../media/made_clips.ts";

/** Crops that are quickly written. */
export const SETTINGS: PrepareSettings = { ...PREPARE_SETTINGS, size: 64 };

/** A source of exactly these entries. */
export function sourceOf(root: string, entries: readonly VideoEntry[]): Source {
  return {
    name: "made",
    root,
    entries: async function* () {
      yield* entries;
    },
  };
}

/** What all entries of these tests share. */
export const REAL = { label: 0, method: "real", split: "train", identities: [] } as const;

/** A clip's entry. */
export const clip = (video: string): VideoEntry => ({ kind: "video", video, ...REAL });

/** A still of its own. */
export const still = (path: string): VideoEntry => ({
  kind: "still",
  video: path,
  path,
  frame: 0,
  ...REAL,
});

/** Clips with faces, four stills, a clip without a face and a broken one, made below `root`. */
export async function makeDataSet(root: string, clips: number): Promise<Source> {
  const entries: VideoEntry[] = [];
  await Deno.mkdir(join(root, "clips"), { recursive: true });
  for (let i = 0; i < clips; i++) {
    const video = `clips/${i}.mp4`;
    await faceClip(join(root, video), 20 + i, i % 6);
    entries.push(clip(video));
  }
  for (const [i, photograph] of demoPhotographs().slice(0, 4).entries()) {
    await Deno.copyFile(photograph, join(root, `${i}.jpg`));
    entries.splice(2 * i, 0, still(`${i}.jpg`));
  }
  await countingClip(join(root, "empty.mp4"), 12);
  await Deno.writeTextFile(join(root, "broken.mp4"), "not a video");
  entries.splice(3, 0, clip("empty.mp4"), clip("broken.mp4"));
  return sourceOf(root, entries);
}

/** Every file below a folder but the hidden ones at its top, with a hash of its bytes. */
export async function filesIn(folder: string): Promise<Record<string, string>> {
  const files: [string, string][] = [];
  const walk = async (at: string) => {
    for await (const { name, isDirectory } of Deno.readDir(at)) {
      const path = join(at, name);
      if (at === folder && name.startsWith(".")) continue;
      if (isDirectory) await walk(path);
      else {
        const hash = createHash("sha256").update(await Deno.readFile(path)).digest("hex");
        files.push([relative(folder, path), hash]);
      }
    }
  };
  await walk(folder);
  return Object.fromEntries(files.sort(([a], [b]) => a < b ? -1 : 1));
}
