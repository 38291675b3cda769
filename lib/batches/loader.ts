/**
 * Batches of pictures in files, read ahead in a thread while the device works. Memory holds the batches
 * that are prepared, whatever the number of samples.
 */
import { labelsOf, sampleList, type Samples } from "lib/data/sample_list.ts";
import { ImageError } from "lib/media/image_error.ts";
import { type BatchSource, orderOf, wantedOf } from "./batch_source.ts";
import { type Batch, type BatchSettings, type Pictures, trainingBatch } from "./batches.ts";
import { openDecoder } from "./loader/picture_decoder.ts";
import { assertPrefetch, failureOf, maskPlaceOf, placeOf } from "./loader/picture_files.ts";
import { openSubstitutes, type Unreadable } from "./loader/substitutes.ts";
import { lookUpWanted } from "./wanted.ts";

/** How samples are read. */
export interface LoaderOptions {
  /** Decides size, order, balance, augmentation and mixup, and what else batches carry. */
  readonly configuration: BatchSettings;
  /** Folder that relative paths start from: the manifest's. Default: the current folder. */
  readonly root?: string;
  /** Batches that are prepared ahead of the one asked for, 0 or more. Default 2. */
  readonly prefetch?: number;
  /**
   * What to do when a picture or its mask cannot be read. "error": the batch is refused, naming the file.
   * "skip": it is left out; its place in a batch goes to the next readable sample of the same class in
   * the list, `indices` says so, and `unreadable` and `notice` name both. Default "error".
   */
  readonly onUnreadable?: "error" | "skip";
  /** Hears, once for each, in a line of samples that were left out. Default: nobody does. */
  readonly notice?: (line: string) => void;
}

/** A source of batches that says what it could not read. */
export interface Loader extends BatchSource {
  /** What was left out so far, in the order in which it was met; always empty for "error". */
  readonly unreadable: readonly Unreadable[];
}

/**
 * Training batches of pictures in files. The caller ends it with `await using`, which calls off what is
 * being read ahead.
 *
 * What a batch holds follows from the configuration, the list of samples and the files alone, so a
 * resumed run sees the batches an undisturbed one would.
 *
 * @param samples In a fixed order, an array or a manifest's list (`openManifestList`); each of any still picture's format and size.
 * @throws RangeError when there are none, balanced batches lack a class or what the detector wants (masks,
 * sources), or an option is out of range.
 * (`batch` also: ImageError for a file that cannot be read, naming it; RangeError for a negative step,
 * and when "skip" finds no readable sample of a class.)
 *
 * @example
 * ```ts
 * import { vary } from "lib/detectors/configuration.ts";
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { openLoader } from "lib/batches/loader.ts";
 * import { demoPhotographs } from "lib/faces/demo_photographs.ts";
 * import assert from "node:assert/strict";
 *
 * const samples = demoPhotographs().map((path, i) => ({
 *   path, label: (i % 2) as 0 | 1, dataset: "mine", method: i % 2 ? "DF" : "real", video: `${i}`,
 *   split: "train" as const, frame: 0, identities: [],
 * }));
 * await using loader = openLoader(samples, { configuration: vary(SMOKE, { batchSize: 4 }) });
 * assert.equal(loader.batchesPerEpoch, 2);
 * const { images, labels } = await loader.batch(0);
 * assert.deepEqual(images.shape, [4, 32, 32, 3]);
 * assert.deepEqual([...labels.dataSync()], [0, 1, 0, 1]);
 * ```
 */
export function openLoader(samples: Samples, options: LoaderOptions): Loader {
  const { configuration, root = ".", prefetch = 2, onUnreadable = "error", notice } = options;
  const { input: { size }, wants } = configuration.detector;
  assertPrefetch(prefetch);
  const list = sampleList(samples);
  const labels = labelsOf(list);
  const wanted = lookUpWanted(list, wants);
  const order = orderOf(labels, wanted, configuration);
  const decoder = openDecoder({ size });
  const pathOf = (place: number) => placeOf(root, list.sample(place));
  const substitutes = openSubstitutes(list, {
    notice,
    failure: async (place) => {
      const isMasked = wanted.masks && labels[place] === 1;
      const paths = [pathOf(place), ...isMasked ? [maskPlaceOf(root, list.sample(place))] : []];
      const { failures } = await decoder.decode(paths).result;
      return failures.length > 0 ? failureOf(paths[failures[0].place], failures[0]) : undefined;
    },
  });

  /** The masks of the fakes at these places are read as pictures are, beside them. */
  const beginMasks = (places: readonly number[]) => {
    const masked = places.flatMap((place, i) => labels[place] === 1 ? [{ place, i }] : []);
    const paths = masked.map(({ place }) => maskPlaceOf(root, list.sample(place)));
    return { masked, paths, decoding: paths.length > 0 ? decoder.decode(paths) : undefined };
  };
  const finishMasks = async (
    { masked, paths, decoding }: ReturnType<typeof beginMasks>,
    count: number,
  ) => {
    const masks = new Uint8Array(count * size * size);
    if (!decoding) return { masks, failed: [] }; // all are real
    const { pixels, failures } = await decoding.result;
    masked.forEach(({ i }, k) => {
      for (let at = 0; at < size * size; at++) {
        masks[i * size * size + at] = pixels[3 * (k * size * size + at)]; // one of three equal channels
      }
    });
    const failed = failures.map((failure) => ({
      i: masked[failure.place].i,
      error: failureOf(paths[failure.place], failure),
    }));
    return { masks, failed };
  };
  const beginAt = (places: number[]) => ({
    places,
    decoding: decoder.decode(places.map(pathOf)),
    ...wanted.masks ? { masks: beginMasks(places) } : {},
  });
  const begin = (step: number) =>
    beginAt(order.places(step).map((place) => substitutes.known(place)));
  /** The pictures at these places, with others for the ones that, or whose masks, cannot be read. */
  const finish = async (
    { places, decoding, masks }: ReturnType<typeof beginAt>,
  ): Promise<Pictures> => {
    const { pixels, failures } = await decoding.result;
    const ofMasks = masks && await finishMasks(masks, places.length);
    const failed = [
      ...failures.map((failure) => ({
        i: failure.place,
        error: failureOf(pathOf(places[failure.place]), failure),
      })),
      ...ofMasks?.failed ?? [],
    ];
    if (failed.length === 0) {
      return {
        pixels,
        width: size,
        height: size,
        labels: places.map((place) => labels[place]),
        indices: places,
        ...wantedOf(places, wanted),
        ...ofMasks ? { masks: ofMasks.masks } : {},
      };
    }
    for (const { i, error } of failed) {
      if (onUnreadable === "error" || !(error instanceof ImageError)) throw error;
      await substitutes.find(places[i], error);
    }
    return await finish(beginAt(places.map((place) => substitutes.known(place))));
  };

  const prepared = new Map<number, ReturnType<typeof begin>>();
  const batch = async (step: number): Promise<Batch> => {
    const asked = prepared.get(step) ?? begin(step);
    prepared.delete(step);
    for (const [other, { decoding, masks }] of prepared) {
      if (other > step && other <= step + prefetch) continue;
      decoding.callOff();
      masks?.decoding?.callOff();
      prepared.delete(other);
    }
    for (let ahead = step + 1; ahead <= step + prefetch; ahead++) {
      if (!prepared.has(ahead)) prepared.set(ahead, begin(ahead));
    }
    return trainingBatch(await finish(asked), { step, settings: configuration });
  };
  return {
    batchesPerEpoch: order.batchesPerEpoch,
    methods: wanted.methods ?? [],
    batch,
    unreadable: substitutes.found,
    [Symbol.asyncDispose]: () => decoder[Symbol.asyncDispose](),
  };
}
