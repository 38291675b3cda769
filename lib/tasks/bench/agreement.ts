/**
 * Before anything is timed: do both sides compute the same thing? And how fast is this machine at
 * all, measured on both sides by a large matrix product?
 */
import { type BenchCase, caseName, type PaperCase } from "./bench_cases.ts";
import type { Contender } from "./contender.ts";
import type { Check, Description } from "./worker_protocol.ts";
import { WorkerProcess } from "./worker_process.ts";

/** Operations a second of the best matrix product, by precision. */
export type Peak = Record<BenchCase["precision"], number>;

/** One side, as it presents itself. */
export interface Introduction extends Description {
  /** What a large matrix product reaches. */
  readonly peak: Peak;
}

/** The two sides' answers for one number of blocks. */
export interface Agreement {
  /** Number of blocks. */
  readonly blocks: number;
  /** Trainable numbers of the detector on both sides. */
  readonly parameters: number;
  /** Largest difference of a logit, relative to the largest logit. */
  readonly logits: number;
  /** Relative difference of the training objective, dropout off. */
  readonly loss: number;
}

/**
 * Largest relative differences in float32 that pass as rounding: fixtures of the official code
 * show 1e-5 for logits in evaluation mode, and 3e-4 where batch statistics are used.
 */
const TOLERANCE = { logits: 1e-4, loss: 1e-3 };

/** Matrix products of which the fastest counts. */
const PRODUCTS = 8;

/** Asks each contender who it is and what it reaches at best, in turn. */
export async function introduce(
  contenders: readonly Contender[],
  options: { matrixSide: number; signal: AbortSignal },
): Promise<Introduction[]> {
  await using stack = new AsyncDisposableStack();
  const workers = contenders.map(({ worker }) =>
    stack.use(new WorkerProcess(worker, options.signal))
  );
  const introductions: Introduction[] = [];
  for (const worker of workers) {
    const description = await worker.ask("describe", {});
    const peak: Peak = { float32: 0, bfloat16: 0 };
    for (const precision of ["float32", "bfloat16"] as const) {
      const question = { side: options.matrixSide, repeats: PRODUCTS, precision };
      peak[precision] = (await worker.ask("peak", question)).flops;
    }
    introductions.push({ ...description, peak });
  }
  return introductions;
}

/**
 * Lets both sides compute `one` in float32 with the same weights and images.
 *
 * @throws Error when they differ by more than rounding, with both answers.
 */
export async function agree(
  one: PaperCase,
  { ours, peer, signal }: { ours: Contender; peer: Contender; signal: AbortSignal },
): Promise<Agreement> {
  const ask = async ({ worker }: Contender) => {
    await using process = new WorkerProcess(worker, signal);
    return await process.ask("check", { case: { ...one, precision: "float32" } });
  };
  const mine = await ask(ours);
  const theirs = await ask(peer);
  return compareChecks(one, [mine, theirs]);
}

/** The comparison behind `agree`. Throws when the two answers differ by more than rounding. */
export function compareChecks(
  one: PaperCase,
  [mine, theirs]: readonly [Check, Check],
): Agreement {
  const largest = Math.max(...theirs.logits.map(Math.abs));
  const logits = Math.max(...mine.logits.map((v, i) => Math.abs(v - theirs.logits[i]!))) / largest;
  const loss = Math.abs(mine.loss - theirs.loss) / Math.abs(theirs.loss);
  const same = mine.parameters === theirs.parameters &&
    mine.logits.length === theirs.logits.length &&
    logits <= TOLERANCE.logits && loss <= TOLERANCE.loss;
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
  return { blocks: one.blocks, parameters: mine.parameters, logits, loss };
}

/** An agreement in one line. */
export function agreementLine({ blocks, parameters, logits, loss }: Agreement): string {
  return `n = ${blocks}: the same ${parameters} parameters; with the same weights, float32 logits ` +
    `differ by ${logits.toExponential(1)} of the largest, the training loss by ${
      loss.toExponential(1)
    }`;
}
