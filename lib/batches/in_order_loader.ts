/** Pictures in files once and in order, for evaluation, read ahead in a thread while the device works. */
import type { Sample } from "lib/data/samples.ts";
import { chunksOf } from "lib/io/chunks.ts";
import { ImageError } from "lib/media/image_error.ts";
import { type Batch, plainBatch, roundedBatchSize } from "./batches.ts";
import { openDecoder } from "./loader/picture_decoder.ts";
import { assertPrefetch, failureOf, placeOf } from "./loader/picture_files.ts";

/** How samples are read for evaluation. */
export interface InOrderOptions {
  /** Pictures a batch, 1 or more. */
  readonly batchSize: number;
  /** Whether every batch holds so many; default false: what is left over at the end holds `roundedBatchSize`. */
  readonly isFull?: boolean;
  /** Side of the pictures in pixels; files of another size are resized. */
  readonly size: number;
  /** Folder that relative paths start from: the manifest's. Default: the current folder. */
  readonly root?: string;
  /** Batches that are read ahead of the one handed out, 0 or more. Default 2. */
  readonly prefetch?: number;
  /**
   * Hears of a sample that cannot be read, and of the error; the reading goes on without it. Default: the
   * error ends the reading.
   */
  readonly onUnreadable?: (sample: Sample, error: ImageError) => void;
}

/** A batch to be scored. */
export interface InOrderBatch extends Batch {
  /** The samples of the pictures that count, the batch's first; others only fill it up. */
  readonly samples: readonly Sample[];
}

/**
 * All samples once and in order, for evaluation, however many. Where samples are
 * missing, at the end or because they cannot be read, the batch is filled up with its last picture to
 * `roundedBatchSize`, or to its full size; `samples` and `indices`, which are places in the order, name
 * only the ones that count.
 *
 * @returns Batches whose `augmentation` and `mixup` change nothing; the caller disposes their tensors.
 * @throws ImageError for a file that cannot be read, unless `onUnreadable` is given.
 * @throws RangeError when batchSize, size or prefetch is out of range.
 */
export async function* openInOrder(
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  options: InOrderOptions,
): AsyncGenerator<InOrderBatch, void, void> {
  const { batchSize, size, root = ".", prefetch = 2, onUnreadable, isFull = false } = options;
  for (const [name, value] of Object.entries({ batchSize, size })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new RangeError(`${name} is a positive whole number, not ${value}.`);
  }
  assertPrefetch(prefetch);
  await using decoder = openDecoder({ size });
  const finish = async ({ first, chunk, decoding }: ReturnType<typeof begin>) => {
    const { pixels, failures } = await decoding.result;
    const failed = new Map(failures.map((failure) => [failure.place, failure]));
    const readable = chunk.flatMap((sample, place) => {
      const failure = failed.get(place);
      if (!failure) return [place];
      const error = failureOf(placeOf(root, sample), failure);
      if (!onUnreadable || !(error instanceof ImageError)) throw error;
      onUnreadable(sample, error);
      return [];
    });
    return { readable: readable.map((place) => ({ place, index: first + place })), chunk, pixels };
  };
  const begin = (first: number, chunk: Sample[]) => {
    const decoding = decoder.decode(chunk.map((sample) => placeOf(root, sample)));
    return { first, chunk, decoding };
  };
  const asBatch = (
    { readable, chunk, pixels }: Awaited<ReturnType<typeof finish>>,
  ): InOrderBatch[] => {
    if (readable.length === 0) return [];
    const length = size * size * 3;
    const held = isFull ? batchSize : roundedBatchSize(readable.length, batchSize);
    const whole = new Uint8Array(held * length);
    const filled = Array.from(
      { length: held },
      (_, i) => readable[Math.min(i, readable.length - 1)],
    );
    filled.forEach(({ place }, i) =>
      whole.set(pixels.subarray(place * length, (place + 1) * length), i * length)
    );
    const labels = filled.map(({ place }) => chunk[place].label);
    const indices = readable.map(({ index }) => index);
    const pictures = { pixels: whole, width: size, height: size, labels, indices };
    return [{ ...plainBatch(pictures), samples: readable.map(({ place }) => chunk[place]) }];
  };

  const ahead: ReturnType<typeof begin>[] = [];
  let count = 0;
  for await (const chunk of chunksOf(samples, batchSize)) {
    ahead.push(begin(count, chunk));
    count += chunk.length;
    if (ahead.length > prefetch) yield* asBatch(await finish(ahead.shift()!));
  }
  for (const rest of ahead) yield* asBatch(await finish(rest));
}
