/**
 * Predictions that are kept as they come, so that work that ends early, by a picture that cannot be read,
 * Ctrl-C or a crash, goes on where it was. They grow in a file of their own, a line of JSON each, of which
 * the table is made when all are there.
 */
import { dirname, resolve } from "node:path";
import { orSay, writeBytes } from "lib/io/write_whole.ts";
import type { Sample } from "lib/data/samples.ts";
import { PREDICTION_COLUMNS, type PredictionRow, writePredictions } from "./prediction_file.ts";

/** How predictions are made and kept. */
export interface KeptPredictionsOptions {
  /**
   * The file that grows. Its name says by what the scores are made: a file that is found there is taken for
   * this detector's scores of these samples.
   */
  readonly part: string;
  /** Folder that the samples' relative paths start from. */
  readonly root: string;
  /** Pictures in a batch of the predictor: only whole batches are kept, so that going on changes no digit. */
  readonly batchSize: number;
  /** Scores the samples that are left, in their order; `kept` of them are there already. */
  readonly score: (
    rest: AsyncIterable<Sample>,
    kept: number,
  ) => AsyncIterable<PredictionRow>;
}

/** Bytes from the file's end in which the last line's end is looked for. */
const TAIL = 1 << 16;

/** Cuts off a last line that was not written whole, as after a power failure. */
async function endAtLine(file: Deno.FsFile): Promise<void> {
  for (let end = (await file.stat()).size; end > 0;) {
    const begin = Math.max(0, end - TAIL), bytes = new Uint8Array(end - begin);
    await file.seek(begin, Deno.SeekMode.Start);
    for (let read = 0; read < bytes.length;) {
      const count = await file.read(bytes.subarray(read));
      if (count === null) return;
      read += count;
    }
    const last = bytes.lastIndexOf(10);
    if (last >= 0) return await file.truncate(begin + last + 1);
    end = begin;
  }
  await file.truncate(0);
}

const textOf = (rows: readonly PredictionRow[]) =>
  rows.map((row) => JSON.stringify(row, [...PREDICTION_COLUMNS]) + "\n").join("");

/** A line as the prediction that it was written of; undefined where it is none. */
function rowOf(line: string): PredictionRow | undefined {
  try {
    const row = JSON.parse(line) as PredictionRow;
    const isWhole = textOf([row]) === `${line}\n`;
    return isWhole && Number.isFinite(row.logOdds) && Number.isFinite(row.score) ? row : undefined;
  } catch {
    return undefined; // no JSON, or none of an object
  }
}

/** The lines of a file, without their ends; a last one without an end is no line. */
async function* linesOf(path: string): AsyncGenerator<string, void, void> {
  const file = await Deno.open(path);
  let rest = "";
  for await (const text of file.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** Whether a picture is as it was at a time, in milliseconds since 1970. */
async function isAsAt(time: number, path: string): Promise<boolean> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info) return false;
  // A copy may keep the time of the original; when it was put here the system notes itself, in seconds.
  return [info.mtime, info.ctime].every((changed) => !changed || changed.getTime() <= time);
}

/** Whether a row is a prediction of a sample, in every column that says what the sample is. */
function isOf(row: PredictionRow, sample: Sample): boolean {
  return PREDICTION_COLUMNS.every((column) =>
    column === "logOdds" || column === "score" || row[column] === sample[column]
  );
}

/** The rows that are kept of the first samples: whole batches without a gap, of pictures that did not change. */
async function keptRows(
  { part, root, batchSize }: KeptPredictionsOptions,
  { samples, writtenAt }: { samples: () => AsyncIterable<Sample>; writtenAt: number },
): Promise<PredictionRow[]> {
  const rows: PredictionRow[] = [];
  const expected = samples()[Symbol.asyncIterator]();
  let next = await expected.next();
  for await (const line of linesOf(part)) {
    const row = rowOf(line);
    if (!row || next.done || !isOf(row, next.value)) break;
    if (!await isAsAt(writtenAt, resolve(root, row.path))) break;
    rows.push(row);
    next = await expected.next();
  }
  const all = next.done === true;
  await expected.return?.();
  return all ? rows : rows.slice(0, Math.floor(rows.length / batchSize) * batchSize);
}

/** Samples from a place on. */
async function* from(samples: AsyncIterable<Sample>, place: number): AsyncGenerator<Sample> {
  let i = 0;
  for await (const sample of samples) if (i++ >= place) yield sample;
}

/** Opens the growing file for this process alone. */
async function openAlone(part: string): Promise<Deno.FsFile> {
  const file = await orSay(part, async () => {
    await Deno.mkdir(dirname(part), { recursive: true });
    return await Deno.open(part, { read: true, write: true, create: true });
  });
  if (await file.tryLock(true)) return file;
  file.close();
  throw new Error(
    `Another process is scoring the same pictures by the same detector into ${
      JSON.stringify(part)
    }. ` +
      "Wait for its end.",
  );
}

/**
 * All predictions of some samples, in their order: first those kept of an earlier sitting, up to the first
 * whose picture has changed since or was left out, then the rest as they are made. When the last has been
 * handed out, make a table of `part` with `finishPredictions`; leave the loop earlier, or let an error end
 * it, and what was made is there for the next call.
 *
 * @param samples Gives the samples anew each time it is asked; always the same ones.
 * @throws Error when another process is at the same work, or the file cannot be written, naming it; whatever
 * `score` throws.
 */
export async function* keptPredictions(
  samples: () => AsyncIterable<Sample>,
  options: KeptPredictionsOptions,
): AsyncGenerator<PredictionRow, void, void> {
  const { part, batchSize, score } = options;
  const file = await openAlone(part), encoder = new TextEncoder();
  const write = (text: string) => writeBytes(file, part, encoder.encode(text));
  let finished = false, count = 0, waiting: PredictionRow[] = [];
  try {
    const writtenAt = (await file.stat()).mtime?.getTime() ?? 0;
    await endAtLine(file);
    const kept = await keptRows(options, { samples, writtenAt });
    // What goes on is cut to the rows that stay; they are not written anew, so that no moment is without them.
    let length = 0;
    for (const row of kept) length += encoder.encode(textOf([row])).length;
    await file.truncate(length);
    await file.seek(0, Deno.SeekMode.End);
    for (const row of kept) {
      count++;
      yield row;
    }
    for await (const row of score(from(samples(), kept.length), kept.length)) {
      waiting.push(row);
      count++;
      if (waiting.length >= batchSize) {
        const rows = waiting;
        waiting = [];
        await write(textOf(rows));
      }
      yield row;
    }
    await write(textOf(waiting));
    waiting = [];
    await orSay(part, () => file.sync());
    finished = true;
  } finally {
    try {
      if (!finished && waiting.length > 0) await write(textOf(waiting));
    } finally {
      file.close();
      if (!finished && count === 0) await Deno.remove(part);
    }
  }
}

/**
 * Makes a table (`readPredictions`) of predictions that are all there, and removes the file they grew in.
 * Of two processes that do so, the second finds it done.
 *
 * @param part As `keptPredictions` left it.
 * @param path The table; one that is there is replaced.
 * @throws Error when the file has changed since, naming the line; the table is as it was.
 */
export async function finishPredictions(part: string, path: string): Promise<void> {
  async function* rows() {
    let number = 0;
    for await (const line of linesOf(part)) {
      number++;
      const row = rowOf(line);
      if (row) yield row;
      else {
        throw new Error(
          `${
            JSON.stringify(part)
          }, line ${number}, is no prediction any more. Run the command again.`,
        );
      }
    }
  }
  try {
    await writePredictions(path, rows());
    await Deno.remove(part);
  } catch (error) {
    // Another process at the same work has finished it meanwhile: the table is made of these predictions.
    const isDone = error instanceof Deno.errors.NotFound &&
      await Deno.stat(path).then(() => true, () => false);
    if (!isDone) throw error;
  }
}
