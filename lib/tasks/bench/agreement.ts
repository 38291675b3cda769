/**
 * Before anything is timed: do both sides compute the same thing? And how fast is this machine at
 * all, measured on both sides by a large matrix product?
 */
import {
  type BenchCase,
  caseName,
  isPaperCase,
  networkName,
  type PaperCase,
  type ResolvedCase,
} from "./bench_cases.ts";
import type { Contender } from "./contender.ts";
import { type Check, type Description, TENSOR_FLOAT32_VARIABLE } from "./worker_protocol.ts";
import { Refusal, WorkerProcess } from "./worker_process.ts";

/** Operations a second of the best matrix product, in the precisions that are timed. */
export type Peak = Partial<Record<BenchCase["precision"], number>>;

/** One side, as it presents itself. */
export interface Introduction extends Description {
  /** What a large matrix product reaches. */
  readonly peak: Peak;
}

/** The two sides' answers for one network. */
export interface Agreement {
  /** Which, as `networkName` says. */
  readonly network: string;
  /** Trainable numbers of the detector on both sides. */
  readonly parameters: number;
  /** Largest difference of a logit (log-odds where it is not the paper's), relative to the largest. */
  readonly logits: number;
  /** Relative difference of the training objective, dropout off. */
  readonly loss: number;
  /** The same with products rounded to TF32 on both sides, where they are when it is timed; no bound is set. */
  readonly rounded?: Differences;
}

/** How far two answers are apart, as in `Agreement`. */
export type Differences = Pick<Agreement, "logits" | "loss">;

/**
 * Largest relative differences in float32 that pass as rounding: fixtures of the official code
 * show 1e-5 for logits in evaluation mode, and 3e-4 where batch statistics are used.
 */
const TOLERANCE = { logits: 1e-4, loss: 1e-3 };

/**
 * Where the sides cannot agree to rounding. xception_ela: Pillow's JPEG and ours differ by a level in 8 % of
 * the values of pictures of noise, which the brightening makes up to 7, and the statistics of a small batch
 * enlarge in the loss. Seen: 0.002 and 0.07. mesonet: TensorFlow's batch norm sums each channel's 262,144
 * numbers one after another in float32; the plain backend, which does not, has PyTorch's loss to 3e-7. Seen:
 * 1e-6 and 0.001.
 */
const LOOSER: Readonly<Record<string, typeof TOLERANCE>> = {
  xception_ela: { logits: 0.02, loss: 0.2 },
  mesonet: { logits: 1e-4, loss: 0.005 },
};

/** Pictures by which detectors are compared; the paper's by as many as it is timed with. */
const CHECKED = 4;

/** Matrix products of which the fastest counts. */
const PRODUCTS = 8;

/**
 * Asks each contender who it is and what it reaches at best in the cases' precisions, in turn. In others it
 * is not asked: a processor without bfloat16 would take minutes for one product. A precision that its device
 * refuses is left out.
 *
 * @throws RangeError when they compute on different devices, or one alone rounds to TF32.
 */
export async function introduce(
  contenders: readonly Contender[],
  { cases, matrixSide, signal }: {
    cases: readonly BenchCase[];
    matrixSide: number;
    signal: AbortSignal;
  },
): Promise<Introduction[]> {
  const precisions = new Set(cases.map(({ precision }) => precision));
  await using stack = new AsyncDisposableStack();
  const workers = contenders.map(({ worker }) => stack.use(new WorkerProcess(worker, signal)));
  const introductions: Introduction[] = [];
  for (const worker of workers) {
    const description = await worker.ask("describe", {});
    const peak: Peak = {};
    for (const precision of precisions) {
      const question = { side: matrixSide, repeats: PRODUCTS, precision };
      try {
        peak[precision] = (await worker.ask("peak", question)).flops;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }
    introductions.push({ ...description, peak });
  }
  assertSameDevice(introductions);
  return introductions;
}

/** A comparison of different devices, or of different arithmetic, would say nothing of the two sides. */
function assertSameDevice(sides: readonly Description[]): void {
  if (new Set(sides.map(({ device }) => device)).size > 1) {
    const places = sides.map(({ name, device }) => `${name} on ${device}`).join(", ");
    throw new RangeError(`Not the same device: ${places}. --device says which both are to take.`);
  }
  const rounding = sides.filter(({ tensorFloat32 }) => tensorFloat32);
  if (rounding.length === 0 || rounding.length === sides.length) return;
  throw new RangeError(
    `TF32 on one side only, ${rounding[0]!.name}. --no-tf32 is without it on both.`,
  );
}

/**
 * Lets both sides compute `one` in float32 with the same weights and images, without TF32.
 *
 * @param options `rounded`: whether with TF32 as well.
 * @throws Error when they differ by more than rounding, with both answers.
 */
export async function agree(
  one: PaperCase | ResolvedCase,
  { ours, peer, rounded, signal }: {
    ours: Contender;
    peer: Contender;
    rounded: boolean;
    signal: AbortSignal;
  },
): Promise<Agreement> {
  const batch = isPaperCase(one) ? one.batch : Math.min(one.batch, CHECKED);
  const ask = async ({ worker }: Contender, tensorFloat32: "0" | "1") => {
    const env = { ...worker.env, [TENSOR_FLOAT32_VARIABLE]: tensorFloat32 };
    await using process = new WorkerProcess({ ...worker, env }, signal);
    return await process.ask("check", { case: { ...one, batch, precision: "float32" } });
  };
  const agreement = compareChecks(one, [await ask(ours, "0"), await ask(peer, "0")]);
  if (!rounded) return agreement;
  return { ...agreement, rounded: differences([await ask(ours, "1"), await ask(peer, "1")]) };
}

function differences([mine, theirs]: readonly [Check, Check]): Differences {
  const largest = Math.max(...theirs.logits.map(Math.abs));
  return {
    logits: Math.max(...mine.logits.map((v, i) => Math.abs(v - theirs.logits[i]!))) / largest,
    loss: Math.abs(mine.loss - theirs.loss) / Math.abs(theirs.loss),
  };
}

/** The comparison behind `agree`. Throws when the two answers differ by more than rounding. */
export function compareChecks(
  one: PaperCase | ResolvedCase,
  [mine, theirs]: readonly [Check, Check],
): Agreement {
  const { logits, loss } = differences([mine, theirs]);
  const tolerance = isPaperCase(one) ? TOLERANCE : LOOSER[one.detector] ?? TOLERANCE;
  const same = mine.parameters === theirs.parameters &&
    mine.logits.length === theirs.logits.length &&
    logits <= tolerance.logits && loss <= tolerance.loss;
  if (!same) {
    const show = ({ parameters, logits, loss }: Check) =>
      `${parameters} parameters, logits ${
        logits.slice(0, 4).map((v) => v.toPrecision(6))
      } …, loss ${loss.toPrecision(7)}`;
    throw new Error(
      `The two sides do not compute the same for ${caseName(one)}, so their times say nothing. ` +
        `Ours: ${show(mine)}. Peer: ${show(theirs)}.`,
    );
  }
  return { network: networkName(one), parameters: mine.parameters, logits, loss };
}

/** An agreement in one line. */
export function agreementLine(agreement: Agreement): string {
  const { network, parameters, logits, loss, rounded } = agreement;
  const line =
    `${network}: the same ${parameters} parameters; with the same weights, float32 logits ` +
    `differ by ${logits.toExponential(1)} of the largest, the training loss by ${
      loss.toExponential(1)
    }`;
  if (!rounded) return line;
  return `${line} without TF32; with it, as timed, by ${rounded.logits.toExponential(1)} and ${
    rounded.loss.toExponential(1)
  }`;
}
