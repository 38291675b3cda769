/** What the command line of the study says. Imports no package: set-up comes after it. */
import { parseArgs } from "node:util";

/** What one job of the study does. */
export interface StudyJob {
  /** Names of the only rows to train; left out, all. */
  readonly rows?: readonly string[];
  /** Only seeds from 1 to this. */
  readonly seeds: number;
  /** Which share of the runs is this job's, from 1. */
  readonly share: number;
  /** How many jobs share the runs. */
  readonly jobs: number;
  /** Threads of an operation. */
  readonly threads: number;
  /** Whether runs that the tables hold, with the same settings, are left to them. */
  readonly missing: boolean;
  /** Whether nothing is trained and the tables alone are written. */
  readonly collect: boolean;
}

/** What `deno task study --help` prints. */
export const USAGE =
  `deno task study [options]    trains the planted-clues study and writes its tables

  --rows "A;B"     only these rows of lib/studies/planted_clues/study_rows.ts, separated by semicolons
  --seeds N        only seeds 1 to N
  --job K/N        only every N-th run from the K-th: jobs side by side share the work
  --threads N      threads of this job (1); results depend on it in their last digits
  --missing        only runs that results/06_ablations does not hold
  --collect        train nothing; write results/06_ablations from the runs there are
  --help           this`;

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`--${name} is "${text}", but must be a whole number from 1.`);
}

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a wrong value, TypeError for an option that does not exist.
 */
export function parseStudyOptions(args: readonly string[]): StudyJob | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: "string" },
      seeds: { type: "string", default: "1000" },
      job: { type: "string", default: "1/1" },
      threads: { type: "string", default: "1" },
      missing: { type: "boolean", default: false },
      collect: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const parts = values.job.split("/");
  const [share, jobs] = parts.map(Number);
  if (parts.length !== 2 || !Number.isInteger(share) || !(share >= 1 && share <= jobs)) {
    throw new RangeError(`--job is "${values.job}", but must be K/N with K from 1 to N.`);
  }
  return {
    ...(values.rows === undefined ? {} : { rows: values.rows.split(";").map((row) => row.trim()) }),
    seeds: wholeNumber("seeds", values.seeds),
    share,
    jobs,
    threads: wholeNumber("threads", values.threads),
    missing: values.missing,
    collect: values.collect,
  };
}
