/**
 * Cutting out the demo faces: variants of a crop, and how far they may reach.
 */
import { createRandom } from "lib/random.ts";
import { type Box, squareAround } from "lib/media/crop.ts";
import type { DemoFace } from "./demo_faces.ts";
import type { FaceCrop } from "../face_crop.ts";
import { cutSquare, variantReach, variantSquare } from "../variants.ts";

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
  const exact = squareAround(face.box, margin);
  const square = variant === 0
    ? exact
    : variantSquare(exact, createRandom(seed, "stand-in crop", face.id, variant));
  return await cutSquare({ ...face, image: face.photograph }, { square, size });
}

/** The part of the photograph that some variant of the face's crop may show. */
export function reachOf(face: DemoFace, margin: number): Box {
  const { left, top, side } = squareAround(face.box, margin), more = variantReach(side);
  return [left - more, top - more, left + side + more, top + side + more];
}
