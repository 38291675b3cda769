/** What the command line of the study says. Imports no package: set-up comes after it. */
import { parseArgs } from "node:util";
import { SHARE_OPTIONS, SHARE_USAGE, shareOf, type StudyShare } from "./job_options.ts";

/** What one job of the study does. */
export interface StudyJob extends StudyShare {
  /** Whether runs that the tables hold, with the same settings, are left to them. */
  readonly missing: boolean;
}

/** What `deno task study --help` prints. */
export const USAGE =
  `deno task study [options]    trains the planted-clues study and writes its tables

  --rows "A;B"     only these rows of lib/studies/planted_clues/study_rows.ts, separated by semicolons
${SHARE_USAGE}
  --missing        only runs that results/06_ablations does not hold
  --collect        train nothing; write results/06_ablations from the runs there are
  --help           this`;

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a wrong value, TypeError for an option that does not exist.
 */
export function parseStudyOptions(args: readonly string[]): StudyJob | "help" {
  const options = { ...SHARE_OPTIONS, missing: { type: "boolean", default: false } } as const;
  const { values } = parseArgs({ args: [...args], options });
  return values.help ? "help" : { ...shareOf(values), missing: values.missing };
}
