/**
 * One `suite` command: each training of the job by `trainRuns`, each of its tests by `evaluateDetector`,
 * and the tables of all that is done. Imports packages, so it is loaded after the set-up.
 */
import { basename, join } from "node:path";
import { fingerprintOf } from "lib/data/fingerprint.ts";
import { manifestRows } from "lib/data/manifest.ts";
import { writeCsv } from "lib/io/csv_rows.ts";
import { sha256, sha256OfFile } from "lib/io/sha256.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { shareOfJob } from "lib/studies/paper_tables/paper_tables.ts";
import {
  readSuite,
  type Suite,
  type SuiteCell,
  suiteCells,
} from "lib/studies/suites/suite_file.ts";
import {
  SUITE_COLUMNS,
  type SuiteCellResult,
  suiteRecord,
  type SuiteRow,
  suiteRows,
} from "lib/studies/suites/suite_results.ts";
import { evaluationRecordsOf } from "lib/training/evaluation_record.ts";
import { listRuns, readRun } from "lib/training/recorded_runs.ts";
import { RUNS } from "lib/training/run_folder.ts";
import { evaluateDetector } from "../evaluate/evaluate_run.ts";
import { PROJECT } from "../setup/project.ts";
import { trainRuns, type TrainSurroundings } from "../train/train_runs.ts";
import type { TaskSurroundings } from "../in_task.ts";
import type { SuiteOptions } from "./suite_options.ts";

/** Steps between two checkpoints, as `train` has them unless somebody says otherwise. */
const CHECKPOINT_EVERY = 500;

/** A suite with its data. */
interface OpenSuite {
  readonly suite: Suite;
  readonly cells: readonly SuiteCell[];
  /** The fingerprint of each data by its name. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** What tells the runs of this very suite on this very data from others of its name. */
  readonly mark: string;
}

/** @throws RangeError for a name without a manifest, or a manifest without a name in the suite. */
function checkNames(suite: Suite, data: SuiteOptions["data"]): string[] {
  const names = [...new Set([suite.train, ...suite.test])];
  const missing = names.filter((name) => !Object.hasOwn(data, name));
  const strange = Object.keys(data).filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new RangeError(
      `The suite ${suite.name} needs data called ${missing.join(", ")}: add ` +
        missing.map((name) => `--data ${name}=MANIFEST`).join(" ") + ".",
    );
  }
  if (strange.length === 0) return names;
  throw new RangeError(
    `The suite ${suite.name} has no data called ${strange.join(", ")}. It has ${names.join(", ")}.`,
  );
}

/** The methods of what is learnt from and validated on. */
async function methodsToLearn(manifest: string): Promise<string[]> {
  const methods = new Set<string>();
  for await (const { split, method, label } of manifestRows(manifest)) {
    if (split !== "test" && label === 1) methods.add(method);
  }
  return [...methods];
}

async function openSuite({ suite: file, data, pretrained }: SuiteOptions): Promise<OpenSuite> {
  const suite = await readSuite(file), names = checkNames(suite, data);
  const methods = await methodsToLearn(data[suite.train]);
  if (suite.leaveOneMethodOut && methods.length < 2) {
    throw new RangeError(
      `${
        data[suite.train]
      } has ${methods.length} methods to learn from: to leave one out takes two.`,
    );
  }
  const fingerprints: Record<string, string> = {};
  for (const name of names) fingerprints[name] = (await fingerprintOf(data[name])).sha256;
  const cells = suiteCells(suite, methods);
  const weights = pretrained === undefined ? "" : await sha256OfFile(pretrained);
  const key = sha256(suite.sha256, fingerprints[suite.train], weights).slice(0, 16);
  const mark = `suite ${suite.name}, ${key}`;
  return { suite, cells, fingerprints, mark };
}

/** What a command line says of a suite's detector. */
function configurationOf({ detector: { detector, preset, changes } }: SuiteCell) {
  return {
    ...detector === undefined ? {} : { detector },
    ...preset === undefined ? {} : { preset },
    changes,
  };
}

/** Trains a cell and tests it. @returns Whether all expected samples were scored. */
async function runCell(
  cell: SuiteCell,
  { suite, mark, options, surroundings }: {
    suite: Suite;
    mark: string;
    options: SuiteOptions;
    surroundings: Omit<TrainSurroundings, "memory">;
  },
): Promise<boolean> {
  const { data, allowSharedIdentities, ignoreMemory, resamples, pretrained, device } = options;
  const configuration = configurationOf(cell), { detector } = configuration;
  const [folder] = await trainRuns({
    manifests: [data[suite.train]],
    configuration,
    name: cell.name,
    seeds: [cell.seed],
    job: "1/1",
    allowSharedIdentities,
    ignoreMemory,
    ...device ? { device } : {},
    leaveOut: cell.leftOut === undefined ? [] : [cell.leftOut],
    checkpointEvery: CHECKPOINT_EVERY,
    notes: mark,
    ...pretrained === undefined ? {} : { pretrained },
  }, surroundings);
  let isWhole = true;
  for (const name of suite.test) {
    surroundings.signal.throwIfAborted();
    const code = await evaluateDetector({
      detector: folder,
      manifest: data[name],
      split: "test",
      resamples,
      allowSharedIdentities,
      configuration: { ...detector?.endsWith(".ts") ? { detector } : {}, changes: [] },
      skipUnreadable: false,
      onlyNew: true,
      ...device ? { device } : {},
    }, surroundings);
    isWhole &&= code === 0;
  }
  return isWhole;
}

/** What every cell of the suite has so far, trained by whichever job. */
async function collect(
  { suite, cells, fingerprints, mark }: OpenSuite,
  runsFolder: string,
): Promise<SuiteCellResult[]> {
  const runs = await listRuns({ root: runsFolder }), found: SuiteCellResult[] = [];
  for (const cell of cells) {
    for (const { id, name, seed, state } of runs) {
      if (name !== cell.name || seed !== cell.seed || state !== "finished") continue;
      const { record } = await readRun(id, { root: runsFolder });
      if (record.notes !== mark) continue;
      const records = await evaluationRecordsOf(join(runsFolder, id));
      const evaluations = Object.fromEntries(
        suite.test.map((data) => [
          data,
          records.filter((record) =>
            record.data.sha256 === fingerprints[data] && record.data.split === "test"
          ),
        ]),
      );
      if (suite.test.every((data) => evaluations[data].length > 0)) {
        found.push({ ...cell, run: id, evaluations });
      }
    }
  }
  return found;
}

/** A row for people. */
function lineOf(
  { detector, seed, leftOut, dataset, method, met, auc, low, high }: SuiteRow,
): string {
  const number = auc === null ? "–" : auc.toFixed(4);
  const interval = low === null || high === null ? "" : ` [${low.toFixed(4)}, ${high.toFixed(4)}]`;
  const what = [
    detector,
    `seed ${seed}`,
    ...leftOut === "" ? [] : [`without ${leftOut}`],
    dataset,
    `${method}${met === "" ? "" : ` (${met})`}`,
  ];
  return `${what.join(" · ")}: AUC ${number}${interval}`;
}

/**
 * Runs a suite's trainings and tests that are this job's, and writes the tables.
 *
 * @returns The exit code: 1 when an expected sample has no score, else 0.
 * @throws RangeError for a suite or data that do not fit; otherwise as `trainRuns` and `evaluateDetector`.
 */
export async function runSuite(
  options: SuiteOptions,
  { signal, say, runsFolder = RUNS }: TaskSurroundings & Partial<TrainSurroundings>,
): Promise<number> {
  const open = await openSuite(options), { suite, cells, mark } = open;
  const own = options.collect ? [] : shareOfJob(cells, options.job);
  const surroundings = { signal, say, runsFolder };
  say(`${suite.name}: ${suite.question} ${own.length} of ${cells.length} trainings in this job.`);
  let isWhole = true;
  for (const [i, cell] of own.entries()) {
    signal.throwIfAborted();
    say(`\n${i + 1} of ${own.length}: ${cell.name}, seed ${cell.seed}`);
    isWhole = await runCell(cell, { suite, mark, options, surroundings }) && isWhole;
  }
  const results = await collect(open, runsFolder), rows = suiteRows(suite, results);
  const out = options.out ?? join(PROJECT.root, "results", "suites", suite.name);
  const [table, record] = [join(out, "table.csv"), join(out, "suite.json")];
  await writeCsv(
    table,
    rows.map((row) => ({ ...row, low: row.low ?? "", high: row.high ?? "", auc: row.auc ?? "" })),
    SUITE_COLUMNS,
  );
  const { fingerprints: data } = open;
  const json = suiteRecord(suite, { data, trainings: cells.length, cells: results });
  await writeWhole(record, new TextEncoder().encode(`${JSON.stringify(json, null, 2)}\n`));
  say(`\n${results.length} of ${cells.length} trainings are done and tested.`);
  for (const row of rows) say(lineOf(row));
  say(
    results.length < cells.length
      ? `\nNext: the other jobs (--job K/N) of ${
        basename(options.suite)
      }; then --collect writes the tables anew.`
      : `\n${table}\n${record}`,
  );
  return isWhole ? 0 : 1;
}
