/**
 * How runs join those of tables that are there already. A run is known by what it was trained on, its row
 * and its seed; of two that say different things of it, nobody wins unheard.
 */
import type { ResultRow } from "../paired_differences.ts";
import type { StudyPlace } from "../study_results.ts";
import { UNSEEN_ROWS, type UnseenRun } from "./unseen_rows.ts";
import type { UnseenResult } from "./unseen_run.ts";
import { testRows } from "./unseen_table.ts";

/** The runs that tables rest on. */
export interface UnseenRuns {
  /** Metrics, a row a test, as `testRows` makes them. */
  readonly rows: readonly ResultRow[];
  /** Scores, of those runs that have some: without them no interval over people can be made anew. */
  readonly results: readonly UnseenResult[];
}

/** Old and new runs together. */
export interface JoinedRuns extends UnseenRuns {
  /** Where two sources disagree, or a run is of another experiment; a line each, empty where all fits. */
  readonly conflicts: readonly string[];
  /** The runs that those lines are about, as `runKey` has them. */
  readonly changed: ReadonlySet<string>;
}

/** A run as one word. */
export function runKey({ setting, row, seed }: ResultRow | StudyPlace): string {
  return JSON.stringify([setting, row, Number(seed)]);
}

/** How much of a run's row is the computer's and not the experiment's. */
const NOT_COMPARED = ["seconds"];

/** The first number that two sources have of a run and do not agree on, in words; undefined for none. */
function disagreement(
  old: readonly ResultRow[],
  now: readonly ResultRow[],
): { what: string; old: string; now: string } | undefined {
  for (const row of now) {
    const test = `of ${row.of}, distortion ${row.distortion}`;
    const other = old.find(({ of, distortion }) => of === row.of && distortion === row.distortion);
    if (!other) return { what: `the test ${test}`, old: "missing", now: "there" };
    for (const [column, value] of Object.entries(row)) {
      const before = other[column] ?? null;
      if (before === value || NOT_COMPARED.includes(column)) continue;
      return { what: `${column} ${test}`, old: String(before), now: String(value) };
    }
  }
  return undefined;
}

/** Where a run is found. */
interface Source {
  readonly from: string;
  readonly rows: readonly ResultRow[];
  readonly result?: UnseenResult;
}

/**
 * Old and new runs as one study.
 *
 * A run that is in one place only is taken. One that is in several stands as in the tables where all its
 * numbers but the seconds agree, and gets the scores that any place has. Where they do not, it is a
 * conflict, and the newest is taken: the caller refuses or lets it be. A run whose experiment is not the
 * code's any more is a conflict too, and is left out.
 *
 * @param kept Of the tables.
 * @param trained Of this computer, of the experiments that `protocolOf` says.
 * @param order All runs of the benchmark, in its order.
 */
export function joinRuns(
  kept: UnseenRuns,
  trained: readonly UnseenResult[],
  { order, protocolOf }: {
    order: readonly UnseenRun[];
    protocolOf: (run: UnseenRun) => string;
  },
): JoinedRuns {
  const keptRows = Map.groupBy(kept.rows, runKey);
  const sourcesOf = (run: UnseenRun): Source[] => {
    const key = runKey(run), rows = keptRows.get(key);
    const withScores = (from: string, results: readonly UnseenResult[]): Source[] => {
      const result = results.find((one) => runKey(one) === key);
      return result ? [{ from, rows: testRows(result), result }] : [];
    };
    return [
      ...rows ? [{ from: "runs.csv", rows }] : [],
      ...withScores("scores.json", kept.results),
      ...withScores("the runs here", trained),
    ];
  };
  const rows: ResultRow[] = [], results: UnseenResult[] = [], conflicts: string[] = [];
  const changed = new Set<string>();
  const tell = (run: ResultRow | StudyPlace, words: string) => {
    if (changed.has(runKey(run))) return; // one line a run
    conflicts.push(`${run.setting} · ${run.row} · seed ${run.seed}: ${words}`);
    changed.add(runKey(run));
  };
  const known = new Set(order.map(runKey));
  for (const run of [...kept.rows, ...kept.results]) {
    if (known.has(runKey(run))) continue;
    const needs = UNSEEN_ROWS.find(({ name }) => name === run.row)?.needs;
    tell(
      run,
      needs ? `it begins with a file, --${needs}` : "the benchmark has no such run any more",
    );
  }
  for (const run of order) {
    const protocol = protocolOf(run), found = sourcesOf(run);
    for (const { from, rows: [{ protocol: other }] } of found) {
      if (other === protocol) continue;
      tell(run, `its settings or code in ${from} are others (${other}, now ${protocol})`);
    }
    const sources = found.filter((source) => source.rows[0].protocol === protocol);
    const newest = sources.at(-1);
    if (!newest) continue;
    const agreeing = sources.filter((source) => {
      const apart = disagreement(source.rows, newest.rows);
      if (!apart) return true;
      const { what, old, now } = apart;
      tell(run, `${what} is ${old} in ${source.from}, ${now} in ${newest.from}`);
      return false;
    });
    rows.push(...agreeing[0].rows);
    results.push(...agreeing.flatMap(({ result }) => result ?? []).slice(0, 1));
  }
  return { rows, results, conflicts, changed };
}
