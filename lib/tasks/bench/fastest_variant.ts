/** Finds the fastest of the ways in which a contender can run a case. */
import type { BenchCase } from "./bench_cases.ts";
import type { Contender } from "./contender.ts";
import { WorkerProcess } from "./worker_process.ts";

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

/** Trial bursts of each way; the best counts, since what disturbs only ever slows down. */
const TRIALS = 3;

/**
 * Tries every way in a fresh worker. A way that fails is noted and passed over; throws when all do.
 */
export async function chooseVariant(one: BenchCase, options: ChoiceOptions): Promise<Choice> {
  const { contender, thorough, signal, onTry } = options;
  const variants = contender.variants(one);
  if (variants.length === 1) return { variant: variants[0]!, tried: {} };
  const tried: Record<string, number | string> = {};
  const tryAll = async (variants: readonly string[]) => {
    for (const variant of variants) {
      onTry(variant);
      tried[variant] = await speed(one, { contender, variant, signal }).catch((error: Error) => {
        if (signal.aborted) throw error;
        return error.message.split("\n")[0]!;
      });
    }
  };
  await tryAll(variants);
  if (thorough) await tryAll(contender.refine?.(fastest(tried)) ?? []);
  return { variant: fastest(tried), tried };
}

async function speed(
  one: BenchCase,
  { contender, variant, signal }: { contender: Contender; variant: string; signal: AbortSignal },
): Promise<number> {
  await using worker = new WorkerProcess(contender.worker, signal);
  await worker.ask("prepare", { case: one, variant });
  const trials: number[] = [];
  let steps = 1;
  for (let i = 0; i <= TRIALS; i++) {
    const { seconds } = await worker.ask("burst", { steps });
    if (i > 0) trials.push(one.batch * steps / seconds);
    else steps = Math.max(1, Math.round(1 / seconds)); // the first only tells how long a step takes
  }
  return Math.max(...trials);
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
