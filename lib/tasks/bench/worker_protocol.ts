/**
 * What the coordinator and its two workers say to each other: one JSON request a line on a worker's
 * standard input, one JSON reply a line on its standard output, `{ "error": … }` when it failed, with
 * `"refused": true` where that is no fault: the device has no such thing. deno_worker.ts and torch_worker.py
 * both answer to this.
 */
import type { DeviceName } from "lib/engine/eager_context.ts";
import type { BenchCase, DetectorCase, PaperCase, ResolvedCase } from "./bench_cases.ts";

/** What both sides are told before they begin. */
export interface SideOptions {
  /** Threads of the processor. */
  readonly threads: number;
  /** Where to compute; left out: each as it does by itself, ours on the first GPU or else on the processor. */
  readonly device?: DeviceName;
  /** Whether a GPU may round float32 products to TF32. Default: yes, on both sides. */
  readonly tensorFloat32?: boolean;
}

/** The environment variables that tell a worker its device (`cpu`, `gpu:0`) and whether TF32 is allowed (1, 0). */
export const DEVICE_VARIABLE = "FORGERY_CLUES_BENCH_DEVICE",
  TENSOR_FLOAT32_VARIABLE = "FORGERY_CLUES_BENCH_TF32";

/** Those variables for these options. */
export function deviceEnvironment(
  { device, tensorFloat32 = true }: SideOptions,
): Record<string, string> {
  return {
    ...device === undefined ? {} : { [DEVICE_VARIABLE]: device },
    [TENSOR_FLOAT32_VARIABLE]: tensorFloat32 ? "1" : "0",
  };
}

/** The framework behind a worker. */
export interface Description {
  /** Such as "PyTorch". */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Threads it computes with. */
  readonly threads: number;
  /** What it computes on: `"CPU:0"`, `"GPU:0"`. */
  readonly device: string;
  /** Whether float32 products are rounded to TF32 there, as one has shown. */
  readonly tensorFloat32: boolean;
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
  /** Bytes that its tensors took of a GPU at most, where the framework counts them: PyTorch's does. */
  readonly allocated?: number;
  /** Bytes of a GPU that the framework kept for them at most, likewise. */
  readonly reserved?: number;
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
