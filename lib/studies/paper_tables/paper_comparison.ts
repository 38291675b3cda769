/**
 * The paper's Tables 1 to 6 with our column beside the paper's: filled from evaluations where there are any,
 * else with what is needed. Drawing is left to figures/table.ts, whose rows these are.
 */
import type { EvaluationRow } from "lib/training/evaluation_files.ts";
import { protocolRemark } from "lib/training/protocol.ts";
import { type Benchmark, BENCHMARKS } from "./benchmarks.ts";
import { OURS, systemDetector } from "./compared_systems.ts";
import { PAPER_VALUES, paperTraining } from "./paper_tables.ts";
import { PRINTED_ROBUSTNESS, PRINTED_VALUES, type PrintedValue } from "./printed_tables.ts";
import { systemRun } from "./system_runs.ts";

/** One value of a table, as the chart `table` takes it. */
export interface ComparisonRow {
  /** What the paper lists together; left out where it lists all in one. */
  readonly group?: string;
  /** The system, and in brackets what it was trained on. */
  readonly row: string;
  /** Metric, and the data set of the test. */
  readonly column: string;
  /** Whose value it is. */
  readonly source: "paper" | "ours";
  /** The value; `null` where there is none. */
  readonly value: number | null;
  /** How the paper prints it, where that is more than the number; left out elsewhere. */
  readonly text?: string;
  /** What the paper's captions mark; left out for neither. */
  readonly mark?: "best" | "second";
  /** Lower end: of the 95 % interval by video, or with several seeds the lowest of them. */
  readonly low: number | null;
  /** Upper end, likewise. */
  readonly high: number | null;
  /** What is needed to fill an empty cell; `null` for a filled one, and where the paper has nothing either. */
  readonly reason: string | null;
}

/** A table ready to be drawn, and what must be said beside it. */
export interface PaperComparison {
  /** The values. */
  readonly rows: readonly ComparisonRow[];
  /** A sentence for each column whose results follow different protocols. */
  readonly remarks: readonly string[];
}

/** The tables of results; Table 7 is of costs, and in paper_table7.ts. */
export type ResultTable = 1 | 2 | 3 | 4 | 5 | 6;

/** What must have been measured for a cell. */
interface Wanted {
  readonly run: string;
  readonly test: Benchmark;
  readonly metric: string;
  readonly level: "frame" | "video";
}

/** A cell of the paper, and what of ours may stand beside it. */
interface Cell {
  readonly place: Pick<ComparisonRow, "row" | "column"> & { readonly group?: string };
  readonly paper: Pick<ComparisonRow, "value" | "text" | "mark">;
  /** Undefined where no run of the kit would be the same experiment. */
  readonly wanted: Wanted | undefined;
  /** What an empty cell of ours says. */
  readonly needs: string;
}

const NOT_HERE = "The kit has no such detector.";
const PRIVATE = "Trained on data of its authors: no run of ours would be the same experiment.";
const OWN_LEVELS =
  "The paper gives neither its levels' parameters nor code for them: no distortion " +
  "of ours can be said to be the same. Notebook 09 has levels that are published.";

const needed = (sets: readonly Benchmark[]) =>
  `Needs ${[...new Set(sets)].map((set) => BENCHMARKS[set].source).join("; and ")}, and a run.`;

/** Table 1 is three tables side by side. */
const groupOf = ({ table, test }: PrintedValue) =>
  table === 1 ? { group: `Trained and tested on ${BENCHMARKS[test].short}` } : {};

function systemCell(printed: PrintedValue): Cell {
  const { table, system, training, test, metric, level, text, value, place } = printed;
  const run = systemRun(system, training);
  const learnt = training === "private" ? "private data" : BENCHMARKS[training].short;
  return {
    place: {
      ...groupOf(printed),
      row: table === 1 ? system : `${system} (${learnt})`,
      column: table === 1 ? metric : `${metric} ${BENCHMARKS[test].short}`,
    },
    paper: { value, text, ...place ? { mark: place } : {} },
    wanted: run && { run: run.name, test, metric, level },
    needs: !systemDetector(system)
      ? NOT_HERE
      : training === "private"
      ? PRIVATE
      : needed([training, test]),
  };
}

function ablationCells(table: 4 | 5): Cell[] {
  return PAPER_VALUES.filter((value) => value.table === table).map((value) => {
    const { line, data } = paperTraining(value.training), { test, metric, level, paper } = value;
    return {
      place: {
        row: `${line} (${BENCHMARKS[data].short})`,
        column: `${metric} ${BENCHMARKS[test].short}`,
      },
      // The paper prints accuracies as 90.85 %: as a share that is one digit more than an AUC has.
      paper: { value: paper, ...metric === "accuracy" ? { text: paper.toFixed(4) } : {} },
      wanted: { run: value.training, test, metric, level },
      needs: needed([data, test]),
    };
  });
}

function robustnessCells(): Cell[] {
  const run = systemRun(OURS, "FaceForensics++")!.name, test = "FaceForensics++";
  return Object.entries(PRINTED_ROBUSTNESS).flatMap(([row, values]) =>
    values.map((value, i): Cell => ({
      place: { row, column: `level ${i + 1}` },
      paper: { value },
      wanted: row === "Normal" ? { run, test, metric: "AUC", level: "frame" } : undefined,
      needs: row === "Normal" ? needed([test]) : OWN_LEVELS,
    }))
  );
}

function cellsOf(table: ResultTable): Cell[] {
  if (table === 6) return robustnessCells();
  if (table >= 4) return ablationCells(table as 4 | 5);
  return PRINTED_VALUES.filter((value) => value.table === table).map(systemCell);
}

/** Results that measure what the paper's value measured: all methods together, on the test split. */
function resultsFor(wanted: Wanted | undefined, results: readonly EvaluationRow[]) {
  return results.filter((row) =>
    row.run === wanted?.run && row.dataset === wanted.test && row.metric === wanted.metric &&
    row.level === wanted.level && row.method === "all" && row.split === "test" &&
    row.value !== null
  );
}

/** Why results that there are do not stand beside the paper's: they are of another experiment. */
function unlike(found: readonly EvaluationRow[]): string | undefined {
  const why = found.flatMap(({ differences, distortion }) => [
    ...differences === "" ? [] : [differences],
    ...distortion === "" ? [] : [`tested on distorted frames (${distortion})`],
  ]);
  if (why.length === 0) return undefined;
  return `Ours is another experiment: ${[...new Set(why)].join("; ")}.`;
}

/** Our value: of one run with its interval, of several seeds the mean with the lowest and highest. */
function ourValue(found: readonly EvaluationRow[]): Pick<ComparisonRow, "value" | "low" | "high"> {
  const numbers = found.map(({ value }) => value!);
  if (found.length === 1) return { value: numbers[0], low: found[0].low, high: found[0].high };
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  return { value: mean, low: Math.min(...numbers), high: Math.max(...numbers) };
}

/**
 * One of the paper's tables of results, whole: every row of every system.
 *
 * @param results Of `readEvaluations`; runs that are called as `systemRuns` and `PAPER_TRAININGS` say count,
 * where nothing differs from what these say: of others the empty cell says what does.
 *
 * @example Without any result, the paper's values stand alone
 * ```ts
 * import { compareWithPaper } from "lib/studies/paper_tables/paper_comparison.ts";
 * import assert from "node:assert/strict";
 *
 * const { rows } = compareWithPaper(2, []);
 * const ours = rows.filter((row) => row.source === "ours");
 * assert.ok(ours.every((row) => row.value === null && row.reason !== null));
 * const ict = rows.find(({ row, column }) => row === "ICT (private data)" && column === "AUC CD2")!;
 * assert.deepEqual([ict.text, ict.mark], ["0.857", "second"]);
 * ```
 */
export function compareWithPaper(
  table: ResultTable,
  results: readonly EvaluationRow[],
): PaperComparison {
  const rows: ComparisonRow[] = [];
  const byColumn = new Map<string, EvaluationRow[]>();
  for (const { place, paper, wanted, needs } of cellsOf(table)) {
    rows.push({ ...place, source: "paper", ...paper, low: null, high: null, reason: null });
    const all = resultsFor(wanted, results);
    const found = all.filter((row) => row.differences === "" && row.distortion === "");
    byColumn.set(place.column, [...byColumn.get(place.column) ?? [], ...found]);
    const ours = found.length > 0
      ? { ...ourValue(found), reason: null }
      : { value: null, low: null, high: null, reason: unlike(all) ?? needs };
    rows.push({ ...place, source: "ours", ...ours });
  }
  const remarks = [...byColumn].flatMap(([column, found]) => {
    const remark = protocolRemark(found);
    return remark === undefined ? [] : [`${column}: ${remark}`];
  });
  return { rows, remarks };
}
