/** What the processes of a group are asked, each at the same time; they answer as the bench's workers do. */
import type { DetectorCase } from "../bench_cases.ts";

/** The parts of a step that are timed by themselves. */
export type StepPart = "forward" | "passes" | "reduce" | "step";

/** A network that is ready to be timed. */
export interface PreparedParts {
  /** Operations of the captured step. */
  readonly nodes: number;
  /** Collectives of a step. */
  readonly collectives: number;
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
  /** Get ready for this; `joinsNorm`: batch norm takes the statistics of all devices. */
  prepare: [{ readonly case: DetectorCase; readonly joinsNorm: boolean }, PreparedParts];
  /** Do this so many times, after once; seconds of each. */
  time: [{ readonly part: StepPart; readonly repeats: number }, { readonly seconds: number[] }];
  /** The mean of so many bytes over all processes, so many times, after once; seconds of each. */
  allReduce: [{ readonly bytes: number; readonly repeats: number }, { readonly seconds: number[] }];
}
