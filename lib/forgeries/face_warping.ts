/**
 * Face-warping negatives: the face taken out, made coarser and put back, as swapping a face of limited
 * resolution does, without any swap.
 *
 * Li and Lyu, "Exposing DeepFake Videos By Detecting Face Warping Artifacts", CVPR Workshops 2019; Li,
 * DSP-FWA, 2019. The training code of DSP-FWA is not published; steps and ranges are those of
 * DeepfakeBench's generator (CC BY-NC, read as a description alone).
 */
import type { Random } from "lib/random.ts";
import type { Point } from "lib/faces/face.ts";
import { resizeBilinear } from "lib/media/distortions/bilinear_resize.ts";
import type { Mask, RgbImage } from "lib/media/image.ts";
import { blend } from "./blending/blend.ts";
import {
  BOTH_ALIKE,
  changeColours,
  type ColourAugmentation,
  drawColours,
} from "./blending/colour_augmentation.ts";
import { drawnUntilSeen } from "./blending/drawn_until_seen.ts";
import { faceHullMask } from "./blending/face_hulls.ts";
import { opencvKernel } from "./blending/gaussian_kernel.ts";
import { type JitteredGrid, piecewiseAffine } from "./blending/piecewise_affine.ts";
import { filterPlane } from "./blending/separable_filter.ts";
import { recompressSwapped } from "./blending/swapped_jpeg.ts";
import { turnImage, undone, uprightTurn } from "./blending/turned_face.ts";
import { assertHoldsFace, type FaceCrop } from "./face_crop.ts";
import type { Forger, Forgery } from "./forger.ts";
import { move } from "./stand_ins/landmark_geometry.ts";

/** Lengths are pixels of faces of this side; here they grow and shrink with the crop. */
const PUBLISHED_SIDE = 256;

/** The hulls that a mask begins with: whole with forehead and chin, face, inner face, without brows, mouth. */
const HULLS = ["whole", "face", "inner", "innerWithoutBrows", "mouth"] as const;

/** All that is drawn for one face-warping negative. */
export interface FaceWarping {
  /** The mask before it is deformed. */
  readonly hull: typeof HULLS[number];
  /** How the mask is deformed; undefined for not at all. */
  readonly grid: JitteredGrid | undefined;
  /** Size of the coarse face as a share of its own. */
  readonly scale: number;
  /** Changes of colour of the picture that the face is put back into. */
  readonly colours: ColourAugmentation;
  /** Quality of a JPEG that this picture went through; undefined for none. */
  readonly quality: number | undefined;
}

/** Draw a face-warping negative. */
export function drawFaceWarping(random: Random): FaceWarping {
  const shifts = 2 * 4 * 4, sigma = 20 / PUBLISHED_SIDE;
  return {
    hull: HULLS[random.integer(HULLS.length)],
    grid: random.uniform() < 0.9
      ? {
        rows: 4,
        columns: 4,
        jitter: Float64Array.from({ length: shifts }, () => sigma * random.normal()),
      }
      : undefined,
    scale: (2 + random.integer(7)) / 10,
    colours: drawColours(random, BOTH_ALIKE),
    quality: random.uniform() < 0.5 ? 40 + random.integer(61) : undefined,
  };
}

/** The points whose hull is meant. */
function hullPoints(landmarks: readonly Point[], hull: FaceWarping["hull"], side: number): Point[] {
  if (hull === "inner") return landmarks.slice(17);
  if (hull === "innerWithoutBrows") return landmarks.slice(27);
  if (hull === "mouth") return [...landmarks.slice(2, 15), landmarks[29]];
  if (hull === "face") return landmarks.slice();
  // A quarter of the face's height above the brows, and a little below the chin.
  const raise = (landmarks[9][1] - landmarks[22][1]) / 4, lower = 15 * side / PUBLISHED_SIDE;
  return landmarks.slice(0, 27).map(([x, y], i): Point => [
    x,
    i >= 18 ? Math.max(0, y - raise) : i >= 5 && i <= 11 ? y + lower : y,
  ]);
}

/** Where the face is put back: the deformed hull, within the whole face, where there are pixels for it. */
function maskOf({ image, landmarks }: FaceCrop, { hull, grid }: FaceWarping): Mask {
  const { width, height } = image;
  const of = (kind: FaceWarping["hull"]) =>
    faceHullMask("facehull", hullPoints(landmarks, kind, width), image);
  const plain = of(hull), whole = of("whole"), data = new Uint8Array(plain.data.length);
  const deformed = grid && piecewiseAffine(plain, grid), turn = uprightTurn(landmarks);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (whole.data[at] === 0 || !(deformed ? deformed[at] > 0 : plain.data[at] > 0)) continue;
      const [[u, v]] = move([[x + 0.5, y + 0.5]], turn);
      if (u >= 0 && u < width && v >= 0 && v < height) data[at] = 255;
    }
  }
  return { data, width, height };
}

/** OpenCV's blur by 5 × 5 pixels in 8 bits. */
function blurred(image: RgbImage): RgbImage {
  const { width, height } = image, data = new Uint8Array(image.data.length);
  const channel = new Uint8Array(width * height), kernel = opencvKernel(5, 0);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < channel.length; i++) channel[i] = image.data[3 * i + c];
    const soft = filterPlane({ data: channel, width, height }, kernel, "reflect101").data;
    for (let i = 0; i < soft.length; i++) data[3 * i + c] = soft[i] + 0.5;
  }
  return { data, width, height };
}

/**
 * The pair that was drawn; undefined where its mask is empty. The edge is hard, as published.
 *
 * The face is turned upright, made smaller, blurred, made larger and turned back. The colours of the
 * picture around it are changed, and it goes through the JPEG, as the real picture of the pair; the face
 * that is put back keeps its own.
 */
export async function warpFace(target: FaceCrop, drawn: FaceWarping): Promise<Forgery | undefined> {
  const { image, landmarks } = target, turn = uprightTurn(landmarks);
  const mask = maskOf(target, drawn);
  if (!mask.data.includes(255)) return undefined;
  const upright = turnImage(image, turn);
  const smaller = (side: number) => Math.max(1, Math.round(side * drawn.scale));
  const small = resizeBilinear(upright, {
    width: smaller(image.width),
    height: smaller(image.height),
  });
  const face = turnImage(resizeBilinear(blurred(small), image), undone(turn));
  const coloured = changeColours(image, drawn.colours);
  const real = drawn.quality === undefined
    ? coloured
    : await recompressSwapped(coloured, drawn.quality);
  const weights = Float32Array.from(mask.data, (value) => value / 255);
  return { real, fake: blend(real, face, weights), mask };
}

/** The face-warping negatives of DSP-FWA. */
export const faceWarping: Forger = {
  name: "FWA",
  is: "the face made coarser and put back, with a hard edge",
  source: "Li and Lyu, Exposing DeepFake Videos By Detecting Face Warping Artifacts, CVPRW 2019",
  donor: "none",
  async forge(target, { random }) {
    assertHoldsFace(target, "FWA");
    return await drawnUntilSeen(
      "FWA",
      random,
      (random) => warpFace(target, drawFaceWarping(random)),
    );
  },
};
