/**
 * Cutting out the demo faces: variants of a crop, and how far they may reach.
 */
import { createRandom } from "lib/random.ts";
import { type Box, cropSquare, intoCrop, resizeImage, squareAround } from "lib/media/crop.ts";
import type { DemoFace } from "./demo_faces.ts";
import type { FaceCrop } from "../face_crop.ts";

/** How much a variant's side may be longer or shorter, and its centre shifted, as shares of the side. */
const SCALE = 0.08, SHIFT = 0.05;

/** What decides a crop. */
export interface DemoCropOptions {
  /** Added on every side, as a share of the box's longer side. */
  readonly margin: number;
  /** Side of the crop in pixels. */
  readonly size: number;
  /** Decides shift and scale. */
  readonly seed: number;
  /** From 0; the first is neither shifted nor scaled. */
  readonly variant: number;
}

/** A face's crop with its landmarks; variants after the first are shifted and scaled a little. */
export async function cropDemoFace(face: DemoFace, options: DemoCropOptions): Promise<FaceCrop> {
  const { margin, size, seed, variant } = options;
  const random = createRandom(seed, "stand-in crop", face.id, variant);
  const around = () => variant === 0 ? 0 : 2 * random.uniform() - 1;
  const exact = squareAround(face.box, margin);
  const side = Math.round(exact.side * (1 + SCALE * around()));
  const square = {
    left: Math.round(exact.left + (exact.side - side) / 2 + SHIFT * side * around()),
    top: Math.round(exact.top + (exact.side - side) / 2 + SHIFT * side * around()),
    side,
  };
  return {
    image: await resizeImage(cropSquare(face.photograph, square), { width: size, height: size }),
    landmarks: face.landmarks.map((point) => intoCrop(point, square, size)),
  };
}

/** The part of the photograph that some variant of the face's crop may show. */
export function reachOf(face: DemoFace, margin: number): Box {
  const { left, top, side } = squareAround(face.box, margin);
  const more = Math.ceil(side * (SCALE / 2 + SHIFT * (1 + SCALE))) + 1; // 1 for rounding
  return [left - more, top - more, left + side + more, top + side + more];
}
