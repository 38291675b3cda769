/**
 * The terms of the paper's objective on small stochastic encoders, as exact expectations with exact
 * gradients, in nats: cross-entropy of heads, and Σ KL of the local information loss in three forms.
 * The loop that descends is in encoder_training.ts.
 */
import { logSoftmaxRows, type SoftEncoder, type SoftEncoding } from "./soft_encoding.ts";

/** One array per head: logits, or gradients at them. Rows as in soft_encoding.ts, a column per label. */
export interface HeadTables {
  /** The head that sees all features. */
  readonly joint: Float64Array;
  /** For each block, the head that sees all others. */
  readonly leaveOneOut: readonly Float64Array[];
}

/**
 * How Σ KL is computed.
 * - `"paper"`: Σ E KL(P_Z ‖ P_{Z∖zᵢ}) as in Eq. 8, with gradients into every head.
 * - `"official"`: what the official code computes at commit c361f1c: Σ E KL(P_{Z∖zᵢ} ‖ P_Z) divided by
 *   the number of labels, logits divided by 1.5, the joint head held constant.
 * - `"optimalHeads"`: Σ I(zᵢ; y | Z∖zᵢ) itself, which is the paper's form when heads are posteriors.
 */
export type DivergenceForm = "paper" | "official" | "optimalHeads";

/** A term and its gradient. */
export interface EncoderTerm {
  /** The term in nats. */
  readonly value: number;
  /** ∂value/∂p(Z, y). */
  readonly cells: Float64Array;
  /** ∂value/∂logits of each head. */
  readonly heads: HeadTables;
}

/** What the terms are computed from. */
export interface EncoderTermInput {
  /** The problem, made ready. */
  readonly encoder: SoftEncoder;
  /** p(Z, y) now. */
  readonly encoding: SoftEncoding;
  /** The heads' logits. */
  readonly heads: HeadTables;
}

const OFFICIAL_TEMPERATURE = 1.5;

/** A term of value 0 in the right shapes, to be added to. */
function zeroTerm({ encoding }: EncoderTermInput): EncoderTerm & { value: number } {
  return {
    value: 0,
    cells: new Float64Array(encoding.joint.length),
    heads: {
      joint: new Float64Array(encoding.joint.length),
      leaveOneOut: encoding.leaveOneOut.map((table) => new Float64Array(table.length)),
    },
  };
}

/** Logits whose softmax is the exact posterior: the heads that no others beat. */
export function optimalHeads({ joint, leaveOneOut }: SoftEncoding): HeadTables {
  const log = (table: Float64Array) => table.map((p) => Math.log(Math.max(p, Number.MIN_VALUE)));
  return { joint: log(joint), leaveOneOut: leaveOneOut.map(log) };
}

function sumOf(table: Float64Array, start: number, length: number): number {
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += table[i];
  return sum;
}

/** −Σ p log q of one head; the gradient is p(row) q − p at its logits, −log q at the cells it reads. */
function headCrossEntropy(table: Float64Array, logits: Float64Array, labels: number) {
  const log = logSoftmaxRows(logits, labels);
  const gradient = new Float64Array(table.length);
  let value = 0;
  for (let start = 0; start < table.length; start += labels) {
    const mass = sumOf(table, start, labels);
    for (let i = start; i < start + labels; i++) {
      value -= table[i] * log[i];
      gradient[i] = mass * Math.exp(log[i]) - table[i];
    }
  }
  return { value, gradient, log };
}

/** Cross-entropy of the joint head. With optimal heads it is H(y | Z), with the same gradient at the cells. */
export function jointCrossEntropy(input: EncoderTermInput): EncoderTerm {
  const { encoding, heads, encoder } = input;
  const { value, gradient, log } = headCrossEntropy(encoding.joint, heads.joint, encoder.labels);
  return { value, cells: log.map((l) => -l), heads: { ...zeroTerm(input).heads, joint: gradient } };
}

/** Sum of the cross-entropies of the leave-one-out heads. */
export function leaveOneOutCrossEntropy(input: EncoderTermInput): EncoderTerm {
  const { encoding, heads, encoder: { labels, rowWithout } } = input;
  const sum = zeroTerm(input);
  const gradients = encoding.leaveOneOut.map((table, block) => {
    const { value, gradient, log } = headCrossEntropy(table, heads.leaveOneOut[block], labels);
    sum.value += value;
    for (let i = 0; i < sum.cells.length; i++) {
      sum.cells[i] -= log[rowWithout[block][Math.floor(i / labels)] * labels + i % labels];
    }
    return gradient;
  });
  return { ...sum, heads: { joint: sum.heads.joint, leaveOneOut: gradients } };
}

/** Σ KL in one of its forms: what the form's heads claim Σ I(zᵢ; y | Z∖zᵢ) to be, or the truth. */
export function summedDivergence(input: EncoderTermInput, form: DivergenceForm): EncoderTerm {
  const { encoding, encoder: { labels, rows, rowWithout } } = input;
  const temperature = form === "official" ? OFFICIAL_TEMPERATURE : 1;
  const heads = form === "optimalHeads" ? optimalHeads(encoding) : input.heads;
  const log = (u: Float64Array) => logSoftmaxRows(u.map((v) => v / temperature), labels);
  const a = log(heads.joint), sum = zeroTerm(input);
  heads.leaveOneOut.forEach((logits, block) => {
    const b = log(logits), into = sum.heads.leaveOneOut[block];
    for (let z = 0; z < rows; z++) {
      const i = z * labels, j = rowWithout[block][z] * labels;
      const mass = sumOf(encoding.joint, i, labels);
      let kl = 0;
      for (let y = 0; y < labels; y++) {
        const ratio = a[i + y] - b[j + y];
        kl += form === "official" ? Math.exp(b[j + y]) * -ratio : Math.exp(a[i + y]) * ratio;
      }
      const share = form === "official" ? labels : 1;
      sum.value += mass * kl / share;
      for (let y = 0; y < labels; y++) {
        const pa = Math.exp(a[i + y]), pb = Math.exp(b[j + y]), ratio = a[i + y] - b[j + y];
        // with optimal heads I = Σ p log(posterior ratio), whose derivative is the ratio itself
        sum.cells[i + y] += form === "optimalHeads" ? ratio : kl / share;
        if (form === "paper") {
          sum.heads.joint[i + y] += mass * pa * (ratio - kl);
          into[j + y] += mass * (pb - pa);
        } else if (form === "official") {
          into[j + y] += mass * pb * (-ratio - kl) / (share * temperature);
        }
      }
    }
  });
  return sum;
}
