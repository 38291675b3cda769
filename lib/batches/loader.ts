/**
 * Batches of pictures in files, read ahead in threads while the device works; fakes are read too, or made of
 * the real pictures on the way. Memory holds the batches that are prepared, whatever the number of samples.
 */
import type { Membership } from "lib/engine/collectives.ts";
import { sampleList, type Samples } from "lib/data/sample_list.ts";
import type { BatchSource } from "./batch_source.ts";
import { type BatchSettings, trainingBatch } from "./batches.ts";
import { ALONE } from "./device_share.ts";
import { openForgedPairs } from "./loader/forged_pairs.ts";
import { openListedPictures } from "./loader/listed_pictures.ts";
import { assertPrefetch } from "./loader/picture_files.ts";
import { readAhead } from "./loader/read_ahead.ts";
import { facesInFiles } from "./loader/real_faces.ts";
import type { Unreadable } from "./loader/substitutes.ts";

/** How samples are read. */
export interface LoaderOptions {
  /** Decides size, order, balance, forging, augmentation and mixup, and what else batches carry. */
  readonly configuration: BatchSettings;
  /** Folder that relative paths start from: the manifest's. Default: the current folder. */
  readonly root?: string;
  /** The device whose part of each batch is wanted. Default: the only one. */
  readonly share?: Membership;
  /** Batches that are prepared ahead of the one asked for, 0 or more. Default 2. */
  readonly prefetch?: number;
  /**
   * What to do when a picture, its mask or its landmarks cannot be read, or a forger refuses its face.
   * "error": the batch is refused, naming the file. "skip": it is left out; its place in a batch goes to the
   * next such sample of the same class in the list, `indices` says so, and `unreadable` and `notice`
   * name both. Default "error".
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
 * Where the data's settings say `forge`, the list's fakes are left out, and so are reals whose landmarks are
 * not known. An epoch shows each of the other reals once, and beside it the fake made of it in that step; both
 * have its place in `indices`. Forgers work at the crop's own size; real picture, fake and mask are resized
 * to the detector's afterwards.
 *
 * @param samples In a fixed order, an array or a manifest's list (`openManifestList`); each of any still picture's format and size.
 * @throws RangeError when there are none, balanced batches lack a class or what the detector wants (masks,
 * sources), fakes are to be made and no landmarks are known, or an option is out of range.
 * (`batch` also: ImageError for a picture that cannot be read, naming it, UnfitFile for landmarks;
 * RangeError for a negative step, a face that cannot be forged or lacks another person's, and when "skip"
 * finds no sample of a class.)
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
  const { share = ALONE } = options;
  assertPrefetch(prefetch);
  const list = sampleList(samples);
  const reading = { settings: configuration, share, onUnreadable, notice };
  const source = configuration.data.forge === "none"
    ? openListedPictures(list, { ...reading, root })
    : openForgedPairs(facesInFiles(list, root), reading);
  const pictures = readAhead(source.begin, { prefetch });
  return {
    batchesPerEpoch: source.batchesPerEpoch,
    methods: source.methods,
    batch: async (step) =>
      trainingBatch(await pictures(step), { step, settings: configuration, share }),
    unreadable: source.unreadable,
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}
