/**
 * Training small stochastic encoders on a known joint by exact gradients, with every information
 * measured exactly on the way: what a form of the local information loss really does.
 */
import { type Random } from "lib/random.ts";
import {
  type DivergenceForm,
  type EncoderTerm,
  type EncoderTermInput,
  type HeadTables,
  jointCrossEntropy,
  leaveOneOutCrossEntropy,
  optimalHeads,
  summedDivergence,
} from "./encoder_losses.ts";
import { encodedJoint, type EncoderProblem, measureEncoding } from "./encoders.ts";
import { softEncoder } from "./soft_encoding.ts";

/** One way to train. */
export interface EncoderTrainingOptions {
  /** The form of the local information loss; "none" leaves it out. */
  readonly form: DivergenceForm | "none";
  /** Weight of the local information loss, 0 or more. */
  readonly weight: number;
  /**
   * Which heads cross-entropy trains: the joint one (the paper classifies from all features), or the
   * leave-one-out heads as well (the official code).
   */
  readonly crossEntropyHeads: "joint" | "all";
  /** Steps of Adam, 1 or more. */
  readonly steps: number;
  /** Adam's learning rate. */
  readonly learningRate: number;
  /** Steps between two records; the first and the last step are always recorded. */
  readonly recordEvery: number;
  /** Where the initial logits come from. */
  readonly random: Random;
}

/** What is known at one step. Informations in bits, the losses in nats. */
export interface EncoderRecord {
  /** Steps taken before this was measured. */
  readonly step: number;
  /** Cross-entropy plus weight times the local information loss. */
  readonly loss: number;
  /** exp(−Σ KL), the local information loss; 1 when it is left out. */
  readonly localLoss: number;
  /** Mean cross-entropy of the leave-one-out heads. */
  readonly leaveOneOutCrossEntropy: number;
  /** Σ KL as the heads claim it, in the form's own direction and scale. */
  readonly claimed: number;
  /** Σ I(zᵢ; y | Z∖zᵢ), exactly. */
  readonly objective: number;
  /** I(y; Z), exactly. */
  readonly information: number;
  /** The largest I(zᵢ; y), exactly. */
  readonly alone: number;
}

/** A finished training. */
export interface EncoderRun {
  /** The records in order. */
  readonly records: readonly EncoderRecord[];
  /** For each block its final p(z | x). */
  readonly channels: readonly Float64Array[];
}

/** `sum += factor · term` for every gradient. */
function addScaled(sum: EncoderTerm, term: EncoderTerm, factor: number) {
  const add = (into: Float64Array, from: Float64Array) => {
    for (let i = 0; i < into.length; i++) into[i] += factor * from[i];
  };
  add(sum.cells, term.cells);
  add(sum.heads.joint, term.heads.joint);
  term.heads.leaveOneOut.forEach((from, block) => add(sum.heads.leaveOneOut[block], from));
}

/** The whole loss in nats, its parts, and its gradient at the cells and heads. */
function encoderLoss(
  input: EncoderTermInput,
  options: Pick<EncoderTrainingOptions, "form" | "weight" | "crossEntropyHeads">,
): EncoderTerm & Pick<EncoderRecord, "localLoss" | "leaveOneOutCrossEntropy" | "claimed"> {
  const total = jointCrossEntropy(input), leaveOneOut = leaveOneOutCrossEntropy(input);
  let value = total.value, claimed = 0, localLoss = 1;
  if (options.crossEntropyHeads === "all") {
    value += leaveOneOut.value;
    addScaled(total, leaveOneOut, 1);
  }
  if (options.form !== "none") {
    const divergence = summedDivergence(input, options.form);
    claimed = divergence.value;
    localLoss = Math.exp(-claimed);
    value += options.weight * localLoss;
    addScaled(total, divergence, -options.weight * localLoss);
  }
  return {
    ...total,
    value,
    localLoss,
    claimed,
    leaveOneOutCrossEntropy: leaveOneOut.value / input.encoding.leaveOneOut.length,
  };
}

/** Adam (Kingma and Ba 2014) at its published settings, on a list of arrays changed in place. */
function adam(parameters: readonly Float64Array[], learningRate: number) {
  const mean = parameters.map((p) => new Float64Array(p.length));
  const square = parameters.map((p) => new Float64Array(p.length));
  let step = 0;
  return (gradients: readonly Float64Array[]) => {
    step++;
    parameters.forEach((p, k) => {
      for (let i = 0; i < p.length; i++) {
        const g = gradients[k][i];
        mean[k][i] = 0.9 * mean[k][i] + 0.1 * g;
        square[k][i] = 0.999 * square[k][i] + 0.001 * g * g;
        const scale = Math.sqrt(square[k][i] / (1 - 0.999 ** step)) + 1e-8;
        p[i] -= learningRate * (mean[k][i] / (1 - 0.9 ** step)) / scale;
      }
    });
  };
}

/**
 * Trains the encoders, and the heads with them but for the form "optimalHeads", where the heads are
 * the exact posteriors at every step.
 *
 * @param problem The source and the blocks' sizes.
 * @param options How to train.
 * @throws TypeError or RangeError as `encodedJoint` for a problem that is none; RangeError for a number
 * of steps that is not a whole number from 1.
 *
 * @example
 * ```ts
 * import { trainEncoders } from "lib/information/encoder_training.ts";
 * import { jointFromTable } from "lib/information/joint.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const source = jointFromTable({ y: 2, x: 2 }, [0.5, 0, 0, 0.5]);
 * const { records } = trainEncoders({ source, blocks: 2, symbols: 2 }, {
 *   form: "none", weight: 0, crossEntropyHeads: "joint",
 *   steps: 200, learningRate: 0.1, recordEvery: 100, random: createRandom(1),
 * });
 * assert(records.at(-1)!.information > 0.99); // of 1 bit
 * ```
 */
export function trainEncoders(
  problem: EncoderProblem,
  options: EncoderTrainingOptions,
): EncoderRun {
  const { steps, recordEvery, learningRate, random } = options;
  for (const [name, value] of Object.entries({ steps, recordEvery })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`Encoder training: ${name} is ${value}, not a whole number from 1.`);
    }
  }
  const encoder = softEncoder(problem), { symbols } = problem;
  const draw = (length: number, scale: number) =>
    Float64Array.from({ length }, () => scale * random.normal());
  const logits = encoder.rowWithout.map(() => draw(encoder.inputs * symbols, 0.5));
  const trained: HeadTables = {
    joint: draw(encoder.rows * encoder.labels, 0.1),
    leaveOneOut: encoder.rowWithout.map(() => draw(encoder.rows / symbols * encoder.labels, 0.1)),
  };
  const descend = adam([...logits, trained.joint, ...trained.leaveOneOut], learningRate);
  const records: EncoderRecord[] = [];
  for (let step = 0;; step++) {
    const encoding = encoder.encode(logits);
    const heads = options.form === "optimalHeads" ? optimalHeads(encoding) : trained;
    const loss = encoderLoss({ encoder, encoding, heads }, options);
    if (step % recordEvery === 0 || step === steps) {
      const { objective, information, alone } = measureEncoding(
        encodedJoint(problem, encoding.channels),
      );
      const { localLoss, leaveOneOutCrossEntropy } = loss;
      const claimed = loss.claimed / Math.LN2;
      const measured = { claimed, objective, information, alone };
      records.push({ step, loss: loss.value, localLoss, leaveOneOutCrossEntropy, ...measured });
    }
    if (step === steps) return { records, channels: encoding.channels };
    descend([...encoding.backward(loss.cells), loss.heads.joint, ...loss.heads.leaveOneOut]);
  }
}
