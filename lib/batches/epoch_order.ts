/**
 * Which samples are in which batch: epochs with real and fake mixed as the settings say, each in an
 * order of its own. A batch's samples follow from seed and step alone, and are looked up, not listed: an
 * epoch of a million samples is a few typed arrays.
 */
import { createRandom } from "lib/random.ts";
import { placesWhere } from "lib/data/sample_list.ts";
import type { DataSettings } from "lib/settings/data_settings.ts";

/** What decides the order. */
export interface OrderSettings extends Pick<DataSettings, "batchSize" | "balance" | "realRepeats"> {
  /** The run's. */
  readonly seed: number;
}

/** The order of a run's batches. */
export interface EpochOrder {
  /** Steps in one epoch. */
  readonly batchesPerEpoch: number;
  /**
   * The samples of a step's batch, as `batchSize` places in the list of labels.
   *
   * @param step From 0, without end: after an epoch's last batch the next epoch begins.
   * @throws RangeError when it is not a whole number from 0.
   */
  places(step: number): number[];
}

/** Orders that are kept of each list: the one that ends and the one that begins. */
const KEPT = 2;

/** A copy in a random order (Fisher–Yates, as `Random.shuffle`). */
function shuffled(places: Int32Array, random: ReturnType<typeof createRandom>): Int32Array {
  const out = places.slice();
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.integer(i + 1), held = out[i];
    out[i] = out[j];
    out[j] = held;
  }
  return out;
}

/** Each place as often as `times` says of its label. */
function placesOf(labels: ArrayLike<number>, times: (label: number) => number): Int32Array {
  let count = 0;
  for (let i = 0; i < labels.length; i++) count += times(labels[i]);
  const places = new Int32Array(count);
  for (let i = 0, at = 0; i < labels.length; i++) {
    places.fill(i, at, at += times(labels[i]));
  }
  return places;
}

function assertBothKinds(labels: ArrayLike<number>): void {
  for (const [label, kind] of ["real", "fake"].entries()) {
    if (Array.prototype.includes.call(labels, label)) continue;
    throw new RangeError(
      `There is no ${kind} sample among ${labels.length}: balanced batches need both kinds.`,
    );
  }
}

/** Every fake once, and every real so often. */
function repeatedReals(labels: ArrayLike<number>, times: number): Int32Array {
  return placesOf(labels, (label) => label === 0 ? times : 1);
}

/** How often reals are repeated to be about as many as the fakes. */
export function evenRepeats(labels: ArrayLike<number>): number {
  let fakes = 0;
  for (let i = 0; i < labels.length; i++) fakes += labels[i];
  return Math.max(1, Math.round(fakes / (labels.length - fakes)));
}

/** Lists that are gone through in turn, a place from each: one a class, or one of all. */
function groupsOf(
  labels: ArrayLike<number>,
  { balance, realRepeats }: OrderSettings,
): Int32Array[] {
  if (labels.length === 0) throw new RangeError("There is no sample to make batches of.");
  if (balance !== "none") assertBothKinds(labels);
  switch (balance) {
    case "equal":
      return [0, 1].map((label) => placesOf(labels, (other) => other === label ? 1 : 0));
    case "repeatReals":
      return [repeatedReals(labels, realRepeats || evenRepeats(labels))];
    case "none":
      return [placesOf(labels, () => 1)];
    case "pairs":
      throw new RangeError(
        "Labels do not tell which real picture a fake was made of: see pairOrder.",
      );
  }
}

/**
 * The order of a run's batches. All batches are of one size: an epoch's last one is filled up from
 * another order of the same epoch, so that no sample is left out.
 *
 * - `"equal"`: real and fake alternate, so that batches of even size hold as many of both; an epoch shows
 *   the larger class once, and the smaller one again and again in new orders.
 * - `"repeatReals"`: an epoch shows every fake once and every real `realRepeats` times, all mixed; with 0
 *   as often as makes them about as many as the fakes.
 * - `"none"`: an epoch shows every sample once.
 * - `"pairs"`: see `pairOrder`, which knows the pairs.
 *
 * @param labels 0 real, 1 fake; a Uint8Array takes a byte a sample.
 * @throws RangeError when batchSize is below 2, there is no sample, one class is missing where real and fake
 * are to be balanced, or balance is "pairs".
 *
 * @example Two real and four fake samples in batches of four
 * ```ts
 * import { epochOrder } from "lib/batches/epoch_order.ts";
 * import assert from "node:assert/strict";
 *
 * const labels = [0, 0, 1, 1, 1, 1];
 * const order = epochOrder(labels, { batchSize: 4, seed: 1, balance: "equal", realRepeats: 1 });
 * assert.equal(order.batchesPerEpoch, 2);
 * assert.deepEqual(order.places(1).map((i) => labels[i]), [0, 1, 0, 1]);
 * ```
 */
export function epochOrder(labels: ArrayLike<number>, settings: OrderSettings): EpochOrder {
  const { batchSize } = settings;
  if (!Number.isSafeInteger(batchSize) || batchSize < 2) {
    throw new RangeError(`A batch holds a whole number of pictures from 2, not ${batchSize}.`);
  }
  return orderOfGroups(groupsOf(labels, settings), settings);
}

/**
 * The order of batches of pairs: each fake that names its real source stands beside it, the real one first,
 * so the partner of the picture at an even place is the next one. An epoch shows every such fake once.
 *
 * @param sourceOf For each sample the place of its real source, or −1.
 * @param settings `balance` does not matter: pairs are balanced.
 * @throws RangeError when batchSize is no even number from 2.
 */
export function pairOrder(sourceOf: Int32Array, settings: OrderSettings): EpochOrder {
  const fakes = placesWhere(sourceOf.length, (place) => sourceOf[place] >= 0);
  return orderOfPairs(fakes, settings, (fake) => [sourceOf[fake], fake]);
}

/**
 * The order of batches of pairs that are made: each real picture, and beside it the fake made of it, whose
 * place is the real one's too. An epoch shows every real picture once.
 *
 * @param reals The places of those that fakes are made of.
 * @param settings `balance` does not matter: pairs are balanced.
 * @throws RangeError when there are none, or batchSize is no even number from 2.
 */
export function madePairOrder(reals: Int32Array, settings: OrderSettings): EpochOrder {
  return orderOfPairs(reals, settings, (real) => [real, real]);
}

/** The order of batches of pairs, one for each of these places. */
function orderOfPairs(
  pairs: Int32Array,
  settings: OrderSettings,
  pairOf: (place: number) => [number, number],
): EpochOrder {
  const { batchSize } = settings;
  if (!Number.isSafeInteger(batchSize) || batchSize < 2 || batchSize % 2 !== 0) {
    throw new RangeError(
      `Batches of pairs hold an even number of pictures from 2, not ${batchSize}.`,
    );
  }
  if (pairs.length === 0) throw new RangeError("There is no sample to make batches of.");
  const { batchesPerEpoch, places } = orderOfGroups([pairs], {
    ...settings,
    batchSize: batchSize / 2,
    balance: "none",
  });
  return { batchesPerEpoch, places: (step) => places(step).flatMap(pairOf) };
}

/** The order of batches that take from these lists in turn. */
function orderOfGroups(groups: readonly Int32Array[], settings: OrderSettings): EpochOrder {
  const { batchSize, seed, balance } = settings;
  const length = groups.length * Math.max(...groups.map((places) => places.length));
  const batchesPerEpoch = Math.ceil(length / batchSize);

  const keptOf = groups.map(() => new Map<string, Int32Array>());
  const order = (group: number, epoch: number, round: number): Int32Array => {
    const labels = ["order", `${balance} ${group}`, epoch, round] as const, key = labels.join();
    const kept = keptOf[group];
    const found = kept.get(key) ?? shuffled(groups[group], createRandom(seed, ...labels));
    kept.delete(key); // put in anew: the oldest goes first
    kept.set(key, found);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    return found;
  };
  const places = (step: number) => {
    if (!Number.isSafeInteger(step) || step < 0) {
      throw new RangeError(`A step is a whole number from 0, not ${step}.`);
    }
    const epoch = Math.floor(step / batchesPerEpoch), first = step % batchesPerEpoch * batchSize;
    const now = groups.map((order) => ({ round: -1, order }));
    return Array.from({ length: batchSize }, (_, i) => {
      const group = (first + i) % groups.length, nth = Math.floor((first + i) / groups.length);
      const { length } = groups[group], round = Math.floor(nth / length);
      if (now[group].round !== round) now[group] = { round, order: order(group, epoch, round) };
      return now[group].order[nth % length];
    });
  };
  return { batchesPerEpoch, places };
}
