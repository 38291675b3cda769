/**
 * Batches on the device: pixels, labels, what else a detector wants of them, and the parameters of
 * augmentation and mixup, which follow from seed and step alone. Which samples are in a batch is left to
 * `epoch_order.ts`, files to `loader.ts`.
 */
import * as tf from "@tensorflow/tfjs";
import { byteTensor } from "lib/engine/byte_tensor.ts";
import type { Membership } from "lib/engine/collectives.ts";
import type { Crop } from "lib/data/samples.ts";
import type { DataSettings } from "lib/settings/data_settings.ts";
import { AUGMENTATION_WIDTH } from "./augmentation.ts";
import { ALONE, planShare } from "./device_share.ts";
import { MIXUP_WIDTH } from "./mixup.ts";

/**
 * What a batch can carry besides pictures and labels: where a picture was manipulated, by which method,
 * which picture of the batch is its partner (the real one that a fake was made from, and the other
 * way round), and who is in it.
 */
export type Want = "mask" | "method" | "pair" | "identity";

/**
 * What of a configuration decides what is in a batch, but for the pictures; a `Configuration` is one.
 */
export interface BatchSettings {
  /** How batches are made. */
  readonly data: DataSettings;
  /** The seed of order, augmentation and mixup. */
  readonly training: { readonly seed: number };
  /** The pictures' size, and what the detector wants of a batch. */
  readonly detector: {
    readonly input: { readonly size: number };
    readonly wants: readonly Want[];
    /** As many people as it tells apart at most, where it wants identities. Default: any number. */
    readonly mostPeople?: number;
  };
}

/**
 * A batch on the device. The caller disposes its tensors, with `disposeBatch`. Where mixup lays pictures over them
 * that other devices learn from, these follow behind the own ones in `images`, `labels`, `masks` and `augmentation`.
 */
export interface Batch {
  /** [batch, height, width, 3], RGB, 0 to 255; 8 bits on the device, to TensorFlow.js int32 (`byteTensor`). */
  readonly images: tf.Tensor4D;
  /** int32 [batch]: 0 real, 1 fake. */
  readonly labels: tf.Tensor1D;
  /** [batch, height, width, 1], 0 to 255, bytes as the pictures are, for detectors that want masks. */
  readonly masks?: tf.Tensor4D;
  /** int32 [batch]: 0 for real, else the method's place from 1, for detectors that want methods. */
  readonly methods?: tf.Tensor1D;
  /** int32 [batch]: each picture's partner's place in the batch, for detectors that want pairs. */
  readonly partners?: tf.Tensor1D;
  /** int32 [batch, 2]: whose face was changed and whom it was changed by, for detectors that want identities. */
  readonly identities?: tf.Tensor2D;
  /** float32 [batch, 4], for `augment`. */
  readonly augmentation: tf.Tensor2D;
  /** float32 [batch, 2], for `mixUp`. */
  readonly mixup: tf.Tensor2D;
  /** Which samples these are: their places in the list. */
  readonly indices: readonly number[];
}

/** Frees a batch. */
export function disposeBatch(batch: Batch): void {
  tf.dispose(Object.values(batch).filter((value) => value instanceof tf.Tensor));
}

/** Pictures of one size that are to be a batch. */
export interface Pictures {
  /** count · height · width · 3 values, RGB, 0 to 255. */
  readonly pixels: Uint8Array;
  /** Of each picture, in pixels. */
  readonly width: number;
  /** Of each picture, in pixels. */
  readonly height: number;
  /** 0 real, 1 fake, one a picture. */
  readonly labels: readonly number[];
  /** Which samples these are. */
  readonly indices: readonly number[];
  /** count · height · width values, 0 to 255, where masks are wanted. */
  readonly masks?: Uint8Array;
  /** 0 for real, else the method's place from 1; one a picture, where methods are wanted. */
  readonly methods?: readonly number[];
  /** Each picture's partner's place, where pairs are wanted. */
  readonly partners?: readonly number[];
  /** Of each picture two numbers of people, target and source, one after the other, where identities are wanted. */
  readonly identities?: readonly number[];
}

function onDevice(
  { pixels, width, height, labels, indices, masks, methods, partners, identities }: Pictures,
) {
  const count = labels.length;
  return {
    images: byteTensor<tf.Rank.R4>(pixels, [count, height, width, 3]),
    labels: tf.tensor1d([...labels], "int32"),
    ...masks ? { masks: byteTensor<tf.Rank.R4>(masks, [count, height, width, 1]) } : {},
    ...methods ? { methods: tf.tensor1d([...methods], "int32") } : {},
    ...partners ? { partners: tf.tensor1d([...partners], "int32") } : {},
    ...identities ? { identities: tf.tensor2d([...identities], [count, 2], "int32") } : {},
    indices,
  };
}

/** Pictures by their places among others; partners stay those that they were. */
export function takePictures(pictures: Pictures, places: readonly number[]): Pictures {
  if (places.every((place, i) => place === i) && places.length === pictures.labels.length) {
    return pictures;
  }
  const { width, height } = pictures;
  const each = (bytes: Uint8Array, length: number) => {
    const taken = new Uint8Array(places.length * length);
    places.forEach((place, i) =>
      taken.set(bytes.subarray(place * length, (place + 1) * length), i * length)
    );
    return taken;
  };
  const taken = <T>(list: readonly T[]) => places.map((place) => list[place]);
  const { pixels, labels, indices, masks, methods, partners, identities } = pictures;
  return {
    ...{ width, height, pixels: each(pixels, 3 * width * height) },
    ...{ labels: taken(labels), indices: taken(indices) },
    ...masks ? { masks: each(masks, width * height) } : {},
    ...methods ? { methods: taken(methods) } : {},
    ...partners ? { partners: taken(partners) } : {},
    ...identities
      ? { identities: places.flatMap((place) => identities.slice(2 * place, 2 * place + 2)) }
      : {},
  };
}

/**
 * A batch to learn from: with the parameters of the step.
 *
 * @param pictures Those of `planShare`'s rows.
 * @param options `share`: the device that they are for; default: the only one.
 */
export function trainingBatch(
  pictures: Pictures,
  { step, settings, share = ALONE }: {
    step: number;
    settings: Pick<BatchSettings, "data" | "training">;
    share?: Membership;
  },
): Batch {
  const count = share.size === 1 ? pictures.labels.length : settings.data.batchSize;
  const { rows, own, augmentation, mixup } = planShare({ count, step, settings, share });
  const { methods, partners, identities, indices } = pictures;
  const { mixup: alpha, mixupWith } = settings.data;
  if (alpha > 0 && mixupWith === "pair") {
    partners?.forEach((partner, i) => mixup[i * MIXUP_WIDTH + 1] = partner); // itself, where its own cannot be read
  }
  const learntFrom = own === pictures.labels.length ? pictures : {
    ...pictures,
    indices: indices.slice(0, own),
    ...methods ? { methods: methods.slice(0, own) } : {},
    ...partners ? { partners: partners.slice(0, own) } : {},
    ...identities ? { identities: identities.slice(0, 2 * own) } : {},
  };
  return {
    ...onDevice(learntFrom),
    augmentation: tf.tensor2d(augmentation, [rows.length, AUGMENTATION_WIDTH]),
    mixup: tf.tensor2d(mixup, [own, MIXUP_WIDTH]),
  };
}

/** A batch to be scored: its parameters change nothing. */
export function plainBatch(pictures: Pictures): Batch {
  const { labels } = pictures;
  return {
    ...onDevice(pictures),
    augmentation: tf.tensor2d(labels.map(() => [1, 0, 0, 1])),
    mixup: tf.tensor2d(labels.map((_, i) => [1, i])),
  };
}

/**
 * The crops at these places, one after the other.
 *
 * @throws TypeError when they differ in size.
 */
export function stackCrops(crops: readonly Crop[], indices: readonly number[]): Pictures {
  const { width, height } = crops[indices[0]].image;
  const pixels = new Uint8Array(indices.length * width * height * 3);
  indices.forEach((index, i) => {
    const { image, sample } = crops[index];
    if (image.width !== width || image.height !== height) {
      throw new TypeError(
        `Crops of one batch have one size: ${JSON.stringify(sample.path)} is ` +
          `${image.width} × ${image.height}, the first is ${width} × ${height}.`,
      );
    }
    pixels.set(image.data, i * image.data.length);
  });
  return { pixels, width, height, labels: indices.map((i) => crops[i].sample.label), indices };
}

/**
 * Check that a crop is of a detector's size.
 *
 * @param size Side in pixels: `detector.input.size`.
 * @throws TypeError naming the crop and both sizes.
 */
export function requireCropSize({ image: { width, height }, sample }: Crop, size: number): void {
  if (width === size && height === size) return;
  throw new TypeError(
    `${
      JSON.stringify(sample.path)
    } is ${width} × ${height}, but the detector takes ${size} × ${size}. ` +
      "Resize it first.",
  );
}

/**
 * Pictures of an evaluation batch that is to hold so many: the full size, or for the rest at the end the
 * next power of two. A captured function takes one size only, so sizes are few; and one photograph is not
 * made to wait for a whole batch.
 */
export function roundedBatchSize(count: number, batchSize: number): number {
  return Math.min(batchSize, 2 ** Math.ceil(Math.log2(count)));
}

/**
 * All crops once and in order, for evaluation. The last batch is filled up with its last crop to
 * `roundedBatchSize`; `indices` names only the ones that count.
 *
 * @param options `isFull`: whether every batch holds `batchSize` pictures, the last one, too. Default false.
 * @returns Batches whose `augmentation` and `mixup` change nothing; the caller disposes each.
 * @throws RangeError when batchSize is not a positive whole number.
 */
export function* batchesInOrder(
  crops: readonly Crop[],
  options: { batchSize: number; isFull?: boolean },
): Generator<Batch> {
  const { batchSize, isFull = false } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`A batch holds a positive whole number of pictures, not ${batchSize}.`);
  }
  for (let first = 0; first < crops.length; first += batchSize) {
    const count = Math.min(batchSize, crops.length - first);
    const places = Array.from(
      { length: isFull ? batchSize : roundedBatchSize(count, batchSize) },
      (_, i) => first + Math.min(i, count - 1),
    );
    const batch = plainBatch(stackCrops(crops, places));
    yield { ...batch, indices: places.slice(0, count) };
  }
}
