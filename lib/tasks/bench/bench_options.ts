/** What the command line of the bench says. */
import { parseArgs } from "node:util";
import { isAbsolute, resolve } from "node:path";
import type { DeviceName } from "lib/engine/eager_context.ts";
import { DEVICE_OPTIONS, deviceChoice } from "../device_argument.ts";
import {
  type BenchCase,
  caseName,
  chooseCases,
  type ChosenDetector,
  detectorCases,
  PAPER_SIZES,
  paperCases,
} from "./bench_cases.ts";
import { COMPARED } from "./compared_detectors.ts";

/** How a bench is run. */
export interface BenchOptions {
  /** The framework to compare with; none times our own side only. */
  readonly peer?: "torch";
  /** What both sides compute on. Default: the processor where there is a peer; else as the engine does by itself. */
  readonly device?: DeviceName;
  /** Whether a GPU may round float32 products to TF32, on both sides. Default: yes. */
  readonly tensorFloat32?: boolean;
  /** A Python that has PyTorch, for the peer; left out: that of the bench's own environment. */
  readonly python?: string;
  /** Whether only what both sides compute is compared, and nothing timed. Default: no. */
  readonly onlyAgreement?: boolean;
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
  --device NAME    both sides there: cpu, or gpu:0, gpu:1 … (cpu with --peer; else the first GPU or the processor)
  --no-tf32        on a GPU: float32 products keep all their bits, on both sides (both round them to TF32)
  --python PATH    with --peer: a Python that has PyTorch, where the bench's own cannot be installed; for other
                   detectors than the paper's with timm too
  --agreement      with --peer: only whether both sides compute the same; nothing is timed
  --detector A,B   instead of the paper's detector: some of the kit's, or "all" that PyTorch's side has too;
                   without --peer also a TypeScript file of your own
  --preset NAME    with --detector: one of its presets (its first)
  --set FIELD=VALUE  with --detector: a field changed, such as edition=port; may be repeated
  --batch N        images in a step (8)
  --blocks A,B     of the paper's detector: numbers of blocks (1,4); --size N: pixels (224); --width X: its
                   channels as a share of ResNet-34's (1)
  --cases A,B      only these: names, or parts of them joined by "-"
                   (${paperCases("cpu").map(caseName).join(",\n                    ")};
                   on a GPU float16 too)
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
      blocks: { type: "string" },
      size: { type: "string" },
      width: { type: "string" },
      device: DEVICE_OPTIONS.device,
      "no-tf32": { type: "boolean", default: false },
      python: { type: "string" },
      agreement: { type: "boolean", default: false },
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
  for (const option of ["preset", "set"] as const) {
    if (values[option] !== undefined && detector === undefined) {
      throw new RangeError(`--${option} belongs to a --detector: name that too.`);
    }
  }
  for (const option of ["blocks", "size", "width"] as const) {
    if (values[option] !== undefined && detector !== undefined) {
      throw new RangeError(`--${option} is the paper's detector's, not a --detector's; see --set.`);
    }
  }
  if ((values.python !== undefined || values.agreement) && peer === undefined) {
    throw new RangeError("--python and --agreement belong to --peer torch: name that too.");
  }
  const { device } = deviceChoice({ device: values.device, deterministic: false });
  const batch = values.batch === undefined ? PAPER_SIZES.batch : whole("--batch", values.batch);
  const known: readonly BenchCase[] = detector === undefined
    ? paperCases(device, paperSizes(values, batch))
    : chosenDetectors(detector, values).flatMap((chosen) => detectorCases(chosen, batch));
  const output = values.output ?? (peer === undefined ? undefined : "results/bench");
  return {
    ...(peer !== undefined && { peer }),
    ...(device !== undefined && { device }),
    ...(values["no-tf32"] && { tensorFloat32: false }),
    ...(values.python !== undefined && { python: values.python }),
    ...(values.agreement && { onlyAgreement: true }),
    cases: values.cases === undefined ? known : chooseCases(known, values.cases.split(",")),
    rounds: whole("--rounds", values.rounds ?? (quick ? "3" : "12")),
    burstSeconds: quick ? 0.5 : 1,
    thorough: !quick,
    threads: whole("--threads", values.threads),
    matrixSide: device === undefined || device === "cpu" ? 2048 : 8192, // a GPU is soon done with the former
    ...(output !== undefined && { output }),
  };
}

/** The sizes that the command line says, or else the comparison's. */
function paperSizes(
  { blocks, size, width }: { blocks?: string; size?: string; width?: string },
  batch: number,
): typeof PAPER_SIZES {
  const share = Number(width ?? PAPER_SIZES.width);
  if (!(share > 0 && share <= 4)) {
    throw new RangeError(`--width is "${width}", but must be a number above 0 and up to 4.`);
  }
  return {
    batch,
    blocks: blocks?.split(",").map((count) => whole("--blocks", count)) ?? PAPER_SIZES.blocks,
    size: size === undefined ? PAPER_SIZES.size : whole("--size", size),
    width: share,
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
