/**
 * Inconsistent images (I2G): parts of another person's face blended in, for detectors that compare patches
 * of a picture with each other.
 *
 * Zhao et al., "Learning Self-Consistency for Deepfake Detection", ICCV 2021 (PCL). The authors published
 * no code; steps and settings are those of jtchen0528/PCL-I2G (commit acc0e36), which has no licence and
 * was read as a description alone.
 */
import type { Random } from "lib/random.ts";
import { blend, weightsMask } from "./blending/blend.ts";
import { matchColours } from "./blending/colour_match.ts";
import { drawnUntilSeen } from "./blending/drawn_until_seen.ts";
import { FACE_PARTS, faceHullMask, facePartsMask } from "./blending/face_hulls.ts";
import { opencvKernel } from "./blending/gaussian_kernel.ts";
import { filterPlane } from "./blending/separable_filter.ts";
import {
  deformSmoothly,
  type DisplacementGrid,
  drawDisplacements,
} from "./blending/spline_grid.ts";
import { recompressSwapped } from "./blending/swapped_jpeg.ts";
import { assertHoldsFace, type FaceCrop } from "./face_crop.ts";
import { assertDonor, type Forger, type Forgery } from "./forger.ts";

/** Lengths in the code are pixels of pictures of this side; here they grow and shrink with the crop. */
const PUBLISHED_SIDE = 256;

/** All that is drawn for one inconsistent image. */
export interface Inconsistency {
  /** Parts of the face in its mask; undefined for the whole face. */
  readonly parts: readonly number[] | undefined;
  /** How the mask is deformed. */
  readonly grid: DisplacementGrid;
  /** Side in pixels of the kernel that makes it soft; its sigma is OpenCV's automatic one. */
  readonly blur: number;
  /** Quality of a JPEG that both pictures went through; undefined for none. */
  readonly quality: number | undefined;
}

/**
 * Draw an inconsistent image for a crop of `width` pixels.
 *
 * The code also draws "no part", which leaves a real picture that is called a fake; here one part is the
 * least. Its flip is left to training's own augmentation.
 */
export function drawInconsistency(random: Random, { width }: { width: number }): Inconsistency {
  const scale = width / PUBLISHED_SIDE, blur = Math.max(1, Math.round(35 * scale));
  const parts = random.uniform() < 0.5
    ? undefined
    : random.shuffle(Array.from({ length: FACE_PARTS }, (_, i) => i))
      .slice(0, 1 + random.integer(FACE_PARTS - 1));
  return {
    parts,
    grid: drawDisplacements(random, { points: 6, sigma: 4 * scale }),
    blur: blur + (blur + 1) % 2,
    quality: random.uniform() < 0.5 ? 60 + random.integer(41) : undefined,
  };
}

/**
 * The pair that was drawn; undefined where its mask is empty. Colours are compared inside of the mask
 * before it is deformed, and changed there alone: outside of it the donor's own colours show.
 */
export async function inconsistentFaces(
  target: FaceCrop,
  donor: FaceCrop,
  drawn: Inconsistency,
): Promise<Forgery | undefined> {
  const { image, landmarks } = target, { width, height } = image;
  const hull = drawn.parts
    ? facePartsMask(drawn.parts, landmarks, image)
    : faceHullMask("facehull", landmarks, image);
  if (!hull.data.includes(255)) return undefined;
  const foreground = matchColours(donor.image, image, { mask: hull, match: "mean" });
  const deformed = { data: deformSmoothly(hull, drawn.grid), width, height };
  const soft = filterPlane(deformed, opencvKernel(drawn.blur, 0), "reflect101").data;
  for (let i = 0; i < soft.length; i++) soft[i] = Math.min(1, soft[i]);
  const { quality } = drawn;
  const alike = async (picture: typeof image) =>
    quality === undefined ? picture : await recompressSwapped(picture, quality);
  return {
    real: await alike(image),
    fake: await alike(blend(image, foreground, soft)),
    mask: weightsMask(soft, image),
  };
}

/** Inconsistent images of Zhao et al. */
export const inconsistent: Forger = {
  name: "I2G",
  is: "the whole or some parts of the most similar face of another person blended in",
  source: "Zhao et al., Learning Self-Consistency for Deepfake Detection, ICCV 2021",
  donor: "nearest",
  async forge(target, { random, donor }) {
    assertHoldsFace(target, "I2G");
    const other = assertDonor("I2G", target, donor);
    return await drawnUntilSeen(
      "I2G",
      random,
      (random) => inconsistentFaces(target, other, drawInconsistency(random, target.image)),
    );
  },
};
