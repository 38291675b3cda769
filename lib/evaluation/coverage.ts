/** What an evaluation rests on: how many of the expected samples were scored, missing, failed. */
import { NameTable } from "lib/data/name_table.ts";
import type { Sample } from "lib/data/samples.ts";

/** A sample without a score, and why. */
export interface Unscored {
  /** The sample's path, as the manifest has it. */
  readonly path: string;
  /** True where its file is there but cannot be read; false where there is no such file. */
  readonly failed: boolean;
}

/** How far the samples of a split and a method were scored; `expected` is the sum of the other three. */
export interface CoverageRow {
  /** The split. */
  readonly split: string;
  /** `"real"`, a method, or `"all"`: reals and methods together. */
  readonly method: string;
  /** What is counted: frames, or the videos that they are of. */
  readonly level: "frame" | "video";
  /** Samples in the manifest. */
  readonly expected: number;
  /** Samples with a score; a video with a score of one of its frames. */
  readonly scored: number;
  /** Samples without a score or a file that failed: there is no file, or nobody asked for a score. */
  readonly missing: number;
  /** Samples whose file cannot be read; a video without a score of which a frame failed. */
  readonly failed: number;
}

/** The fates of a sample, from the worst to the best; a video has the best but for missing frames. */
const FATES = ["missing", "failed", "scored"] as const;
type Fate = typeof FATES[number];

/** The fates of one split's samples of one method. */
interface Group {
  readonly split: string;
  readonly method: string;
  readonly frames: Record<Fate, number>;
  readonly videos: Map<string, Fate>;
}

/**
 * Compares what a manifest has with what was scored.
 *
 * @param samples What is expected: the manifest's rows of one data set.
 * @param options `scored`: predictions, of which the paths count; `unscored`: what could not be read.
 * @returns By split and method in their order of appearance, `"all"` after a split's methods.
 *
 * @example
 * ```ts
 * import { coverage } from "lib/evaluation/coverage.ts";
 * import assert from "node:assert/strict";
 *
 * const samples = ["a", "b", "c"].map((path, frame) => ({
 *   path, label: 1 as const, dataset: "mine", method: "DF", video: "v", split: "test" as const, frame,
 *   identities: [],
 * }));
 * const rows = await coverage(samples, {
 *   scored: [{ path: "a" }],
 *   unscored: [{ path: "b", failed: true }],
 * });
 * const { expected, scored, missing, failed } = rows.find((row) => row.method === "DF")!;
 * assert.deepEqual([expected, scored, missing, failed], [3, 1, 1, 1]);
 * ```
 */
export async function coverage(
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  { scored, unscored }: {
    scored: Iterable<{ readonly path: string }>;
    unscored: Iterable<Unscored>;
  },
): Promise<CoverageRow[]> {
  const paths = new NameTable(), fates: Fate[] = [];
  for (const { path, failed } of unscored) {
    fates[paths.numberOf(path)] = failed ? "failed" : "missing";
  }
  for (const { path } of scored) fates[paths.numberOf(path)] = "scored";
  const splits = new Map<string, Map<string, Group>>();
  for await (const { path, split, method, video } of samples) {
    const groups = splits.get(split) ?? new Map<string, Group>();
    splits.set(split, groups);
    const fate = fates[paths.numberOf(path)] ?? "missing";
    for (const name of method === "all" ? [method] : [method, "all"]) {
      const group = groups.get(name) ?? {
        split,
        method: name,
        frames: { missing: 0, failed: 0, scored: 0 },
        videos: new Map<string, Fate>(),
      };
      groups.set(name, group);
      group.frames[fate]++;
      const known = group.videos.get(video) ?? "missing";
      group.videos.set(video, FATES.indexOf(fate) > FATES.indexOf(known) ? fate : known);
    }
  }
  paths.free();
  return [...splits.values()].flatMap((groups) => {
    const methods = [...groups.values()].filter(({ method }) => method !== "all");
    return [...methods, groups.get("all")!].flatMap(({ split, method, frames, videos }) => {
      const ofVideos = { missing: 0, failed: 0, scored: 0 };
      for (const fate of videos.values()) ofVideos[fate]++;
      return ([["frame", frames], ["video", ofVideos]] as const).map(([level, counts]) => ({
        split,
        method,
        level,
        expected: counts.missing + counts.failed + counts.scored,
        ...counts,
      }));
    });
  });
}
