/** The list of expected samples that have no score, beside an evaluation. */
import { writeCsv } from "lib/io/csv_rows.ts";

/** A sample without a score, as a row of the list. */
export interface UnscoredLine {
  /** The sample's path, as the data has it. */
  readonly path: string;
  /** The reason in one word. */
  readonly problem: string;
  /** The reason and what to do. */
  readonly explanation: string;
}

/** Writes the list, or takes an earlier one away where all samples have a score. */
export async function saveUnscored(path: string, unscored: readonly UnscoredLine[]): Promise<void> {
  if (unscored.length > 0) {
    return await writeCsv(path, unscored, ["path", "problem", "explanation"]);
  }
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
