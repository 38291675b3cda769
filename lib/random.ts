/**
 * Seeded random numbers, passed as arguments: nothing in the kit draws from a hidden source. The
 * generator is xoroshiro128+ of the package pure-rand; its whole state can be saved and restored.
 */
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** The four 32-bit words of a generator, as they are written to a checkpoint. */
export type RandomState = readonly number[];

/** A source of random numbers that moves on with each draw. */
export interface Random {
  /** A number in [0, 1) with 32 random bits. */
  uniform(): number;
  /** A whole number in [0, limit). Throws a `RangeError` unless limit is a positive integer. */
  integer(limit: number): number;
  /** A draw from the normal distribution of mean 0 and variance 1 (Box–Muller). */
  normal(): number;
  /** The items in a random order, as a new array (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[];
  /** The state now; `restoreRandom` continues from it. */
  state(): RandomState;
}

/** FNV-1a over UTF-16 code units: turns a label into 32 bits. */
function hash(text: string, start: number): number {
  let h = start;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** MurmurHash3's finaliser: every bit in changes about half of the bits out. */
function mix(h: number): number {
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return h ^ h >>> 16;
}

/**
 * The state for a text. Labels that count up differ in few bits; put into the generator as they are,
 * their first draws would be nearly equal.
 */
function stateFor(text: string): RandomState {
  const a = hash(text, 0x811c9dc5), b = hash(text, 0x2b4f6d1a);
  return [mix(a), mix(b), mix(a ^ 0x9e3779b9), mix(b ^ 0x7f4a7c15)];
}

function wrap(generator: ReturnType<typeof xoroshiro128plusFromState>): Random {
  const uniform = () => (generator.next() >>> 0) / 2 ** 32;
  const integer = (limit: number) => {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new RangeError(`Random integers need a positive whole limit, not ${limit}.`);
    }
    return Math.floor(uniform() * limit);
  };
  return {
    uniform,
    integer,
    normal: () => {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform())); // 1 − u is never 0
      return radius * Math.cos(2 * Math.PI * uniform());
    },
    shuffle: <T>(items: readonly T[]): T[] => {
      const out = items.slice();
      for (let i = out.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [out[i], out[j]] = [out[j], out[i]];
      }
      return out;
    },
    state: () => generator.getState(),
  };
}

/**
 * A generator for one purpose. The same seed and labels give the same numbers for ever; other labels
 * give an unrelated stream, so that a new draw in one place never shifts the draws of another.
 *
 * @param seed Any whole number.
 * @param labels What the numbers are for, such as `"order", epoch`.
 * @throws RangeError when the seed is not a whole number.
 *
 * @example Two streams of one seed
 * ```ts
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const order = createRandom(7, "order", 3).shuffle([0, 1, 2, 3]);
 * assert.deepEqual(createRandom(7, "order", 3).shuffle([0, 1, 2, 3]), order);
 * assert.notEqual(createRandom(7, "flip").uniform(), createRandom(7, "order").uniform());
 * ```
 */
export function createRandom(seed: number, ...labels: (string | number)[]): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`A seed is a whole number, not ${seed}.`);
  return wrap(xoroshiro128plusFromState(stateFor([seed, ...labels].join("\u0000"))));
}

/** A generator that goes on from a saved state. Throws when the state is not four numbers. */
export function restoreRandom(state: RandomState): Random {
  if (state.length !== 4 || !state.every(Number.isInteger)) {
    throw new TypeError(`A random state is four whole numbers, not [${state.join(", ")}].`);
  }
  return wrap(xoroshiro128plusFromState(state));
}
