/**
 * Where a training run gets its batches from: one interface, whether pictures are in memory (here) or in
 * files (`loader.ts`). What is in a batch follows from the configuration's seed and the step alone, so a
 * resumed run sees the batches an undisturbed one would.
 */
import type { Membership } from "lib/engine/collectives.ts";
import type { Crop } from "lib/data/samples.ts";
import {
  type Batch,
  type BatchSettings,
  type Pictures,
  requireCropSize,
  stackCrops,
  trainingBatch,
} from "./batches.ts";
import { ALONE, shareOfPlaces } from "./device_share.ts";
import { type EpochOrder, epochOrder, pairOrder } from "./epoch_order.ts";
import { openForgedPairs } from "./loader/forged_pairs.ts";
import { readAhead } from "./loader/read_ahead.ts";
import { facesInMemory } from "./loader/real_faces.ts";
import { lookUpWanted, type Wanted, wantsOf } from "./wanted.ts";

/** Batches of a training run. */
export interface BatchSource extends AsyncDisposable {
  /** Steps in one pass over the data. */
  readonly batchesPerEpoch: number;
  /** Names of the methods that a batch's `methods` number from 1; empty where no detector wants them. */
  readonly methods: readonly string[];
  /**
   * The batch of a step, from 0 on and without end: after an epoch's last batch the next epoch begins.
   * Asking for a step lets the following ones be prepared meanwhile; what was asked before never
   * changes what a batch holds. The caller disposes its tensors.
   */
  batch(step: number): Promise<Batch>;
}

/** The order of a run's batches: of pairs where they are wanted (`wantsOf`), else as the data's settings say. */
export function orderOf(
  labels: ArrayLike<number>,
  { sourceOf }: Wanted,
  { data, training }: BatchSettings,
): EpochOrder {
  const settings = { ...data, seed: training.seed };
  return sourceOf ? pairOrder(sourceOf, settings) : epochOrder(labels, settings);
}

/**
 * Each picture's partner's place: pairs stand side by side, the real one first. Where another picture stands
 * in for one that cannot be read there is no pair, and each is its own partner.
 */
function partnersOf(indices: readonly number[], sourceOf: Int32Array): number[] {
  return indices.map((_, i) => {
    const real = i & ~1, fake = i | 1;
    return sourceOf[indices[fake]] === indices[real] ? i ^ 1 : i;
  });
}

/** What a batch of these samples carries besides pictures, labels and masks. */
export function wantedOf(
  indices: readonly number[],
  { methodOf, sourceOf, peopleOf }: Wanted,
): Pick<Pictures, "methods" | "partners" | "identities"> {
  return {
    ...methodOf ? { methods: indices.map((place) => methodOf[place]) } : {},
    ...sourceOf ? { partners: partnersOf(indices, sourceOf) } : {},
    ...peopleOf
      ? { identities: indices.flatMap((place) => [...peopleOf.subarray(2 * place, 2 * place + 2)]) }
      : {},
  };
}

/** The masks of crops, 0 everywhere in a real one. */
function stackMasks(crops: readonly Crop[], indices: readonly number[], size: number): Uint8Array {
  const masks = new Uint8Array(indices.length * size * size);
  indices.forEach((index, i) => {
    const { mask, sample } = crops[index];
    if (mask && sample.label === 1) masks.set(mask.data, i * size * size);
  });
  return masks;
}

/**
 * Batches of crops in memory.
 *
 * Where the data's settings say `forge`, fakes are made of the real crops whose `face` is known, as
 * `openLoader` does.
 *
 * @param crops All of the detector's size.
 * @param share The device whose part of each batch is wanted; default: the only one.
 * @throws RangeError when there are none, balanced batches lack a class, or they lack what the detector
 * wants (masks, sources), or what fakes are to be made of. TypeError when one has another size. (`batch` also: RangeError for a negative
 * step.)
 *
 * @example
 * ```ts
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { cropSource } from "lib/batches/batch_source.ts";
 * import assert from "node:assert/strict";
 *
 * const crops = Array.from({ length: 12 }, (_, i) => ({
 *   image: { data: new Uint8Array(32 * 32 * 3).fill(i), width: 32, height: 32 },
 *   sample: {
 *     path: `${i}`, label: (i % 2) as 0 | 1, dataset: "mine", method: "real", video: `${i}`,
 *     split: "train" as const, frame: 0, identities: [],
 *   },
 * }));
 * await using source = cropSource(crops, SMOKE);
 * assert.equal(source.batchesPerEpoch, Math.ceil(12 / SMOKE.data.batchSize));
 * const { images, indices } = await source.batch(5);
 * assert.deepEqual(images.shape, [SMOKE.data.batchSize, 32, 32, 3]);
 * assert.equal(images.dataSync()[0], indices[0]);
 * ```
 */
export function cropSource(
  crops: readonly Crop[],
  settings: BatchSettings,
  share: Membership = ALONE,
): BatchSource {
  const { input: { size } } = settings.detector;
  for (const crop of crops) requireCropSize(crop, size);
  if (settings.data.forge !== "none") return forgedSource(crops, settings, share);
  const samples = crops.map(({ sample }) => sample);
  const wanted = lookUpWanted(
    samples,
    wantsOf(settings),
    {
      hasMask: (place) => crops[place].mask !== undefined,
      mostPeople: settings.detector.mostPeople,
    },
  );
  const order = orderOf(samples.map(({ label }) => label), wanted, settings);
  const picturesOf = (indices: readonly number[]): Pictures => ({
    ...stackCrops(crops, indices),
    ...wantedOf(indices, wanted),
    ...wanted.masks ? { masks: stackMasks(crops, indices, size) } : {},
  });
  return {
    batchesPerEpoch: order.batchesPerEpoch,
    methods: wanted.methods ?? [],
    // deno-lint-ignore require-await -- errors become rejections, as in every other source
    batch: async (step) =>
      trainingBatch(picturesOf(shareOfPlaces(order.places(step), { step, settings, share })), {
        step,
        settings,
        share,
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Batches of pairs that are made of the real crops, two ahead of the one asked for. */
function forgedSource(
  crops: readonly Crop[],
  settings: BatchSettings,
  share: Membership,
): BatchSource {
  const pairs = openForgedPairs(facesInMemory(crops), {
    settings,
    share,
    onUnreadable: "error",
    notice: undefined,
  });
  const pictures = readAhead(pairs.begin, { prefetch: 2 });
  return {
    batchesPerEpoch: pairs.batchesPerEpoch,
    methods: pairs.methods,
    [Symbol.asyncDispose]: () => pairs[Symbol.asyncDispose](),
    batch: async (step) => trainingBatch(await pictures(step), { step, settings, share }),
  };
}
