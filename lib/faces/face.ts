/** A face found in a picture, in the terms that all who find, cut and measure faces share. */
import type { Box } from "lib/media/crop.ts";

/** x (column) and y (row) in pixels. */
export type Point = readonly [x: number, y: number];

/** A face in a picture; all coordinates are pixels of the original picture. */
export interface Face {
  /** How sure the detector is, 0 to 1. */
  readonly score: number;
  /** The face from forehead to chin, cut to the picture. */
  readonly box: Box;
  /** Its eye at the picture's left, the other eye, nose tip, left and right corner of the mouth. */
  readonly points: readonly [Point, Point, Point, Point, Point];
}
