/**
 * Crops of a manifest in memory, in one call: for notebooks and small sets. Training from files is left
 * to batches/, lists without pixels to manifest.ts.
 */
import { dirname, resolve } from "node:path";
import { createRandom } from "lib/random.ts";
import { type Mask, readImage, readMask } from "lib/media/image.ts";
import { spreadFrames } from "lib/media/video.ts";
import { manifestRows } from "./manifest.ts";
import type { Crop, Sample, Split } from "./samples.ts";

/** A crop of a manifest, with its mask where the manifest names one. */
export interface ManifestCrop extends Crop {
  /** Where the picture was manipulated, of the same size as `image`. */
  readonly mask?: Mask;
}

/** Which crops of a manifest are read, and how. */
export interface ManifestCropOptions {
  /** Those of this split alone. Default: of all. */
  readonly split?: Split;
  /** Those of this method alone, such as "real" or "DF", or of one of these. Default: of all. */
  readonly method?: string | readonly string[];
  /**
   * At most so many, 1 or more: from each video as many as from any other as long as it has that many,
   * spread over its length. Default: all.
   */
  readonly count?: number;
  /** Side of the crops in pixels; files of another size are resized. Default: as in the files. */
  readonly size?: number;
  /** Decides which videos give one crop more, or any. Default 0. */
  readonly seed?: number;
}

/** Crops are read so many at a time. */
const AT_ONCE = 16;
/** More bytes of pixels are refused: that much asks for a loader. */
const MOST_BYTES = 4 * 2 ** 30;

const videoOf = ({ dataset, video }: Sample) => JSON.stringify([dataset, video]);

/** How many of each video's crops are taken, so that the counts differ as little as they can. */
function shareOut(
  available: ReadonlyMap<string, number>,
  { count, seed }: { count: number; seed: number },
): Map<string, number> {
  const taken = new Map<string, number>();
  let left = count;
  for (let round = 0, before = NaN; left > 0 && left !== before; round++) {
    before = left;
    for (
      const video of createRandom(seed, "manifest crops", round).shuffle([...available.keys()])
    ) {
      if (left === 0 || available.get(video)! <= round) continue;
      taken.set(video, round + 1);
      left--;
    }
  }
  return taken;
}

/** The samples that are asked for, in the manifest's order. It is read twice, and not kept. */
async function choose(manifest: string, options: ManifestCropOptions): Promise<Sample[]> {
  const { split, method, count = Infinity, seed = 0 } = options;
  const methods = method === undefined ? undefined : [method].flat();
  const asked = (sample: Sample) =>
    (split === undefined || sample.split === split) &&
    (methods === undefined || methods.includes(sample.method));
  const available = new Map<string, number>(), others = new Set<string>();
  for await (const sample of manifestRows(manifest)) {
    if (!asked(sample)) others.add(`${sample.method} (${sample.split})`);
    else available.set(videoOf(sample), (available.get(videoOf(sample)) ?? 0) + 1);
  }
  if (available.size === 0) {
    const wanted = `${methods?.join(", ") ?? "any method"} (${split ?? "any split"})`;
    throw new RangeError(
      `${JSON.stringify(manifest)} has no crop of ${wanted}. ` +
        (others.size > 0 ? `It has ${[...others].sort().join(", ")}.` : "It has no rows."),
    );
  }
  const taken = count === Infinity ? available : shareOut(available, { count, seed });
  const places = new Map(
    [...taken].map(([video, wanted]) =>
      [video, new Set(spreadFrames(available.get(video)!, wanted))] as const
    ),
  );
  const seen = new Map<string, number>(), chosen: Sample[] = [];
  for await (const sample of manifestRows(manifest)) {
    if (!asked(sample)) continue;
    const video = videoOf(sample), place = seen.get(video) ?? 0;
    seen.set(video, place + 1);
    if (places.get(video)?.has(place)) chosen.push(sample);
  }
  return chosen;
}

async function readCrop(
  sample: Sample,
  { folder, side }: { folder: string; side: number | undefined },
): Promise<ManifestCrop> {
  const size = side === undefined ? {} : { size: { width: side, height: side } };
  const image = await readImage(resolve(folder, sample.path), size);
  if (sample.mask === undefined) return { image, sample };
  const { width, height } = image;
  const mask = await readMask(resolve(folder, sample.mask), { size: { width, height } });
  return { image, sample, mask };
}

/**
 * Crops of a manifest with their pixels, in the manifest's order.
 *
 * @param manifest A file that `prepare` or `writeManifest` wrote. Samples are as in it: `path` stays
 * relative to its folder.
 * @returns All of one size. Masks where the manifest has them, resized with their pictures.
 * @throws RangeError when nothing in the manifest fits, naming what is in it; when files differ in size
 * and `size` is not given; for a count, seed or size out of range; when the pixels would take more than
 * 4 GiB; as `manifestRows` does.
 * @throws ImageError when a picture or a mask cannot be read.
 *
 * @example
 * ```ts
 * import { cropsOfManifest } from "lib/data/manifest_crops.ts";
 * import { writeManifest } from "lib/data/manifest.ts";
 * import { writeImage } from "lib/media/write_image.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const grey = { data: new Uint8Array(8 * 8 * 3).fill(128), width: 8, height: 8 };
 * await writeImage(`${folder}/a.png`, grey);
 * await writeManifest(`${folder}/manifest.csv`, [{
 *   path: "a.png", label: 0, dataset: "mine", method: "real", video: "a", split: "test", frame: 0,
 *   identities: [],
 * }]);
 * const [crop] = await cropsOfManifest(`${folder}/manifest.csv`, { split: "test", count: 16 });
 * assert.deepEqual(crop.image, grey);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function cropsOfManifest(
  manifest: string,
  options: ManifestCropOptions = {},
): Promise<ManifestCrop[]> {
  const { count = 1, size } = options;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`The count of crops is a whole number from 1, not ${count}.`);
  }
  const samples = await choose(manifest, options);
  const from = { folder: dirname(manifest), side: size };
  const crops = [await readCrop(samples[0]!, from)];
  const { width, height } = crops[0]!.image;
  const bytes = samples.length * width * height * 3;
  if (bytes > MOST_BYTES) {
    throw new RangeError(
      `${samples.length} crops of ${width} × ${height} take ${(bytes / 2 ** 30).toFixed(1)} GiB. ` +
        "Give a count, a smaller size, or use a loader, which reads them batch by batch.",
    );
  }
  for (let i = 1; i < samples.length; i += AT_ONCE) {
    const some = samples.slice(i, i + AT_ONCE).map((sample) => readCrop(sample, from));
    crops.push(...await Promise.all(some));
  }
  const other = crops.find(({ image }) => image.width !== width || image.height !== height);
  if (other !== undefined) {
    throw new RangeError(
      `${JSON.stringify(samples[0]!.path)} is ${width} × ${height} pixels, ` +
        `${JSON.stringify(other.sample.path)} ${other.image.width} × ${other.image.height}. ` +
        "Give a size to make all crops alike.",
    );
  }
  return crops;
}
