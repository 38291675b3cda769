/** What the command lines of studies have in common: a job's share of the runs. Imports no package. */

import {
  DEVICE_OPTIONS,
  DEVICE_USAGE,
  type DeviceChoice,
  deviceChoice,
} from "../device_argument.ts";

/** One job's share of a study. */
export interface StudyShare {
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
  /** What this job computes on. Default: see `DeviceChoice`. */
  readonly device?: DeviceChoice;
  /** Whether nothing is trained and the tables alone are written. */
  readonly collect: boolean;
}

/** The options of a share, for `parseArgs`. */
export const SHARE_OPTIONS = {
  rows: { type: "string" },
  seeds: { type: "string", default: "1000" },
  job: { type: "string", default: "1/1" },
  threads: { type: "string", default: "1" },
  collect: { type: "boolean", default: false },
  ...DEVICE_OPTIONS,
  help: { type: "boolean", default: false },
} as const;

/** The lines of `--help` that they share. */
export const SHARE_USAGE = `  --seeds N        only seeds 1 to N
  --job K/N        only every N-th run from the K-th: jobs side by side share the work
  --threads N      threads of this job (1); another number is another training, as another seed
${DEVICE_USAGE.replaceAll(/^( {2}--\S+(?: NAME)?) +/gm, (_, words) => words.padEnd(19))}`;

/** The number of an option; throws RangeError for anything but a whole number from 1. */
export function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`--${name} is "${text}", but must be a whole number from 1.`);
}

/**
 * A job's share from the values of `parseArgs`.
 *
 * @throws RangeError for a wrong value.
 */
export function shareOf(values: {
  readonly rows?: string | undefined;
  readonly seeds: string;
  readonly job: string;
  readonly threads: string;
  readonly collect: boolean;
  readonly device?: string | undefined;
  readonly deterministic: boolean;
}): StudyShare {
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
    collect: values.collect,
    device: deviceChoice(values),
  };
}
