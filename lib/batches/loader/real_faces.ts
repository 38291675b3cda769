/** The real pictures that fakes are made of while one trains, in files or in memory. */
import sharp from "sharp";
import { placesWhere, type SampleList, sampleList } from "lib/data/sample_list.ts";
import type { Crop, Sample } from "lib/data/samples.ts";
import type { Point } from "lib/faces/face.ts";
import { readLandmarks } from "lib/faces/landmark_file.ts";
import type { FaceSource } from "./forge_worker.ts";
import { landmarksPlaceOf, placeOf } from "./picture_files.ts";

/** Real pictures whose landmarks are known, by their places in a list of samples. */
export interface RealFaces {
  /** Their places, in order; never none. */
  readonly places: Int32Array;
  /** The sample at a place. */
  sample(place: number): Sample;
  /** The face at a place, for the thread that makes a fake of it; asked anew for each. */
  source(place: number): FaceSource;
  /**
   * What donors are chosen by: landmarks in the crop's pixels, and the crop's side.
   *
   * @throws UnfitFile, or an error of the picture, where a file is not what it should be.
   */
  shape(place: number): Promise<{ readonly landmarks: readonly Point[]; readonly size: number }>;
}

/** The places of reals with landmarks. @throws RangeError when there are none, saying what to do. */
function placesOf(list: SampleList, isKnown: (place: number) => boolean): Int32Array {
  const places = placesWhere(list.length, (place) => list.label(place) === 0 && isKnown(place));
  if (places.length > 0) return places;
  throw new RangeError(
    `Fakes are to be made of real samples whose landmarks are known, and of these ${list.length} samples ` +
      'none is one. Prepare them with "deno task prepare" and --landmarks.',
  );
}

/**
 * Those of samples in files.
 *
 * @param root The folder that relative paths start from.
 * @throws RangeError when there are none.
 */
export function facesInFiles(list: SampleList, root: string): RealFaces {
  const sizes = new Map<string, Promise<number>>(); // crops that were cut in one way have one size
  const sizeOf = (sample: Sample): Promise<number> => {
    const path = placeOf(root, sample), key = sample.cut ?? path;
    const known = sizes.get(key) ?? sharp(path).metadata().then(({ width }) => width);
    if (sample.cut !== undefined) sizes.set(key, known);
    return known;
  };
  return {
    places: placesOf(list, (place) => list.hasLandmarks(place)),
    sample: (place) => list.sample(place),
    source: (place) => {
      const sample = list.sample(place);
      return { path: placeOf(root, sample), landmarks: landmarksPlaceOf(root, sample) };
    },
    shape: async (place) => {
      const sample = list.sample(place);
      const { landmarks } = await readLandmarks(landmarksPlaceOf(root, sample));
      return { landmarks, size: await sizeOf(sample) };
    },
  };
}

/** Those of crops in memory. @throws RangeError when there are none. */
export function facesInMemory(crops: readonly Crop[]): RealFaces {
  const list = sampleList(crops.map(({ sample }) => sample));
  return {
    places: placesOf(list, (place) => crops[place].face !== undefined),
    sample: (place) => list.sample(place),
    source: (place) => {
      const { image: { data, width, height }, face } = crops[place];
      const pixels = data.slice().buffer; // the thread's own: the crop stays here
      return { pixels, width, height, landmarks: face!.landmarks, box: face!.box };
    },
    shape: (place) =>
      Promise.resolve({
        landmarks: crops[place].face!.landmarks,
        size: crops[place].image.width,
      }),
  };
}
