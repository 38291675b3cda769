/** What the command line of the bench says. */
import { parseArgs } from "node:util";
import { isAbsolute, resolve } from "node:path";
import {
  type BenchCase,
  caseName,
  CASES,
  chooseCases,
  type ChosenDetector,
  detectorCases,
} from "./bench_cases.ts";
import { COMPARED } from "./compared_detectors.ts";

/** How a bench is run. */
export interface BenchOptions {
  /** The framework to compare with; none times our own side only. */
  readonly peer?: "torch";
  /** The cases to time, in order. */
  readonly cases: readonly BenchCase[];
  /** Rounds a case. */
  readonly rounds: number;
  /** Seconds a burst. */
  readonly burstSeconds: number;
  /** Whether torch.compile is tried as well. */
  readonly thorough: boolean;
  /** Threads of each side. */
  readonly threads: number;
  /** Side of the square matrices whose product shows what the machine can do. */
  readonly matrixSide: number;
  /** Folder to write the report to, relative to the project's; none prints it only. */
  readonly output?: string;
}

/** What `deno task bench --help` prints. */
export const USAGE = `deno task bench [options]    times the detector; compares it with PyTorch

  --peer torch     compare with PyTorch, step by step in turn; writes results/bench/
  --detector A,B   instead of the paper's detector: some of the kit's, or "all" that PyTorch's side has too;
                   without --peer also a TypeScript file of your own
  --preset NAME    with --detector: one of its presets (its first)
  --set FIELD=VALUE  with --detector: a field changed, such as edition=port; may be repeated
  --batch N        with --detector: images in a step (8)
  --cases A,B      only these: names, or parts of them joined by "-"
                   (${CASES.map(caseName).join(",\n                    ")})
  --rounds N       bursts of each side per case (12; with --quick 3)
  --threads N      threads of each side (2)
  --quick          short bursts, few rounds, without torch.compile: a first look
  --output FOLDER  where to write the report (results/bench when there is a peer)
  --help           this`;

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a wrong value, TypeError for an option that does not exist; each says what
 * there is.
 *
 * @example
 * ```ts
 * import { parseBenchOptions } from "lib/tasks/bench/bench_options.ts";
 * import assert from "node:assert/strict";
 *
 * const options = parseBenchOptions(["--peer", "torch", "--cases", "n1", "--quick"]);
 * assert.ok(options !== "help" && options.cases.length === 4 && options.rounds === 3);
 * assert.throws(() => parseBenchOptions(["--rounds", "0"]), /--rounds is "0".*from 1/);
 * ```
 */
export function parseBenchOptions(args: readonly string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peer: { type: "string" },
      detector: { type: "string" },
      preset: { type: "string" },
      set: { type: "string", multiple: true },
      batch: { type: "string" },
      cases: { type: "string" },
      rounds: { type: "string" },
      threads: { type: "string", default: "2" },
      quick: { type: "boolean", default: false },
      output: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const { peer, quick, detector } = values;
  if (peer !== undefined && peer !== "torch") {
    throw new RangeError(`--peer is "${peer}", but the only peer is "torch".`);
  }
  for (const option of ["preset", "set", "batch"] as const) {
    if (values[option] !== undefined && detector === undefined) {
      throw new RangeError(`--${option} belongs to a --detector: name that too.`);
    }
  }
  const batch = whole("--batch", values.batch ?? "8");
  const known: readonly BenchCase[] = detector === undefined
    ? CASES
    : chosenDetectors(detector, values).flatMap((chosen) => detectorCases(chosen, batch));
  const output = values.output ?? (peer === undefined ? undefined : "results/bench");
  return {
    ...(peer !== undefined && { peer }),
    cases: values.cases === undefined ? known : chooseCases(known, values.cases.split(",")),
    rounds: whole("--rounds", values.rounds ?? (quick ? "3" : "12")),
    burstSeconds: quick ? 0.5 : 1,
    thorough: !quick,
    threads: whole("--threads", values.threads),
    matrixSide: 2048,
    ...(output !== undefined && { output }),
  };
}

/** The detectors that a list names, all with the same changes; "all" with those that each is published with. */
function chosenDetectors(
  list: string,
  { peer, preset, set: changes }: { peer?: string; preset?: string; set?: string[] },
): ChosenDetector[] {
  const own = {
    ...preset === undefined ? {} : { preset },
    ...changes === undefined ? {} : { changes },
  };
  return list.split(",").flatMap((detector): ChosenDetector[] => {
    if (detector === "all") {
      return COMPARED.map((chosen) => ({
        ...chosen,
        ...own,
        changes: [...chosen.changes ?? [], ...changes ?? []],
      }));
    }
    if (peer !== undefined && !COMPARED.some((chosen) => chosen.detector === detector)) {
      const names = [...new Set(COMPARED.map(({ detector }) => detector))].join(", ");
      throw new RangeError(`PyTorch's side has no detector "${detector}". It has ${names}.`);
    }
    return [{ detector: absoluteFile(detector), ...own }];
  });
}

/** A file's name as the worker, which runs elsewhere, finds it; the name of a kind as it is. */
function absoluteFile(detector: string): string {
  return /\.[cm]?[jt]s$/.test(detector) && !isAbsolute(detector) ? resolve(detector) : detector;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`${name} is "${text}", but must be a whole number from 1.`);
}
