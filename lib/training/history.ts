/**
 * A run's history: metrics.csv, a line for every step, which grows with the run beside its state. It is
 * read by people and data frames, and by the run itself when it goes on; reading is in
 * `history_rows.ts`.
 */
import { join } from "node:path";
import { orSay, writeBytes } from "lib/io/write_whole.ts";
import { beforeStep, HISTORY_FILE, type HistorySummary } from "./history_rows.ts";
import { type StepRecord, VALIDATION_FIELDS } from "./step_record.ts";

/** A history that is being written. Disposing of it closes the file. */
export interface History extends Disposable {
  /**
   * Adds the record of the next step. It is on its way to the disk when this returns.
   *
   * @throws TypeError for a metric that the first record did not have, or whose name cannot head a column.
   * @throws Error naming the file when it cannot be written; the same record may be given again.
   */
  append(record: StepRecord): Promise<void>;
  /** Waits until all records are on the disk. @throws Error as `append`. */
  flush(): Promise<void>;
}

const encoder = new TextEncoder();

function columnsOf(record: StepRecord): string[] {
  const columns = [...new Set(["step", ...Object.keys(record), ...VALIDATION_FIELDS])];
  const strange = columns.find((column) => column === "" || /[",\r\n]/.test(column));
  if (strange === undefined) return columns;
  throw new TypeError(
    `${JSON.stringify(strange)} cannot name a term of a loss: it heads a column of ` +
      `${HISTORY_FILE}. Leave out commas, quotes and line breaks.`,
  );
}

/** Cells of a record; those of metrics that it lacks are empty. */
function lineOf(record: StepRecord, columns: readonly string[]): string {
  const strange = Object.keys(record).find((name) => !columns.includes(name));
  if (strange !== undefined) {
    throw new TypeError(
      `Step ${record.step} has a metric ${JSON.stringify(strange)} that the run's first step did ` +
        "not have. A loss gives the same terms in every step.",
    );
  }
  return columns.map((column) => record[column] ?? "").join(",") + "\n";
}

/**
 * The history of a run that has done so many steps, to go on with: what is there is checked, and lines of
 * later steps, of which no state was kept, are dropped.
 *
 * @param folder The run's, which must be there.
 * @returns The history, and what there is to know of the steps that it holds.
 * @throws TypeError when the file is no history, naming the line, or holds fewer steps.
 */
export async function openHistory(
  folder: string,
  steps: number,
): Promise<{ history: History; summary: HistorySummary }> {
  const path = join(folder, HISTORY_FILE);
  const summary = await beforeStep(path, steps);
  const file = await orSay(path, () => Deno.open(path, { write: true, create: true }));
  let { columns, bytes: whole } = summary; // what is written beyond is a torn line
  const append = async (record: StepRecord) => {
    const own = columns ?? columnsOf(record);
    const heading = columns ? "" : own.join(",") + "\n";
    const bytes = encoder.encode(heading + lineOf(record, own));
    await orSay(path, () => file.seek(whole, Deno.SeekMode.Start));
    await writeBytes(file, path, bytes);
    [columns, whole] = [own, whole + bytes.length];
  };
  const flush = () =>
    orSay(path, async () => {
      await file.truncate(whole);
      await file.sync();
    });
  try {
    await flush();
  } catch (error) {
    file.close();
    throw error;
  }
  return { history: { append, flush, [Symbol.dispose]: () => file.close() }, summary };
}
