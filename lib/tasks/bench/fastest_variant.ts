/** Finds the fastest of the ways in which a contender can run a case. */
import type { BenchCase } from "./bench_cases.ts";
import type { Contender } from "./contender.ts";
import { Refusal, WorkerProcess } from "./worker_process.ts";

/** What was tried, and what won. */
export interface Choice {
  /** The fastest way. */
  readonly variant: string;
  /** Images a second of each way, or what went wrong; empty when there was only one way. */
  readonly tried: Record<string, number | string>;
}

/** How carefully to look. */
export interface ChoiceOptions {
  /** The contender whose ways are tried. */
  readonly contender: Contender;
  /** Whether the ways that take minutes to get ready are tried too. */
  readonly thorough: boolean;
  /** Ends the work at once when aborted. */
  readonly signal: AbortSignal;
  /** Told which way is being tried. */
  readonly onTry: (variant: string) => void;
}

/**
 * Trial bursts of each way; the best counts, since what disturbs only ever slows down. One alone has
 * chosen the slower way where two lie within a tenth of each other.
 */
const TRIALS = 3;

/**
 * Tries every way in a worker of its own, or in a new one after a way that failed. A way that fails is noted
 * and passed over.
 *
 * @throws Refusal for a case that the device refuses, whatever the way; Error when all ways fail.
 */
export async function chooseVariant(one: BenchCase, options: ChoiceOptions): Promise<Choice> {
  const { contender, thorough, signal, onTry } = options;
  const variants = contender.variants(one);
  if (variants.length === 1) return { variant: variants[0]!, tried: {} };
  const tried: Record<string, number | string> = {};
  let worker = new WorkerProcess(contender.worker, signal);
  const tryAll = async (variants: readonly string[]) => {
    for (const variant of variants) {
      onTry(variant);
      try {
        tried[variant] = await speed(one, worker, variant);
      } catch (error) {
        if (signal.aborted || error instanceof Refusal) throw error;
        tried[variant] = (error as Error).message.split("\n")[0]!;
        await worker[Symbol.asyncDispose]();
        worker = new WorkerProcess(contender.worker, signal);
      }
    }
  };
  try {
    await tryAll(variants);
    if (thorough) await tryAll(contender.refine?.(fastest(tried)) ?? []);
  } finally {
    await worker[Symbol.asyncDispose]();
  }
  return { variant: fastest(tried), tried };
}

/** Images a second of the best of some bursts. */
async function speed(
  one: BenchCase,
  worker: WorkerProcess,
  variant: string,
): Promise<number> {
  await worker.ask("prepare", { case: one, variant });
  const speeds: number[] = [];
  let steps = 1;
  for (let i = 0; i <= TRIALS; i++) {
    const { seconds } = await worker.ask("burst", { steps });
    if (i > 0) speeds.push(one.batch * steps / seconds);
    else steps = Math.max(1, Math.round(1 / seconds)); // the first only tells how long a step takes
  }
  return Math.max(...speeds);
}

function fastest(tried: Record<string, number | string>): string {
  let best: string | undefined;
  for (const [variant, value] of Object.entries(tried)) {
    if (typeof value === "number" && (best === undefined || value > (tried[best] as number))) {
      best = variant;
    }
  }
  if (best !== undefined) return best;
  throw new Error(Object.entries(tried).map(([variant, why]) => `${variant}: ${why}`).join("; "));
}
