/** What is timed: the cases, how they are named and chosen, and the arithmetic each step costs. */
import type { DeviceName } from "lib/engine/eager_context.ts";

/** What all cases have. */
export interface AnyCase {
  /** "inference" is a forward pass in evaluation mode; "training" is a whole step with Adam. */
  readonly work: "inference" | "training";
  /** float32 throughout, or half of it where the framework's mixed precision chooses that. */
  readonly precision: "float32" | "float16" | "bfloat16";
  /** Images in a step. */
  readonly batch: number;
}

/** The paper's detector with blocks of ResNet-34: work that both sides do in the same way. */
export interface PaperCase extends AnyCase {
  /** Number n of local information blocks, 1 to 8. */
  readonly blocks: number;
  /** Side of the square images in pixels, a multiple of 32. */
  readonly size: number;
  /** Channels as a share of ResNet-34's. */
  readonly width: number;
}

/** Any detector. */
export interface DetectorCase extends AnyCase {
  /** A name in the register, or the absolute path of a TypeScript file. */
  readonly detector: string;
  /** Its preset; left out: its first. */
  readonly preset?: string;
  /** Fields of the preset that are changed, such as `"depth=shallow"`. */
  readonly changes?: readonly string[];
}

/** What a detector's case comes to: all that PyTorch's side has to know to do the same. */
export interface ResolvedCase extends DetectorCase {
  /** Every setting of the detector. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Side of the square images in pixels. */
  readonly size: number;
  /** Adam's rate and its weight decay. */
  readonly learningRate: number;
  /** As PyTorch's Adam takes it. */
  readonly weightDecay: number;
}

/** One piece of work. */
export type BenchCase = PaperCase | DetectorCase | ResolvedCase;

/** Whether it is the paper's detector, whose blocks are counted and whose two precisions are compared. */
export function isPaperCase(one: BenchCase): one is PaperCase {
  return "blocks" in one;
}

/** In which sizes the paper's detector is timed. */
export interface PaperSizes {
  /** Numbers of blocks. */
  readonly blocks: readonly number[];
  /** As in `PaperCase`. */
  readonly size: number;
  /** As in `PaperCase`. */
  readonly width: number;
  /** Images in a step. */
  readonly batch: number;
}

/** The sizes of the comparison: one and four blocks of ResNet-34, 224 px, batch 8. */
export const PAPER_SIZES: PaperSizes = Object.freeze({
  blocks: Object.freeze([1, 4]),
  size: 224,
  width: 1,
  batch: 8,
});

/** What each kind of device mixes: on a processor TensorFlow's float16 is refused. */
const PRECISIONS = {
  cpu: ["float32", "bfloat16"],
  gpu: ["float32", "float16", "bfloat16"],
} as const;

/** The cases of the paper's detector on a device: eight on a processor, twelve on a GPU. */
export function paperCases(
  device: DeviceName = "cpu",
  { blocks, size, width, batch }: PaperSizes = PAPER_SIZES,
): PaperCase[] {
  return (["inference", "training"] as const).flatMap((work) =>
    PRECISIONS[device === "cpu" ? "cpu" : "gpu"].flatMap((precision) =>
      blocks.map((count) => ({ work, precision, blocks: count, size, batch, width }))
    )
  );
}

/** What a detector's cases share. */
export type ChosenDetector = Pick<DetectorCase, "detector" | "preset" | "changes">;

/** The cases of any other detector: both works in float32. */
export function detectorCases(chosen: ChosenDetector, batch: number): DetectorCase[] {
  return (["inference", "training"] as const).map((work) => ({
    work,
    precision: "float32",
    batch,
    ...chosen,
  }));
}

/** What a case computes, such as `n4`, `xception` or `spsl-shallow`: alike for all its work. */
export function networkName(one: BenchCase): string {
  if (isPaperCase(one)) return `n${one.blocks}`;
  const { detector, preset, changes = [] } = one;
  const name = detector.replace(/^.*[/\\]/, "").replace(/\.\w+$/, "");
  const values = changes.map((change) => change.slice(change.indexOf("=") + 1));
  return [name, ...preset === undefined ? [] : [preset], ...values].join("-");
}

/** Whether PyTorch's side is told enough to do the same. */
export function isComparable(one: BenchCase): one is PaperCase | ResolvedCase {
  return "size" in one;
}

/** A case's name, such as `training-bfloat16-n4` or `inference-float32-xception`. */
export function caseName(one: BenchCase): string {
  return `${one.work}-${one.precision}-${networkName(one)}`;
}

/**
 * The cases that fit one of `patterns`: a pattern is a name, or parts of one joined by `-`.
 *
 * @throws RangeError for a pattern that fits no case, with the names there are.
 *
 * @example All training steps, and one inference
 * ```ts
 * import { caseName, chooseCases, paperCases } from "lib/tasks/bench/bench_cases.ts";
 * import assert from "node:assert/strict";
 *
 * const chosen = chooseCases(paperCases("cpu"), ["training-n4", "inference-float32-n1"]).map(caseName);
 * assert.deepEqual(chosen, [
 *   "inference-float32-n1",
 *   "training-float32-n4",
 *   "training-bfloat16-n4",
 * ]);
 * ```
 */
export function chooseCases<Case extends BenchCase>(
  cases: readonly Case[],
  patterns: readonly string[],
): Case[] {
  const fits = (one: Case, pattern: string) => {
    const parts = caseName(one).split("-");
    return pattern.split("-").every((part) => parts.includes(part));
  };
  for (const pattern of patterns) {
    if (!cases.some((one) => fits(one, pattern))) {
      throw new RangeError(
        `No case is called "${pattern}". Cases: ${cases.map(caseName).join(", ")}; parts work too.`,
      );
    }
  }
  return cases.filter((one) => patterns.some((pattern) => fits(one, pattern)));
}

/** Output channels, residual blocks and stride of ResNet-34's four stages (He et al. 2016). */
const STAGES = [[64, 3, 1], [128, 4, 2], [256, 6, 2], [512, 3, 2]] as const;

/**
 * Multiply-accumulates of one image's forward pass: convolutions (output positions × kernel area ×
 * input channels × output channels) and linear layers (inputs × outputs), nothing else.
 */
export function forwardMacs({ blocks, size, width }: PaperCase): number {
  const channels = STAGES.map(([c]) => Math.round(c * width));
  let inputs = channels[0]!;
  let side = size / 2;
  let backbone = side ** 2 * 49 * 3 * inputs;
  side /= 2; // max pooling
  STAGES.forEach(([, count, stride], stage) => {
    const outputs = channels[stage]!;
    side /= stride;
    for (let i = 0; i < count; i++) {
      if (inputs !== outputs) backbone += side ** 2 * inputs * outputs; // the shortcut
      backbone += side ** 2 * 9 * outputs * (inputs + outputs);
      inputs = outputs;
    }
  });
  const joint = blocks * inputs;
  const leaveOneOut = blocks * (joint - inputs) * 2;
  const bottleneck = joint * 1000 + 1000 * 500 + 500 * inputs;
  return blocks * backbone + leaveOneOut + bottleneck + joint * 2 + inputs * 2;
}

/**
 * Floating-point operations of one step over the whole batch, by the usual convention: two a
 * multiply-accumulate, and a training step counts as three forward passes (forward, gradient of the
 * activations, gradient of the weights).
 */
export function stepFlops(one: PaperCase): number {
  return 2 * forwardMacs(one) * one.batch * (one.work === "training" ? 3 : 1);
}
