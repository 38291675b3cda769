/**
 * How faces are found in pictures and cut out of them: one record, so that what is cut for training and
 * what is cut for scoring are the same.
 */

/** Everything that decides what the crop of a face looks like. */
export interface FaceCut {
  /** Side of a crop in pixels, 16 or more. */
  readonly size: number;
  /** Margin on every side, as a share of the face's longer side, 0 or more. */
  readonly margin: number;
  /** Smallest score at which a face counts, 0 to 1. */
  readonly minScore: number;
  /** Pictures with a longer side are shrunk to it before faces are looked for; pixels, 32 or more. */
  readonly longSide: number;
  /** File format of the crops. */
  readonly format: "jpg" | "png";
  /** Quality of JPEG crops, 1 to 100. */
  readonly quality: number;
  /** What finds the faces, and the beginning of its weights' SHA-256. */
  readonly finder: string;
  /** Version of the code that finds and cuts; raised whenever it gives other pixels. */
  readonly code: number;
}

/** How faces are cut unless somebody says otherwise. */
export const FACE_CUT: FaceCut = Object.freeze({
  size: 224, // [paper, Implementation Details]
  margin: 0.15, // [ours]
  minScore: 0.9, // [ours, measured on 22 faces]
  longSide: 960, // [ours] finds the same 22 of 22 faces as 1920 does, in a third of the time
  format: "jpg",
  quality: 95, // [ours]
  finder: "RetinaFace MobileNet-0.25 b7a7acab",
  code: 1,
});

/** What finds the landmarks (landmarks.ts), and its version: raised whenever it gives other points. */
export const LANDMARK_FINDER = "face-api 68 landmarks, version 2";
