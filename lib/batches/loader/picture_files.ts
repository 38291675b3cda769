/** Where samples' pictures lie, and what is said of one that cannot be read. */
import { isAbsolute, resolve } from "node:path";
import type { Sample } from "lib/data/samples.ts";
import { ImageError } from "lib/media/image_error.ts";
import type { DecodeFailure } from "./decode_worker.ts";

const below = (root: string, path: string) => isAbsolute(path) ? path : resolve(root, path);

/** Where a sample's picture lies; relative paths start from `root`. */
export const placeOf = (root: string, { path }: Sample): string => below(root, path);

/** Where a sample's mask lies: of samples that have one, as `lookUpWanted` made sure. */
export const maskPlaceOf = (root: string, { mask }: Sample): string => below(root, mask!);

/** Where a sample's landmarks lie: of samples that have some, as `facesInFiles` made sure. */
export const landmarksPlaceOf = (root: string, { landmarks }: Sample): string =>
  below(root, landmarks!);

/** The error for a file that could not be read. */
export function failureOf(path: string, { problem, explanation }: DecodeFailure): Error {
  if (problem) return new ImageError(problem, path, explanation);
  return new Error(`Cannot read the picture ${JSON.stringify(path)}: ${explanation}`);
}

/** Checks how many batches are read ahead. @throws RangeError unless it is a whole number from 0. */
export function assertPrefetch(prefetch: number): void {
  if (Number.isSafeInteger(prefetch) && prefetch >= 0) return;
  throw new RangeError(`prefetch is a whole number of batches from 0, not ${prefetch}.`);
}
