/**
 * What is known of the face in a crop, as a file beside the crop: its box and its 68 landmarks. With it fakes
 * can be made of the crop without looking for the face again.
 */
import { whyUnreadable } from "lib/io/file_fault.ts";
import { isRecord } from "lib/io/is_record.ts";
import { sha256 } from "lib/io/sha256.ts";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { type Box, intoCrop, type Square } from "lib/media/crop.ts";
import type { Face, Point } from "./face.ts";
import { LANDMARK_FINDER } from "./face_cut.ts";

/** How many landmarks a face has. */
const COUNT = 68;

/** The face in a crop; all coordinates are pixels of the crop, from its top left corner. */
export interface CropLandmarks {
  /** What found the points, such as `LANDMARK_FINDER`. */
  readonly finder: string;
  /** The face as the detector framed it, without the crop's margin. */
  readonly box: Box;
  /** 68 points; see `LANDMARK_PARTS`. They may lie outside of the crop. */
  readonly landmarks: readonly Point[];
}

/** To hundredths of a pixel: more says nothing. */
const rounded = (value: number) => Math.round(value * 100) / 100 + 0; // -0 is written as 0

/**
 * A face of a picture as it lies in a crop of it.
 *
 * @param face Its box and its 68 landmarks in pixels of the picture.
 * @param crop The square that was cut out of the picture, and the side in pixels that it was resized to.
 * @returns To hundredths of a pixel, found by `LANDMARK_FINDER`.
 */
export function landmarksInCrop(
  { box: [left, top, right, bottom], landmarks }: Pick<Face, "box"> & {
    readonly landmarks: readonly Point[];
  },
  { square, size }: { readonly square: Square; readonly size: number },
): CropLandmarks {
  const into = (point: Point): Point => {
    const [x, y] = intoCrop(point, square, size);
    return [rounded(x), rounded(y)];
  };
  return {
    finder: LANDMARK_FINDER,
    box: [...into([left, top]), ...into([right, bottom])],
    landmarks: landmarks.map(into),
  };
}

/**
 * The bytes of a landmarks file, and a name for it: that of the crop, eight digits of the bytes' SHA-256 and
 * ".landmarks.json". A manifest that names it so says what is in it.
 *
 * @param crop The crop's file name without its ending.
 * @throws RangeError unless there are 68 finite points and a box.
 *
 * @example
 * ```ts
 * import { type CropLandmarks, landmarkFile, readLandmarks } from "lib/faces/landmark_file.ts";
 * import { writeWhole } from "lib/io/write_whole.ts";
 * import { join } from "node:path";
 * import assert from "node:assert/strict";
 *
 * const face: CropLandmarks = {
 *   finder: "by hand",
 *   box: [8, 8, 56, 60],
 *   landmarks: Array.from({ length: 68 }, (_, i) => [i, 20.25] as const),
 * };
 * const { name, bytes } = landmarkFile("000005_0", face);
 * assert.match(name, /^000005_0\.[0-9a-f]{8}\.landmarks\.json$/);
 * const folder = await Deno.makeTempDir();
 * await writeWhole(join(folder, name), bytes);
 * assert.deepEqual(await readLandmarks(join(folder, name)), face);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function landmarkFile(
  crop: string,
  { finder, box, landmarks }: CropLandmarks,
): { name: string; bytes: Uint8Array } {
  const fault = faultIn({ finder, box, landmarks });
  if (fault !== undefined) throw new RangeError(`The landmarks of ${crop}: ${fault}.`);
  const bytes = new TextEncoder().encode(JSON.stringify({ finder, box, landmarks }) + "\n");
  return { name: `${crop}.${sha256(bytes).slice(0, 8)}.landmarks.json`, bytes };
}

/** What is wrong with what should be a `CropLandmarks`; undefined for nothing. */
function faultIn(value: unknown): string | undefined {
  if (!isRecord(value)) return "it holds no record of a face";
  const { finder, box, landmarks } = value;
  const numbers = (list: unknown, count: number): list is number[] =>
    Array.isArray(list) && list.length === count && list.every(Number.isFinite);
  if (typeof finder !== "string" || finder === "") return 'its "finder" is no text';
  if (!numbers(box, 4)) return 'its "box" is not four numbers: left, top, right, bottom';
  if (!(box[2] > box[0] && box[3] > box[1])) return 'its "box" has no area';
  if (!Array.isArray(landmarks) || landmarks.length !== COUNT) {
    const length = Array.isArray(landmarks) ? landmarks.length : 0;
    return `its "landmarks" are ${length} points, not ${COUNT}`;
  }
  const odd = landmarks.findIndex((point) => !numbers(point, 2));
  return odd < 0 ? undefined : `its landmark ${odd} is not two numbers, x and y`;
}

/**
 * Read a landmarks file.
 *
 * @throws UnfitFile naming the file and what is wrong with it.
 */
export async function readLandmarks(path: string): Promise<CropLandmarks> {
  let fault: string | undefined, value: unknown;
  try {
    value = JSON.parse(await Deno.readTextFile(path));
    fault = faultIn(value);
  } catch (error) {
    fault = error instanceof SyntaxError ? "it is no JSON" : whyUnreadable(error);
  }
  if (fault === undefined) return value as CropLandmarks;
  throw new UnfitFile(
    `Cannot take ${JSON.stringify(path)} as a face's landmarks: ${fault.replace(/\.$/, "")}. ` +
      'Run "deno task prepare" with --landmarks again; it makes them anew in a new folder.',
  );
}
