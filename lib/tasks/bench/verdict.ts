/** What a case's measurements say: our speed and memory against the peer's, and against what is wanted. */
import type { BenchCase } from "./bench_cases.ts";
import { summarise, type Summary } from "./statistics.ts";
import type { CaseResult, SideResult } from "./time_case.ts";

/** The smallest median ratio of our speed to PyTorch's that is wanted; memory: at most PyTorch's. */
const TARGETS: Record<`${BenchCase["work"]}-${BenchCase["precision"]}`, number> = {
  "inference-float32": 1,
  "training-float32": 1,
  "inference-float16": 1,
  "training-float16": 0.9,
  "inference-bfloat16": 1,
  "training-bfloat16": 0.9,
};

/**
 * Cores busy with other programs up to which a round counts. PyTorch's threads wait for each other by
 * spinning and lose far more than their share to a third program, so a disturbed ratio flatters us.
 */
export const QUIET = 0.2;

/** A case measured on both sides, with what follows from it. */
export interface Verdict {
  /** Rounds that count: the quiet ones, or all where fewer than three are quiet. Counted from 0. */
  readonly rounds: number[];
  /** Our speed as a multiple of the peer's, over the rounds. */
  readonly ratio: Summary;
  /**
   * Processor time an image of the peer's as a multiple of ours, over all rounds: what the ratio would be if
   * nothing disturbed and all threads were busy. Null where processor time is unknown or too short to tell.
   */
  readonly processor: Summary | null;
  /** The smallest median wanted. */
  readonly target: number;
  /** Whether the median reaches the target. */
  readonly fast: boolean;
  /** Our peak memory as a multiple of the peer's; null where memory is unknown. */
  readonly memory: number | null;
  /** Whether our peak memory is no higher than the peer's; true where unknown. */
  readonly lean: boolean;
}

/** Compares a case with its targets; null when there was no peer. */
export function judge(result: CaseResult): Verdict | null {
  const { case: one, ours, peer } = result;
  if (peer === undefined) return null;
  const rounds = countingRounds(result);
  const ratio = summarise(rounds.map((i) => ours.imagesPerSecond[i]! / peer.imagesPerSecond[i]!));
  const target = TARGETS[`${one.work}-${one.precision}`];
  const memory = ours.peakMemory === null || peer.peakMemory === null
    ? null
    : ours.peakMemory / peer.peakMemory;
  return {
    rounds,
    ratio,
    processor: processorRatio(result),
    target,
    fast: ratio.median >= target,
    memory,
    lean: memory === null || memory <= 1,
  };
}

function processorRatio({ ours, peer }: CaseResult): Summary | null {
  const ratios = ours.processorSeconds.map((own, i) => {
    const theirs = peer?.processorSeconds[i] ?? null;
    return own === null || theirs === null || own === 0 ? null : theirs / own;
  }).filter((ratio) => ratio !== null);
  return ratios.length === 0 ? null : summarise(ratios);
}

/** Rounds that count, from 0: the quiet ones, or all where fewer than three are quiet. */
function countingRounds({ disturbance }: CaseResult): number[] {
  const all = disturbance.map((_, i) => i);
  const quiet = all.filter((i) => (disturbance[i] ?? 0) <= QUIET);
  return quiet.length >= 3 ? quiet : all;
}

/** Images a second: median of the rounds that count. */
export function speed(result: CaseResult, side: SideResult): number {
  return summarise(countingRounds(result).map((i) => side.imagesPerSecond[i]!)).median;
}
