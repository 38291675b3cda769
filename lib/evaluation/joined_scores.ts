/**
 * Scores of a file joined with the samples that they are expected for: what was scored, what has no
 * score, and an error for whatever cannot be told.
 */
import type { Sample, Split } from "lib/data/samples.ts";
import { NameTable } from "lib/data/name_table.ts";
import { csvError } from "lib/io/csv_records.ts";
import { ExpectedSamples, type JoinBy } from "./expected_samples.ts";
import type { ScoreFormat } from "./score_columns.ts";
import { type ScoreRow, scoreRows } from "./score_file.ts";
import { ScoredSamples } from "./scored_samples.ts";

/** What is joined with a file, and how. */
export interface JoinOptions {
  /** How the file is read. */
  readonly format?: ScoreFormat;
  /** All samples of the data, of any split. Default: the file's own rows, which then need labels. */
  readonly expected?: Iterable<Sample> | AsyncIterable<Sample>;
  /** Whether a row is about a sample's path, or about a whole video. Default: path. */
  readonly by?: JoinBy;
  /** The split that counts. Where the data or the file has no splits: all. */
  readonly split: Split;
  /** What the data set is called where `expected` is left out. */
  readonly dataset: string;
  /** Whether rows of no sample are left out and counted, instead of being refused. Default: false. */
  readonly skipStrangers?: boolean;
}

/** A file of scores with what is expected. */
export interface JoinedScores {
  /**
   * The samples that count, in order, with their scores. Those whose row has none failed: the detector was
   * asked, and gave none. Those without a row are missing.
   */
  readonly scored: ScoredSamples;
  /** Rows that were joined by the end of their path, as the data has it otherwise. */
  readonly joinedByEnd: number;
  /** Rows of no sample that were left out. */
  readonly strangers: number;
  /** Scores so near 0 or 1 that their order alone is kept (`ScoreRow.clipped`). */
  readonly clipped: number;
  /** Whether the videos are known; false: each row counts as one of its own. */
  readonly hasVideos: boolean;
}

/** Rows of no sample that an error names. */
const NAMED = 5;

const shown = (text: string) => JSON.stringify(text);

/** Refuses paths that stand in a file twice. */
class OneRowEach {
  readonly #table = new NameTable();
  readonly #lines: number[] = [];

  constructor(readonly file: string) {}

  /** @throws RangeError naming both lines. */
  add(key: string, { line, path }: Pick<ScoreRow, "line" | "path">): void {
    const before = this.#table.size, number = this.#table.numberOf(key);
    if (number === before) {
      this.#lines.push(line);
      return;
    }
    const message =
      `${shown(path)} has a score in line ${this.#lines[number]} already. One row a ` +
      "sample: take one out, or choose rows (--only COLUMN=TEXT) where the file holds several detectors.";
    throw csvError(this.file, { line, message });
  }

  /** Gives the memory back at once; no row can be added any more. */
  free(): void {
    this.#table.free();
    this.#lines.length = 0;
  }
}

/** The rows as samples of their own. */
async function ownSamples(
  file: string,
  { format = {}, split, dataset }: JoinOptions,
): Promise<JoinedScores> {
  const scored = new ScoredSamples(), each = new OneRowEach(file), splits = new Set<string>();
  const videos = new Map<string, { label: 0 | 1; line: number }>();
  let clipped = 0, hasVideos = false;
  for await (const row of scoreRows(file, format)) {
    const { line, path, label, method = "fake", logOdds } = row;
    if (label === undefined) {
      const message =
        "the file has no labels. Name their column (--columns label=NAME), or the data " +
        "that the scores are of: --data with a manifest, a CSV with path and label, or a folder with " +
        "real/ and fake/.";
      throw csvError(file, { line: 1, message });
    }
    if (row.split !== undefined) {
      splits.add(row.split);
      if (row.split !== split) continue;
    }
    each.add(path, row);
    const video = row.video ?? path;
    if (row.video !== undefined) {
      hasVideos = true;
      const known = videos.get(video);
      if (known === undefined) videos.set(video, { label, line });
      else if (known.label !== label) {
        const message =
          `the video ${shown(video)} has label ${label} here and ${known.label} in line ` +
          `${known.line}. Name videos by their whole path, or correct the wrong label.`;
        throw csvError(file, { line, message });
      }
    }
    const frame = scored.samples.length; // the file does not tell, and no two are one
    scored.add({ path, label, dataset, method, video, split, frame }, logOdds ?? "failed");
    if (row.clipped) clipped++;
  }
  each.free();
  if (scored.samples.length === 0) {
    throw new RangeError(
      splits.size === 0
        ? `${shown(file)} has no rows${format.only ? " that were asked for" : ""}.`
        : `${shown(file)} has no rows of the split ${split}. It has ${
          [...splits].join(", ")
        }: say ` +
          "--split, or name another column (--columns split=NAME).",
    );
  }
  return { scored, joinedByEnd: 0, strangers: 0, clipped, hasVideos };
}

/**
 * Joins a file of scores with the samples that they are expected for.
 *
 * A path that the data has otherwise is joined by its end, where that leads to one sample: other folders
 * before it, fewer folders, or no ending. What the data says of a sample's label, method and video counts.
 *
 * @throws RangeError naming file and line, as `scoreRows` does, and: two rows of one sample; a row of none,
 * or of one of several; a label that is not the data's; no labels at all; a video with two labels; no rows.
 *
 * @example
 * ```ts
 * import { joinScores } from "lib/evaluation/joined_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile({ suffix: ".csv" });
 * await Deno.writeTextFile(path, "path,score,label\na.mp4,0.2,0\nb.mp4,0.9,1\nc.mp4,,1\n");
 * const { scored } = await joinScores(path, { split: "test", dataset: "mine" });
 * assert.deepEqual(Array.from(scored.predictions, ({ video, score }) => [video, score.toFixed(2)]), [
 *   ["a.mp4", "0.20"],
 *   ["b.mp4", "0.90"],
 * ]);
 * assert.deepEqual([...scored.unscored], [{ path: "c.mp4", failed: true }]);
 * await Deno.remove(path);
 * ```
 */
export async function joinScores(file: string, options: JoinOptions): Promise<JoinedScores> {
  const { format = {}, expected, by = "path", split, skipStrangers = false } = options;
  if (expected === undefined) return await ownSamples(file, options);
  const known = await ExpectedSamples.of(expected, by);
  const scores = new Map<number, number | undefined>(), each = new OneRowEach(file);
  const strangers: string[] = [];
  let left = 0, joinedByEnd = 0, clipped = 0, rows = 0;
  for await (const row of scoreRows(file, format)) {
    const { line, path, label, logOdds } = row;
    rows++;
    const found = known.find(path);
    if (found === undefined) {
      if (left++ < NAMED) strangers.push(`line ${line} ${shown(path)}`);
      continue;
    }
    if (found.others > 0) {
      const message = `${shown(path)} may be any of ${found.others + 1} samples, such as ` +
        `${shown(known.nameOf(found.place))}. Give more of its path.`;
      throw csvError(file, { line, message });
    }
    const sample = known.samples.at(found.place);
    if (label !== undefined && label !== sample.label) {
      const message =
        `the label of ${shown(path)} is ${label}, and the data's is ${sample.label}. ` +
        "Correct the wrong one; where another word means real, say --real-label WORD.";
      throw csvError(file, { line, message });
    }
    each.add(String(found.place), row);
    if (found.byEnd) joinedByEnd++;
    if (row.clipped) clipped++;
    scores.set(found.place, logOdds);
  }
  each.free();
  if (left > 0 && !skipStrangers) {
    throw new RangeError(
      `${shown(file)}: ${left} of ${rows} rows are of no sample of the data: ${
        strangers.join(", ")
      }` +
        `${left > NAMED ? ", …" : ""}. The data names its ${by}s as ${
          shown(known.nameOf(0))
        }. Name the ` +
        "column that does so (--columns path=NAME), join whole videos (--join video), or leave these " +
        "rows out (--skip-strangers).",
    );
  }
  const scored = new ScoredSamples();
  let place = 0;
  for (const sample of known.samples) {
    const score = scores.get(place) ?? (scores.has(place) ? "failed" : "missing");
    if (sample.split === split) scored.add(sample, score);
    place++;
  }
  if (scored.samples.length === 0) {
    throw new RangeError(`The data has no samples of the split ${split}.`);
  }
  return { scored, joinedByEnd, strangers: left, clipped, hasVideos: true };
}
