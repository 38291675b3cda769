/**
 * Stochastic encoders p(z | x) = softmax(logits): the exact p(Z, y) they give, and the way back from a
 * gradient at its cells to the logits. Losses on it are in encoder_losses.ts.
 *
 * Row Z is one state of all features, row R one state of all but one block's; the first block's
 * symbol changes slowest.
 */
import { type EncoderProblem, encoderTables } from "./encoders.ts";

/** log softmax of each row of `columns` logits, as a new array. */
export function logSoftmaxRows(logits: Float64Array, columns: number): Float64Array {
  const out = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += columns) {
    let top = -Infinity, sum = 0; // subtracting the largest keeps exp within range
    for (let i = start; i < start + columns; i++) top = Math.max(top, logits[i]);
    for (let i = start; i < start + columns; i++) sum += Math.exp(logits[i] - top);
    const log = top + Math.log(sum);
    for (let i = start; i < start + columns; i++) out[i] = logits[i] - log;
  }
  return out;
}

/** What the encoders make of the source. */
export interface SoftEncoding {
  /** p(Z, y), a row per Z, a column per label. */
  readonly joint: Float64Array;
  /** For each block p(Z∖zᵢ, y), a row per R. */
  readonly leaveOneOut: readonly Float64Array[];
  /** For each block p(zᵢ | x), a row per state of the input. */
  readonly channels: readonly Float64Array[];
  /** From ∂loss/∂p(Z, y) to ∂loss/∂logits, one array per block. */
  backward(cells: Float64Array): Float64Array[];
}

/** A problem made ready: the sizes and index tables that every step uses. */
export interface SoftEncoder {
  /** Number of labels. */
  readonly labels: number;
  /** Number of states of the whole input. */
  readonly inputs: number;
  /** Number of rows Z: symbols to the power of blocks. */
  readonly rows: number;
  /** For each block, the row R of each row Z. */
  readonly rowWithout: readonly Int32Array[];
  /** Encodes with the given logits, one array of input states × symbols per block. */
  encode(logits: readonly Float64Array[]): SoftEncoding;
}

/** Makes a problem ready. Throws as `encoderTables`. */
export function softEncoder(problem: EncoderProblem): SoftEncoder {
  const { blocks, symbols } = problem, { source, inputs, labels } = encoderTables(problem);
  const rows = symbols ** blocks, eachBlock = Array.from({ length: blocks }, (_, i) => i);
  const place = eachBlock.map((i) => symbols ** (blocks - 1 - i));
  const symbolOf = place.map((p) =>
    Int32Array.from({ length: rows }, (_, z) => Math.floor(z / p) % symbols)
  );
  const rowWithout = place.map((p) =>
    Int32Array.from({ length: rows }, (_, z) => Math.floor(z / (p * symbols)) * p + z % p)
  );

  /** Π over all blocks but `skipped` of p(zᵢ | x). */
  const product = (
    channels: readonly Float64Array[],
    at: { x: number; z: number },
    skipped = -1,
  ) => {
    let p = 1;
    for (let i = 0; i < blocks; i++) {
      if (i !== skipped) p *= channels[i][at.x * symbols + symbolOf[i][at.z]];
    }
    return p;
  };

  const encode = (logits: readonly Float64Array[]): SoftEncoding => {
    const channels = logits.map((u) => logSoftmaxRows(u, symbols).map(Math.exp));
    const joint = new Float64Array(rows * labels);
    for (let x = 0; x < inputs; x++) {
      for (let z = 0; z < rows; z++) {
        const p = product(channels, { x, z });
        for (let y = 0; y < labels; y++) joint[z * labels + y] += source[x * labels + y] * p;
      }
    }
    const leaveOneOut = rowWithout.map((row) => {
      const table = new Float64Array(rows / symbols * labels);
      for (let z = 0; z < rows; z++) {
        for (let y = 0; y < labels; y++) table[row[z] * labels + y] += joint[z * labels + y];
      }
      return table;
    });
    return { joint, leaveOneOut, channels, backward: (cells) => backward(channels, cells) };
  };

  /** p(Z, y) = Σₓ p(x, y) Π p(zᵢ | x), then softmax: ∂/∂logit = p (g − Σ p g). */
  const backward = (channels: readonly Float64Array[], cells: Float64Array) =>
    channels.map((channel, i) => {
      const gradient = new Float64Array(inputs * symbols);
      for (let x = 0; x < inputs; x++) {
        const g = new Float64Array(symbols);
        for (let z = 0; z < rows; z++) {
          let effect = 0;
          for (let y = 0; y < labels; y++) effect += cells[z * labels + y] * source[x * labels + y];
          g[symbolOf[i][z]] += effect * product(channels, { x, z }, i);
        }
        let mean = 0;
        for (let s = 0; s < symbols; s++) mean += channel[x * symbols + s] * g[s];
        for (let s = 0; s < symbols; s++) {
          gradient[x * symbols + s] = channel[x * symbols + s] * (g[s] - mean);
        }
      }
      return gradient;
    });

  return { labels, inputs, rows, rowWithout, encode };
}
