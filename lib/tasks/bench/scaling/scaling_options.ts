/** What the command line of `bench-scaling` says. */
import { parseArgs } from "node:util";

/** How scaling is measured. */
export interface ScalingOptions {
  /** Sizes of the groups of processes, each 2 or more. */
  readonly processes: readonly number[];
  /** How often each time is taken. */
  readonly repeats: number;
  /** Side of the pictures in pixels, a multiple of 32. */
  readonly side: number;
  /** Pictures of a process's step. */
  readonly batch: number;
  /** Folder to write the report to, relative to the project's; none prints it only. */
  readonly output?: string;
}

/** What `deno task bench-scaling --help` prints. */
export const SCALING_USAGE =
  `deno task bench-scaling [options]    times a step's parts and its collectives; what several GPUs would give

  --processes A,B  groups of so many processes on this machine (2,4)
  --repeats N      times that each is timed, after once (5)
  --side N         of the pictures, in pixels; a multiple of 32 (128)
  --batch N        pictures of a process's step (2)
  --output FOLDER  also write the report there
  --help           this`;

/** Reads the arguments; "help" when they ask for it. Throws RangeError for a wrong value. */
export function parseScalingOptions(args: readonly string[]): ScalingOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      processes: { type: "string", default: "2,4" },
      repeats: { type: "string", default: "5" },
      side: { type: "string", default: "128" },
      batch: { type: "string", default: "2" },
      output: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const processes = values.processes.split(",").map((text) => whole("--processes", text, 2));
  const side = whole("--side", values.side);
  if (side % 32 !== 0) throw new RangeError(`--side is "${side}", but must be a multiple of 32.`);
  return {
    processes,
    repeats: whole("--repeats", values.repeats),
    side,
    batch: whole("--batch", values.batch),
    ...values.output === undefined ? {} : { output: values.output },
  };
}

function whole(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`${name} is "${text}", but must be a whole number from ${least}.`);
}
