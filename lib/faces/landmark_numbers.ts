/**
 * Which of the 68 landmarks is which: the numbering of the iBUG 300-W annotations. Finding them is left
 * to landmarks.ts.
 */
import type { Point } from "./face.ts";

/** Where each part of the face is in the list of 68 landmarks: first index, and one past the last. */
export const LANDMARK_PARTS = {
  /** From the ear at the picture's left along the chin to the other ear. */
  jaw: [0, 17],
  /** Both eyebrows, from the picture's left to right. */
  brows: [17, 27],
  /** Bridge from above, then the base from left to right. */
  nose: [27, 36],
  /** The eye at the picture's left, clockwise from its outer corner. */
  leftEye: [36, 42],
  /** The eye at the picture's right, clockwise from its inner corner. */
  rightEye: [42, 48],
  /** Outline of the lips, clockwise from the corner at the picture's left. */
  outerLips: [48, 60],
  /** Inner edge of the lips, clockwise from the corner at the picture's left. */
  innerLips: [60, 68],
} as const satisfies Record<string, readonly [number, number]>;

/** Which landmark of a mirrored face stands where each one stood: left and right change places. */
const MIRRORED: readonly number[] = [
  ...[16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  ...[26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 27, 28, 29, 30, 35, 34, 33, 32, 31],
  ...[45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40],
  ...[54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65],
];

/** The landmarks of the mirrored picture, `width` pixels wide, in their usual order. */
export function mirrorLandmarks(landmarks: readonly Point[], width: number): Point[] {
  return MIRRORED.map((i): Point => [width - landmarks[i][0], landmarks[i][1]]);
}
