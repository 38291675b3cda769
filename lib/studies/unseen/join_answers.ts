/**
 * Rows of the benchmark's tables where some runs have metrics and no scores: an interval over people
 * cannot be made anew for them, so what the tables say stays as long as it is about the same runs.
 */
import type { ResultRow } from "../paired_differences.ts";
import { type JoinedRuns, runKey } from "./join_runs.ts";
import { UNSEEN_QUESTIONS, unseenQuestion } from "./unseen_tests.ts";

/** Old and new rows of a table together. */
export interface JoinedAnswers {
  /** A row an answer, in the table's order. */
  readonly rows: readonly ResultRow[];
  /** Answers that rest on fewer seeds than are trained, and why; a line each. */
  readonly remarks: readonly string[];
}

type Cell = ResultRow[string];

/** The detectors' rows that a table's row is about and what each answers: one, or the two sides of a difference. */
function sidesOf(answer: ResultRow): { row: Cell; question: Cell }[] {
  const { question } = answer;
  if (!("with" in answer)) return [{ row: answer.row, question }];
  const against = answer.against ?? question;
  return [{ row: answer.with, question }, { row: answer.without, question: against }];
}

/** What a table's row stands under. */
function nameOf(answer: ResultRow): string {
  return String("with" in answer ? answer.label : answer.row);
}

/**
 * Each answer from the most seeds there are: made of scores where all its runs have them, else as the
 * tables have it.
 *
 * @param made Of `answerRows` or `differenceRows`, from the scores there are.
 * @param kept The same table as it was; rows that rest on a run that has changed are not looked at.
 * @param names What rows stand under, in the table's order.
 */
export function joinAnswers(
  made: readonly ResultRow[],
  kept: readonly ResultRow[],
  { rows, changed, names }: Pick<JoinedRuns, "rows" | "changed"> & { names: readonly string[] },
): JoinedAnswers {
  const trained = new Set(rows.map(runKey));
  const runsOf = (answer: ResultRow, seed: number) =>
    sidesOf(answer).flatMap(({ row, question }) =>
      unseenQuestion(question).parts.map(({ setting }) => runKey({ setting, row, seed }))
    );
  const seedOf = (run: string) => Number(JSON.parse(run)[2]);
  const seeds = [...new Set([...trained, ...changed].map(seedOf))];
  const count = (answer: ResultRow, among: ReadonlySet<string>) =>
    seeds.filter((seed) => runsOf(answer, seed).every((run) => among.has(run))).length;
  const isOfNow = (answer: ResultRow) =>
    !seeds.some((seed) => runsOf(answer, seed).some((run) => changed.has(run)));
  const idOf = (answer: ResultRow) =>
    JSON.stringify([nameOf(answer), answer.question, answer.metric ?? null]);
  const found: ResultRow[] = [], remarks = new Set<string>();
  for (const answers of Map.groupBy([...made, ...kept.filter(isOfNow)], idOf).values()) {
    const all = count(answers[0], trained);
    const [best] = answers.filter((answer) => Number(answer.seeds) <= all)
      .sort((a, b) => Number(b.seeds) - Number(a.seeds)); // stable: what is made anew before what is kept
    if (!best) continue;
    found.push(best);
    if (Number(best.seeds) === all) continue;
    remarks.add(
      `${
        nameOf(best)
      }, ${best.question}: of ${best.seeds} of ${all} seeds, as the scores of the others ` +
        "are not there; trained again, they are in it.",
    );
  }
  const questions = UNSEEN_QUESTIONS.map(({ name }) => name);
  const place = (answer: ResultRow) =>
    names.indexOf(nameOf(answer)) * questions.length + questions.indexOf(String(answer.question));
  return { rows: found.sort((a, b) => place(a) - place(b)), remarks: [...remarks] };
}
