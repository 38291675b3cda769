/**
 * What a device gets of each batch where several devices compute together: an equal, consecutive part of
 * it, with the parameters that the pictures have in the whole. So the devices together learn from the very
 * batch that one device alone would see.
 */
import type { Membership } from "lib/engine/collectives.ts";
import { createRandom } from "lib/random.ts";
import type { DataSettings } from "lib/settings/data_settings.ts";
import { AUGMENTATION_WIDTH, drawAugmentation, RANGES } from "./augmentation.ts";
import { drawMixup, drawPairMixup, MIXUP_WIDTH } from "./mixup.ts";

/** The one device that there is. */
export const ALONE: Membership = Object.freeze({ rank: 0, size: 1 });

/** What decides a step's parameters. */
export interface StepOf {
  /** Pictures of the whole batch. */
  readonly count: number;
  /** From 0. */
  readonly step: number;
  /** The run's. */
  readonly settings: { readonly data: DataSettings; readonly training: { readonly seed: number } };
  /** Which device's. */
  readonly share: Membership;
}

/** A device's part of a batch. */
export interface SharePlan {
  /** Places in the whole batch: of the pictures that it learns from, then of those that mixup lays over them. */
  readonly rows: readonly number[];
  /** How many of them it learns from, the first. */
  readonly own: number;
  /** Of each row, as `augment` takes them. */
  readonly augmentation: Float32Array;
  /** Of each picture that it learns from, as `mixUp` takes them; partners are places among the rows. */
  readonly mixup: Float32Array;
}

/** Whether mixup mixes the pictures of pairs, so that both are augmented alike. */
const mixesPairs = ({ mixup, mixupWith }: DataSettings) => mixup > 0 && mixupWith === "pair";

/** Each picture's parameters for both pictures of a pair, which stand side by side. */
function forBoth(each: Float32Array, width: number): Float32Array {
  const both = new Float32Array(2 * each.length);
  for (let at = 0; at < each.length; at += width) {
    const own = each.subarray(at, at + width);
    both.set(own, 2 * at);
    both.set(own, 2 * at + width);
  }
  return both;
}

/** Draws for the whole batch; partners are places in it. */
function drawWhole({ count, step, settings: { data, training: { seed } } }: StepOf) {
  const random = (purpose: string) => createRandom(seed, purpose, step);
  const draw = (count: number) =>
    drawAugmentation(count, { ranges: RANGES[data.augmentation], random: random("augmentation") });
  const mixing = { alpha: data.mixup, random: random("mixup") };
  if (!mixesPairs(data)) return { augmentation: draw(count), mixup: drawMixup(count, mixing) };
  const partners = Array.from({ length: count }, (_, i) => i ^ 1);
  // Of one pair, or their faces would not lie on each other.
  const augmentation = forBoth(draw(count / 2), AUGMENTATION_WIDTH);
  return { augmentation, mixup: drawPairMixup(partners, mixing) };
}

/** Rows of a list of numbers. */
function rowsOf(numbers: Float32Array, rows: readonly number[], width: number): Float32Array {
  const found = new Float32Array(rows.length * width);
  rows.forEach((row, i) => found.set(numbers.subarray(row * width, (row + 1) * width), i * width));
  return found;
}

/** A device's part of the batch of a step. */
export function planShare(of: StepOf): SharePlan {
  const { count, share: { rank, size }, settings: { data } } = of;
  const whole = drawWhole(of), own = count / size, first = rank * own;
  const ownRows = Array.from({ length: own }, (_, i) => first + i);
  const mixup = rowsOf(whole.mixup, ownRows, MIXUP_WIDTH);
  const others: number[] = [];
  for (let i = 0; i < own; i++) {
    const at = i * MIXUP_WIDTH + 1, partner = mixup[at];
    if (data.mixup > 0 && !mixesPairs(data) && size > 1) {
      mixup[at] = own + i;
      others.push(partner);
    } else mixup[at] = partner - first;
  }
  const rows = [...ownRows, ...others];
  return { rows, own, mixup, augmentation: rowsOf(whole.augmentation, rows, AUGMENTATION_WIDTH) };
}

/** The samples that a device needs in a step, of those of the whole batch. */
export function shareOfPlaces(
  places: readonly number[],
  of: Omit<StepOf, "count">,
): number[] {
  if (of.share.size === 1) return [...places];
  return planShare({ ...of, count: places.length }).rows.map((row) => places[row]);
}

/**
 * Checks that batches can be divided among devices.
 *
 * @param settings `pairs`: whether batches are of pairs, which stay together.
 * @throws RangeError naming a batch size that can.
 */
export function assertDivides(
  { batchSize, pairs }: { batchSize: number; pairs: boolean },
  size: number,
): void {
  const part = size * (pairs ? 2 : 1), least = 2 * size; // each device takes two or more
  if (batchSize % part === 0 && batchSize >= least) return;
  const fitting = Math.max(least, Math.round(batchSize / part) * part);
  throw new RangeError(
    `A batch of ${batchSize} pictures${
      pairs ? ", which are pairs," : ""
    } cannot be divided among ${size} ` +
      `devices into equal parts of two or more. Use --set batchSize=${fitting}, or another number of devices.`,
  );
}
