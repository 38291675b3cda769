/** What the processes of a group are asked, each at the same time; they answer as the bench's workers do. */
import type { DetectorCase } from "../bench_cases.ts";

/** The parts of a step that are timed by themselves. */
export type StepPart = "forward" | "passes" | "reduce" | "step";

/** A part that was timed. */
export interface TimedPart {
  /** Operations of the captured function. */
  readonly nodes: number;
  /** Collectives of a run. */
  readonly collectives: number;
  /** Seconds of each run. */
  readonly seconds: readonly number[];
}

/** Everything that can be asked. */
export interface MemberQuestions {
  /** Meet the others, then start the engine. Alone: start it. */
  join: [
    {
      readonly rank: number;
      readonly size: number;
      readonly port: number;
      readonly threads: number;
    },
    { readonly version: string },
  ];
  /** Capture this part of the network's step and run it so many times, after once. */
  time: [
    { readonly case: DetectorCase; readonly part: StepPart; readonly repeats: number },
    TimedPart,
  ];
  /** The mean of so many bytes over all processes, so many times, after once; seconds of each. */
  allReduce: [{ readonly bytes: number; readonly repeats: number }, { readonly seconds: number[] }];
}
