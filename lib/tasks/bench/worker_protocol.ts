/**
 * What the coordinator and its two workers say to each other: one JSON request a line on a worker's
 * standard input, one JSON reply a line on its standard output, `{ "error": … }` when it failed.
 * deno_worker.ts and torch_worker.py both answer to this.
 */
import type { BenchCase, DetectorCase, PaperCase, ResolvedCase } from "./bench_cases.ts";

/** The framework behind a worker. */
export interface Description {
  /** Such as "PyTorch". */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Threads it computes with. */
  readonly threads: number;
  /** Anything else that decides its speed. */
  readonly detail: string;
}

/** What both sides must agree on before they are timed. */
export interface Check {
  /** Trainable numbers of the detector, without the three weights of the losses. */
  readonly parameters: number;
  /**
   * In evaluation mode, float32: the paper's joint, leave-one-out and global logits, one row after
   * another; of any other detector the log-odds.
   */
  readonly logits: number[];
  /** The training objective of the same batch, float32, without dropout. */
  readonly loss: number;
}

/** A case that is ready to be timed; its first steps, which compile and allocate, are behind it. */
export interface Prepared {
  /** Trainable numbers of the detector. */
  readonly parameters: number;
  /** What the last step returned: the loss, or the sum of the joint logits. */
  readonly value: number;
  /** What the worker's side would say about how it runs the case, such as the number of nodes. */
  readonly detail?: string;
}

/** A number of steps, timed without a break. */
export interface Burst {
  /** Seconds for all of them. */
  readonly seconds: number;
  /** What the last step returned. */
  readonly value: number;
}

/** Kinds of operations, as both sides can tell them apart. */
export type OperationKind =
  | "convolution"
  | "depthwise convolution"
  | "batch norm"
  | "pooling"
  | "matrix product"
  | "Fourier transform"
  | "rest";

/** Seconds of processor time that one pass spends in each kind of operation, run one after another. */
export type OperationTimes = Readonly<Partial<Record<OperationKind, number>>>;

/** Everything that can be asked, with its arguments and its reply. */
export interface Questions {
  /** Who are you? */
  describe: [Record<never, never>, Description];
  /** What does this come to? Asked of our side only. */
  resolve: [{ case: DetectorCase }, ResolvedCase];
  /** Compute this once, to be compared. */
  check: [{ case: PaperCase | ResolvedCase }, Check];
  /** The best speed of products of two square matrices, in operations a second. */
  peak: [
    { side: number; repeats: number; precision: BenchCase["precision"] },
    { flops: number },
  ];
  /** Get ready for this case; `variant` is one of the worker's own ways to run it. */
  prepare: [{ case: BenchCase; variant: string }, Prepared];
  /** Where does the time of a pass go? Training: forward and backward, without the optimiser. */
  operations: [{ case: BenchCase; variant: string }, { times: OperationTimes }];
  /** Run steps of the prepared case. */
  burst: [{ steps: number }, Burst];
}
