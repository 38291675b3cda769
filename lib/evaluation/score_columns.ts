/**
 * How a file of anyone's scores is read: which column holds what, and on which scale the scores are. Said
 * on the command line, or in a small YAML file (`score_format_file.ts`). Imports no package: command
 * lines are read before there are any.
 */

/** What a column can hold. */
export const SCORE_FIELDS = ["path", "score", "label", "video", "method", "split"] as const;

/** One of them. */
export type ScoreField = typeof SCORE_FIELDS[number];

/**
 * What the numbers are: `probability` of fake, 0 to 1; `log-odds` of fake, any number; `real`: probability
 * of real, 0 to 1.
 */
export type ScoreScale = "probability" | "log-odds" | "real";

/** All scales. */
export const SCORE_SCALES: readonly string[] = [
  "probability",
  "log-odds",
  "real",
] satisfies ScoreScale[];

/** How a file is read. What is left out is found by the usual names (`columnsIn`). */
export interface ScoreFormat {
  /** The file's own name for a column. */
  readonly columns?: Partial<Readonly<Record<ScoreField, string>>>;
  /** The scale. Default: probability; log-odds where the column found is called "logOdds". */
  readonly scale?: ScoreScale;
  /** The word in the label's column that means real, all others mean fake. Default: see `labelOf`. */
  readonly realLabel?: string;
  /** Rows that count: those with these texts in these columns. Default: all. */
  readonly only?: Readonly<Record<string, string>>;
  /** Whether each row is a frame and the folder that its path lies in is the video. Default: false. */
  readonly framesInFolders?: boolean;
}

/** The usual names of each column, in the order in which they are looked for. */
const USUAL: Readonly<Record<ScoreField, readonly string[]>> = {
  path: ["path", "id", "file", "filename"],
  score: ["logOdds", "score", "probability", "prob"],
  label: ["label"],
  video: ["video"],
  method: ["method", "generator", "manipulation"],
  split: ["split"],
};

/** Where the columns of a file are, from 0; −1 for one that it does not have. */
export interface FoundColumns {
  /** Each column's place. */
  readonly places: Readonly<Record<ScoreField, number>>;
  /** The scale of the scores. */
  readonly scale: ScoreScale;
}

/**
 * The columns of a file with this heading.
 *
 * @throws RangeError for a column that was named and is not there, or without a path or a score; the message
 * lists the heading.
 *
 * @example
 * ```ts
 * import { columnsIn } from "lib/evaluation/score_columns.ts";
 * import assert from "node:assert/strict";
 *
 * const { places, scale } = columnsIn(["id", "label", "prob_sbi"], { columns: { score: "prob_sbi" } });
 * assert.deepEqual([places.path, places.score, places.video, scale], [0, 2, -1, "probability"]);
 * ```
 */
export function columnsIn(heading: readonly string[], format: ScoreFormat = {}): FoundColumns {
  const has = heading.map((column) => JSON.stringify(column)).join(", ");
  const placeOf = (field: ScoreField): number => {
    const named = format.columns?.[field];
    if (named === undefined) {
      return heading.indexOf(USUAL[field].find((name) => heading.includes(name)) ?? "");
    }
    const place = heading.indexOf(named);
    if (place >= 0) return place;
    throw new RangeError(
      `there is no column ${JSON.stringify(named)} for the ${field}. The heading has ${has}.`,
    );
  };
  const places = Object.fromEntries(SCORE_FIELDS.map((field) => [field, placeOf(field)])) as Record<
    ScoreField,
    number
  >;
  for (const field of ["path", "score"] as const) {
    if (places[field] >= 0) continue;
    throw new RangeError(
      `no column is called ${
        USUAL[field].map((name) => `"${name}"`).join(" or ")
      }, and none was named ` +
        `for the ${field}. The heading has ${has}: say --columns ${field}=NAME.`,
    );
  }
  for (const column of Object.keys(format.only ?? {})) {
    if (heading.includes(column)) continue;
    throw new RangeError(
      `there is no column "${column}" to choose rows by. The heading has ${has}.`,
    );
  }
  const scale = format.scale ?? (heading[places.score] === "logOdds" ? "log-odds" : "probability");
  return { places, scale };
}

/** The scale that a word names. @throws RangeError for another word. */
export function scaleOf(word: string): ScoreScale {
  if (SCORE_SCALES.includes(word)) return word as ScoreScale;
  throw new RangeError(
    `The scale of scores is ${
      SCORE_SCALES.join(", ")
    } (log-odds of fake, probability of fake or of real), ` +
      `not ${JSON.stringify(word)}.`,
  );
}

/**
 * Columns as the command line says them: `path=file,score=prob`.
 *
 * @throws RangeError for anything else, and for what no column can hold.
 */
export function parseColumns(text: string): Partial<Record<ScoreField, string>> {
  const columns: Partial<Record<ScoreField, string>> = {};
  for (const part of text.split(",")) {
    const at = part.indexOf("="),
      field = part.slice(0, at).trim(),
      name = part.slice(at + 1).trim();
    if (at < 1 || name === "" || !(SCORE_FIELDS as readonly string[]).includes(field)) {
      throw new RangeError(
        `Columns are said as path=NAME,score=NAME with any of ${SCORE_FIELDS.join(", ")}, not ` +
          `${JSON.stringify(part)}.`,
      );
    }
    columns[field as ScoreField] = name;
  }
  return columns;
}
