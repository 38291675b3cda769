/** A real face that fakes are made of: what is known of it before its picture is read. */
import { readLandmarks } from "lib/faces/landmark_file.ts";
import { sha256 } from "lib/io/sha256.ts";
import type { Box } from "lib/media/crop.ts";
import type { DonorFace } from "../choose_donor.ts";

/** A real face. Its landmarks are in pixels of its crop's file. */
export interface RealFace extends DonorFace {
  /** Its own in all that is forged; decides what is drawn for it and its folder's name. */
  readonly name: string;
  /** The crop's file. */
  readonly crop: string;
  /** The face without the crop's margin, in pixels of the crop's file. */
  readonly box: Box;
  /** Contents of the crop's and the landmarks' files in short: another text where one was replaced. */
  readonly mark: string;
  /** The data set of the fakes. */
  readonly dataset: string;
  /** The video, or the photograph. */
  readonly video: string;
  /** Index of the frame in its video. */
  readonly frame: number;
}

/** Something about a real face, or about what was to be made of it, that a person should know. */
export interface ForgeRemark {
  /** The photograph or video that it is about. */
  readonly video: string;
  /** The frame, where it is about one. */
  readonly frame?: number;
  /** In a word or two, such as "no landmarks". */
  readonly what: string;
  /** The reason in words. */
  readonly detail: string;
}

/** Real faces, and what could not be one. */
export interface RealFaces {
  /** In an order that is always the same. */
  readonly faces: readonly RealFace[];
  /** In the same order. */
  readonly remarks: readonly ForgeRemark[];
}

/**
 * A real face with what its landmarks file says.
 *
 * @param files The crop's file with the digest of its content, and the landmarks' file.
 * @throws UnfitFile for a landmarks file that cannot be taken.
 */
export async function realFace(
  files: { readonly crop: string; readonly content: string; readonly landmarks: string },
  rest: Omit<RealFace, "crop" | "box" | "landmarks" | "mark">,
): Promise<RealFace> {
  const known = await readLandmarks(files.landmarks);
  const mark = sha256(JSON.stringify([files.content, known])).slice(0, 32);
  return { ...rest, crop: files.crop, box: known.box, landmarks: known.landmarks, mark };
}

/** A name as identities are called in manifests, which join them by "+". */
export function identityName(name: string): string {
  return name.replaceAll("+", "_");
}
