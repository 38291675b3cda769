/** What the workers are asked of a case beside its timing. */
import { type BenchCase, isPaperCase } from "./bench_cases.ts";
import type { Contender } from "./contender.ts";
import type { CaseResult } from "./time_case.ts";
import { judge } from "./verdict.ts";
import { WorkerProcess } from "./worker_process.ts";

/** The cases with all that their detectors' settings say. Throws for a detector or a setting that there is not. */
export async function resolveCases(
  cases: readonly BenchCase[],
  ours: Contender,
  signal: AbortSignal,
): Promise<BenchCase[]> {
  if (cases.every(isPaperCase)) return [...cases];
  await using worker = new WorkerProcess(ours.worker, signal);
  const resolved: BenchCase[] = [];
  for (const one of cases) {
    resolved.push(isPaperCase(one) ? one : await worker.ask("resolve", { case: one }));
  }
  return resolved;
}

/** Pictures of a pass that is looked into. */
const LOOKED_INTO = 4;

/**
 * The result with where the time of both sides goes, if a detector is slower than wanted, or
 * takes more processor time; on a processor alone, as a GPU's is not the processor's time. What limits the
 * paper's stands in results/bench/README.md.
 */
export async function withOperations(
  result: CaseResult,
  { contenders: [ours, peer], device, signal }: {
    contenders: readonly [Contender, Contender | undefined];
    device: string;
    signal: AbortSignal;
  },
): Promise<CaseResult> {
  const verdict = judge(result);
  if (!device.startsWith("CPU")) return result;
  if (peer === undefined || verdict === null || isPaperCase(result.case)) return result;
  if (verdict.fast && (verdict.processor?.median ?? 1) >= verdict.target) return result;
  const one = { ...result.case, batch: Math.min(result.case.batch, LOOKED_INTO) };
  const ask = async ({ worker }: Contender, variant: string) => {
    await using process = new WorkerProcess(worker, signal);
    return (await process.ask("operations", { case: one, variant })).times;
  };
  const mine = await ask(ours, result.ours.variant);
  const theirs = await ask(peer, result.peer!.variant);
  return { ...result, operations: { pictures: one.batch, ours: mine, peer: theirs } };
}
