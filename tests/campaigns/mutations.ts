/**
 * Files changed at random, by seed: what transfers, disks and people do to them, and what somebody does
 * who knows where a format keeps its lengths.
 */
import type { Random } from "lib/random.ts";

/** What a mutation may draw from. */
export interface MutationSource {
  /** Where all chance comes from. */
  readonly random: Random;
  /** Bytes that mean something in the format, such as keywords: some are inserted or overwrite others. */
  readonly pieces: readonly Uint8Array[];
}

/** A change of a file's bytes. It leaves the bytes that it is given as they are. */
export type Mutation = (bytes: Uint8Array, source: MutationSource) => Uint8Array;

const pick = <T>(items: readonly T[], random: Random): T => items[random.integer(items.length)];

/** A place in the file: half of them near its beginning, where headers are. */
function place(length: number, random: Random): number {
  const reach = random.integer(2) ? Math.min(length, 400) : length;
  return random.integer(Math.max(1, reach));
}

/** Where a block begins, and where it ends: mostly short, sometimes long. */
function block(length: number, random: Random): [number, number] {
  const from = place(length, random);
  const most = pick([8, 64, 1000, length], random);
  return [from, Math.min(length, from + 1 + random.integer(Math.max(1, most)))];
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Numbers that readers trip over, of so many bits: none, one, many, negative, one more than fits. */
const extremes = (
  bits: bigint,
) => [0n, 1n, 2n, -1n, -2n, 1n << (bits - 1n), (1n << (bits - 1n)) - 1n];

/** Every kind of change, by the name under which a campaign counts it. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = Object.freeze({
  "bytes changed": (bytes, { random }) => {
    const mutant = bytes.slice();
    for (let k = random.integer(4); k >= 0 && mutant.length > 0; k--) {
      const at = place(mutant.length, random);
      mutant[at] = random.integer(2) ? random.integer(256) : mutant[at] ^ 1 << random.integer(8);
    }
    return mutant;
  },
  "cut short": (bytes, { random }) => bytes.slice(0, random.integer(bytes.length)),
  "bytes inserted": (bytes, { random, pieces }) => {
    const at = place(bytes.length, random);
    const inserted = pieces.length > 0 && random.integer(2)
      ? pick(pieces, random)
      : Uint8Array.from({ length: 1 + random.integer(40) }, () => random.integer(256));
    const after = at + random.integer(2) * random.integer(inserted.length + 1); // or overwritten
    return joined(bytes.subarray(0, at), inserted, bytes.subarray(after));
  },
  "block doubled": (bytes, { random }) => {
    const [from, to] = block(bytes.length, random);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  "block lost": (bytes, { random }) => {
    const [from, to] = block(bytes.length, random);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  "range zeroed": (bytes, { random }) => {
    const mutant = bytes.slice();
    mutant.fill(0, ...block(bytes.length, random));
    return mutant;
  },
  "blocks swapped": (bytes, { random }) => {
    const [a, b, c, d] = [...block(bytes.length, random), ...block(bytes.length, random)]
      .sort((x, y) => x - y);
    const part = (from: number, to: number) => bytes.subarray(from, to);
    return joined(part(0, a), part(c, d), part(b, c), part(a, b), part(d, bytes.length));
  },
  "number changed": (bytes, { random }) => {
    const mutant = bytes.slice(), width = pick([1, 2, 4, 8], random);
    if (mutant.length <= width) return mutant;
    const at = place(mutant.length - width, random), bits = BigInt(8 * width);
    const order = Array.from({ length: width }, (_, i) => at + i);
    if (random.integer(2)) order.reverse(); // the other byte order
    const now = order.reduce((sum, place, i) => sum | BigInt(bytes[place]) << BigInt(8 * i), 0n);
    const value = pick([...extremes(bits), now + 1n, now - 1n, now * 2n], random);
    order.forEach((place, i) => mutant[place] = Number(value >> BigInt(8 * i) & 255n));
    return mutant;
  },
});
