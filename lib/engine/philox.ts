/**
 * TensorFlow's numbers from a seed, drawn in JavaScript: Philox 4×32-10 (Salmon and others, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011) with TensorFlow's way from a seed to a key
 * (core/kernels/stateless_random_ops_v2_util.h) and from words to numbers
 * (core/lib/random/random_distributions_utils.h).
 */

/** Multipliers and key increments of Philox 4×32. [paper] */
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const INCREMENTS = [0x9e3779b9, 0xbb67ae85] as const;
const ROUNDS = 10;

/** The key that TensorFlow mixes a seed with. [TensorFlow] */
const MIXING_KEY = [0x3ec8f720, 0x02461e29] as const;

/** Below this TensorFlow takes no logarithm. [TensorFlow] */
const SMALLEST = 1e-7;

/** The upper 32 bits of a product of two whole numbers of 32 bits. */
function upperProduct(a: number, b: number): number {
  const [al, ah, bl, bh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const [low, left, right] = [al * bl, al * bh, ah * bl];
  const middle = (low >>> 16) + (left & 0xffff) + (right & 0xffff);
  return ah * bh + (left >>> 16) + (right >>> 16) + (middle >>> 16);
}

/** Replaces the four words of a counter by its four random words. */
function philox(words: Uint32Array, key: readonly number[]): void {
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const [c0, c1, c2, c3] = words;
    words[0] = upperProduct(MULTIPLIERS[1], c2) ^ c1 ^ k0;
    words[1] = Math.imul(MULTIPLIERS[1], c2);
    words[2] = upperProduct(MULTIPLIERS[0], c0) ^ c3 ^ k1;
    words[3] = Math.imul(MULTIPLIERS[0], c0);
    k0 = (k0 + INCREMENTS[0]) >>> 0;
    k1 = (k1 + INCREMENTS[1]) >>> 0;
  }
}

/** Random words, `count` rounded up to whole fours. */
function randomWords(count: number, [first, second]: readonly [number, number]): Uint32Array {
  const high = (seed: number) => seed < 0 ? 0xffffffff : 0; // an int32 as one of 64 bits
  const mixed = Uint32Array.of(first, high(first), second, high(second));
  philox(mixed, MIXING_KEY);
  const words = new Uint32Array(4 * Math.ceil(count / 4)), key = [mixed[0], mixed[1]];
  for (let i = 0; i < words.length; i += 4) {
    const four = words.subarray(i, i + 4);
    four.set([i / 4, 0, mixed[2], mixed[3]]);
    philox(four, key);
  }
  return words;
}

/** The 23 lower bits of a word as a number in [0, 1). */
const share = (word: number) => (word & 0x7fffff) / 2 ** 23;

/**
 * Numbers in [0, 1), bit for bit those of TensorFlow's StatelessRandomUniform.
 *
 * @param seed Two int32 numbers.
 *
 * @example
 * ```ts
 * import { uniformNumbers } from "lib/engine/philox.ts";
 * import assert from "node:assert/strict";
 *
 * const [x, y] = uniformNumbers(2, [1, 2]);
 * assert.ok(x !== y && x >= 0 && x < 1);
 * assert.deepEqual([...uniformNumbers(2, [1, 2])], [x, y]);
 * ```
 */
export function uniformNumbers(count: number, seed: readonly [number, number]): Float32Array {
  return Float32Array.from(randomWords(count, seed).subarray(0, count), share);
}

/**
 * Numbers of mean 0 and variance 1, normally distributed (Box and Muller): those of TensorFlow's
 * StatelessRandomNormal but for the last digits of its sine, cosine and logarithm.
 *
 * @param seed Two int32 numbers.
 */
export function normalNumbers(count: number, seed: readonly [number, number]): Float32Array {
  const words = randomWords(count, seed), numbers = new Float32Array(words.length);
  for (let i = 0; i < words.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(Math.max(share(words[i]), SMALLEST)));
    const angle = Math.fround(2 * Math.PI * share(words[i + 1]));
    numbers[i] = radius * Math.sin(angle);
    numbers[i + 1] = radius * Math.cos(angle);
  }
  return numbers.subarray(0, count);
}
