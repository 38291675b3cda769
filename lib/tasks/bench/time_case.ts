/**
 * Times one case on both sides: short bursts in turn, the other side idle, so that whatever slows the
 * machine down for a while slows both. The ratio is taken within a round.
 */
import { type BenchCase, caseName } from "./bench_cases.ts";
import type { Contender } from "./contender.ts";
import { type MemoryOf, watchMemory } from "./watch_memory.ts";
import { busySeconds, peakMemory, processSeconds, resetPeakMemory } from "./machine.ts";
import type { OperationTimes, Prepared } from "./worker_protocol.ts";
import { type Choice, chooseVariant } from "./fastest_variant.ts";
import { WorkerProcess } from "./worker_process.ts";

/** One side's measurements of a case. */
export interface SideResult extends Choice, Prepared {
  /** The contender's name. */
  readonly name: string;
  /** Images a second, round by round. */
  readonly imagesPerSecond: number[];
  /** Seconds of processor time an image, of all threads, round by round; null where unknown. */
  readonly processorSeconds: (number | null)[];
  /**
   * The most memory its process ever held, in bytes, getting ready included; on a GPU what it took of the card's
   * until it was ready, as the driver says; null where unknown.
   */
  readonly peakMemory: number | null;
  /** The most memory its process held while it was timed, in bytes; null where unknown, and on a GPU. */
  readonly stepMemory: number | null;
}

/** A case's measurements. */
export interface CaseResult {
  /** What was timed. */
  readonly case: BenchCase;
  /** Steps in a burst. */
  readonly steps: number;
  /** Our side. */
  readonly ours: SideResult;
  /** The other side, if there is one. */
  readonly peer?: SideResult;
  /** Cores that other programs kept busy in each round, on average; null where unknown. */
  readonly disturbance: (number | null)[];
  /** Where a pass of both sides goes, asked where ours is slower than wanted. */
  readonly operations?: Operations;
}

/** Seconds of processor time of a pass on both sides, by kind of operation. */
export interface Operations {
  /** Pictures in the pass. */
  readonly pictures: number;
  /** Of our side. */
  readonly ours: OperationTimes;
  /** Of the other. */
  readonly peer: OperationTimes;
}

/** How carefully a case is timed. */
export interface ComparisonOptions {
  /** The framework compared with, if any. */
  readonly peer?: Contender;
  /** What both compute on, as `Description.device`. */
  readonly device: string;
  /** Tells a GPU's memory. Default: its driver. */
  readonly memoryOf?: MemoryOf;
  /** Rounds, each one burst of each side. */
  readonly rounds: number;
  /** Seconds that a burst of the slower side should take, unless one step takes longer. */
  readonly burstSeconds: number;
  /** Whether the ways that take minutes to get ready (compiling) are tried too. */
  readonly thorough: boolean;
  /** Ends the work at once when aborted. */
  readonly signal: AbortSignal;
  /** Told how much of the case is done, 0 to 1, and what goes on. */
  readonly onProgress: (share: number, note: string) => void;
}

/** Pause before a burst, in milliseconds: the other side's threads may still be spinning. */
const PAUSE = 50;

/**
 * Times `one` with fresh workers, so that their peak memory belongs to this case alone.
 *
 * @throws Error when a worker fails, beginning with the side's name, or when `signal` is aborted.
 */
export async function compareCase(
  one: BenchCase,
  ours: Contender,
  options: ComparisonOptions,
): Promise<CaseResult> {
  const { peer, rounds, signal } = options;
  const note = (share: number, what: string) =>
    options.onProgress(share, `${caseName(one)}, ${what}`);
  const contenders = peer === undefined ? [ours] : [ours, peer];
  const choices: Choice[] = [];
  for (const contender of contenders) {
    const onTry = (variant: string) => note(0.1, `${variant}?`);
    choices.push(await chooseVariant(one, { ...options, contender, onTry }));
  }

  note(0.4, "getting ready");
  await using stack = new AsyncDisposableStack();
  const { device, memoryOf } = options, isGpu = device.startsWith("GPU");
  const workers: WorkerProcess[] = [], prepared: Prepared[] = [], taken: (number | null)[] = [];
  let steps = 1;
  for (const [i, contender] of contenders.entries()) { // one after another, to tell what each takes
    const takenSince = await watchMemory(device, memoryOf);
    const worker = stack.use(new WorkerProcess(contender.worker, signal));
    workers.push(worker);
    prepared.push(await worker.ask("prepare", { case: one, variant: choices[i]!.variant }));
    const { seconds } = await worker.ask("burst", { steps: 1 });
    const wanted = Math.max(1, Math.round(options.burstSeconds / seconds));
    steps = i === 0 ? wanted : Math.min(steps, wanted);
    taken.push(await takenSince());
  }
  const lifePeaks = workers.map(({ pid }) => peakMemory(pid));
  for (const { pid } of workers) resetPeakMemory(pid);

  const disturbance: (number | null)[] = [];
  const speeds: number[][] = workers.map(() => []);
  const processor: (number | null)[][] = workers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    note(0.5 + round / rounds / 2, `round ${round + 1}/${rounds}`);
    const others = watchOthers(workers.map(({ pid }) => pid));
    for (const [i, worker] of workers.entries()) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      const used = processSeconds(worker.pid);
      const { seconds } = await worker.ask("burst", { steps });
      const images = one.batch * steps, after = processSeconds(worker.pid);
      speeds[i]!.push(images / seconds);
      processor[i]!.push(used === null || after === null ? null : (after - used) / images);
    }
    disturbance.push(others());
  }

  const results = workers.map(({ pid }, i): SideResult => {
    const stepMemory = isGpu ? null : peakMemory(pid);
    const life = lifePeaks[i]!;
    const ofProcess = life === null || stepMemory === null ? null : Math.max(life, stepMemory);
    return {
      name: contenders[i]!.worker.name,
      ...choices[i]!,
      ...prepared[i]!,
      imagesPerSecond: speeds[i]!,
      processorSeconds: processor[i]!,
      peakMemory: isGpu ? taken[i]! : ofProcess,
      stepMemory,
    };
  });
  const [first, second] = results as [SideResult, SideResult?];
  return { case: one, steps, ours: first, ...(second && { peer: second }), disturbance };
}

/** Starts to watch; the returned function says how many cores others than `pids` used since. */
function watchOthers(pids: readonly number[]): () => number | null {
  const others = () => {
    const own = pids.map(processSeconds).concat(processSeconds(Deno.pid));
    const all = busySeconds();
    if (all === null || own.includes(null)) return null;
    return all - own.reduce<number>((sum, seconds) => sum + seconds!, 0);
  };
  const before = others();
  const start = performance.now();
  return () => {
    const after = others();
    if (before === null || after === null) return null;
    return Math.max(0, after - before) / ((performance.now() - start) / 1000);
  };
}
