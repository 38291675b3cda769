/** The runs that were recorded: listed, and their metrics read back, as plain rows for a data frame. */
import { parse } from "@std/yaml";
import { join } from "node:path";
import type { Configuration } from "lib/detectors/configuration.ts";
import { readConfiguration } from "lib/detectors/read_configuration.ts";
import { fileFault } from "lib/io/file_fault.ts";
import { isRecord } from "lib/io/is_record.ts";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { readHistory, summariseHistory } from "./history_rows.ts";
import { RUNS } from "./run_folder.ts";
import { RUN_FILES, type RunRecord } from "./run_record.ts";
import type { StepRecord } from "./step_record.ts";

/** A run in a list; every cell is a text, a number or `null`. */
export interface RunRow {
  /** The name of its folder. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** Its seed. */
  readonly seed: number;
  /** Hash of what comparable runs share. */
  readonly protocol: string;
  /** What it learnt from. */
  readonly data: string;
  /** Steps done. */
  readonly steps: number;
  /** Whether it is done, or was stopped and can go on. */
  readonly state: "finished" | "stopped";
  /** Minutes of computing. */
  readonly minutes: number;
  /** Objective of the last step; `null` before the first. */
  readonly total: number | null;
  /** Best validation AUC; `null` without validation. */
  readonly bestAuc: number | null;
  /** Step of the best validation AUC. */
  readonly bestStep: number | null;
}

/** Where runs are looked for. */
export interface RunsOptions {
  /** Folder of all runs. Default: `RUNS`, the project's results/runs. */
  readonly root?: string;
}

/** A recorded run, whole. */
export interface RecordedRun {
  /** What run.yaml says. */
  readonly record: RunRecord;
  /** Its settings. */
  readonly configuration: Configuration;
  /** A record a step. */
  readonly metrics: readonly StepRecord[];
}

const damaged = (path: string, cause: Error) =>
  new UnfitFile(
    `${path} cannot be read as a run's: ${
      cause.message.trim().split("\n")[0]
    } Put back a whole copy, or ` +
      "move the run's folder away.",
    { cause },
  );

/** What a file of YAML holds, once `check` takes it. @throws TypeError naming the file. */
async function readYaml<T>(path: string, check: (parsed: unknown) => T): Promise<T> {
  const text = await Deno.readTextFile(path).catch((cause) => {
    const fault = fileFault(cause);
    if (!fault || cause instanceof Deno.errors.NotFound) throw cause;
    throw new Error(`Cannot read ${JSON.stringify(path)}: ${fault.explanation}`, { cause });
  });
  try {
    return check(parse(text));
  } catch (cause) {
    throw damaged(path, cause as Error);
  }
}

const isText = (value: unknown) => typeof value === "string";

/** What lists and tables show of a record, with what they take it to be. */
const SHOWN = { name: isText, protocol: isText, started: isText, seed: Number.isSafeInteger };

function checkRecord(parsed: unknown): RunRecord {
  if (!isRecord(parsed) || !isRecord(parsed.data)) throw new TypeError("It is no record of a run.");
  const strange = Object.entries(SHOWN).find(([field, isIt]) => !isIt(parsed[field]))?.[0];
  if (strange !== undefined) throw new TypeError(`Its "${strange}" is ${parsed[strange]}.`);
  const { finished, data } = parsed;
  if (finished !== null && typeof finished !== "string") throw new TypeError("It has no end.");
  if (typeof data.source !== "string" || typeof data.sha256 !== "string") {
    throw new TypeError("It does not name its data.");
  }
  return parsed as unknown as RunRecord;
}

/**
 * What run.yaml in a folder says; undefined where no run was recorded.
 *
 * @throws TypeError naming the file when it is damaged.
 */
export async function readRunRecord(folder: string): Promise<RunRecord | undefined> {
  try {
    return await readYaml(join(folder, RUN_FILES.run), checkRecord);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const noSuchRun = (id: string) =>
  new RangeError(`No run ${JSON.stringify(id)} was recorded in this project.`);

/**
 * A run by its id.
 *
 * @throws RangeError when no such run was recorded; TypeError naming the file when one is damaged.
 */
export async function readRun(id: string, { root = RUNS }: RunsOptions = {}): Promise<RecordedRun> {
  const folder = join(root, id);
  const record = await readRunRecord(folder);
  if (!record) throw noSuchRun(id);
  const configuration = await readYaml(
    join(folder, RUN_FILES.configuration),
    (written) => readConfiguration(written),
  );
  return { record, configuration, metrics: await Array.fromAsync(readHistory(folder)) };
}

/**
 * All recorded runs, by id. Folders without a record are passed over: they hold something else.
 *
 * @throws TypeError naming the file when a run's record or history is damaged.
 *
 * @example A data frame of the runs, the best first
 * ```ts
 * import { desc, from } from "arquero";
 * import { listRuns } from "lib/training/recorded_runs.ts";
 *
 * const runs = await listRuns();
 * if (runs.length > 0) from(runs).orderby(desc("bestAuc")).objects();
 * ```
 */
export async function listRuns({ root = RUNS }: RunsOptions = {}): Promise<RunRow[]> {
  const ids: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(root)) if (isDirectory) ids.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const rows: RunRow[] = [];
  for (const id of ids.sort()) {
    const record = await readRunRecord(join(root, id));
    if (!record) continue;
    const { steps, last, selection: { best } } = await summariseHistory(join(root, id));
    const { name, seed, protocol, data, finished } = record;
    rows.push({
      id,
      name,
      seed,
      protocol,
      data: data.source,
      steps,
      state: finished ? "finished" : "stopped",
      minutes: (last?.seconds ?? 0) / 60,
      total: last?.total ?? null,
      bestAuc: best?.auc ?? null,
      bestStep: best?.step ?? null,
    });
  }
  return rows;
}

/** One metric of one run at one step; what `trainingCurves` draws. */
export interface MetricOfRun {
  /** The run's id. */
  readonly run: string;
  /** Name of the metric. */
  readonly term: string;
  /** The step, from 0. */
  readonly step: number;
  /** Its value. */
  readonly value: number;
}

/**
 * Metrics of several runs in one long table, for a data frame or `trainingCurves`.
 *
 * @param ids As `listRuns` gives them.
 * @param terms Names of metrics; steps that lack one are left out.
 * @throws RangeError when a run was not recorded, or none of its steps has a metric of that name.
 */
export async function compareRuns(
  ids: readonly string[],
  { terms, root = RUNS }: RunsOptions & { terms: readonly string[] },
): Promise<MetricOfRun[]> {
  const rows: MetricOfRun[] = [];
  for (const run of ids) {
    if (!await readRunRecord(join(root, run))) throw noSuchRun(run);
    const known = new Set<string>(), found = terms.map((): MetricOfRun[] => []);
    for await (const record of readHistory(join(root, run))) {
      for (const name of Object.keys(record)) known.add(name);
      terms.forEach((term, i) => {
        const value = record[term];
        if (value !== undefined) found[i].push({ run, term, step: record.step, value });
      });
    }
    const missing = terms.find((_, i) => found[i].length === 0);
    if (missing !== undefined && known.size > 0) {
      throw new RangeError(
        `${run} recorded no "${missing}". It recorded: ${[...known].join(", ")}.`,
      );
    }
    for (const of of found) for (const row of of) rows.push(row);
  }
  return rows;
}
