/**
 * Faces in pictures that may lie on their side or stand on their head: the detector finds most faces
 * however a picture is turned, but their boxes and points are then wrong without a word. Here a picture is
 * turned until its faces stand upright. Finding faces in one picture is left to faces.ts.
 */
import sharp from "sharp";
import type { Box } from "lib/media/crop.ts";
import { rawOptions, type RgbImage } from "lib/media/image.ts";
import type { FaceDetector } from "./face_detector.ts";
import { detectFaces, type DetectOptions } from "./detect_faces.ts";
import type { Face, Point } from "./face.ts";

/** Degrees, clockwise, by which a picture is turned. */
export type Turn = 0 | 90 | 180 | 270;

/** The faces of a picture that was turned upright where needed. */
export interface UprightFaces {
  /** The picture with its faces upright; the very one that was given where it was not turned. */
  readonly image: RgbImage;
  /** By how much `image` is turned against the picture that was given. */
  readonly turn: Turn;
  /** Upright faces, largest first, in pixels of `image`. */
  readonly faces: Face[];
  /** Faces that do not stand upright in `image` either, so that no crop of them means anything. */
  readonly lying: Face[];
}

/** How upright faces are looked for. */
export interface UprightOptions extends Omit<DetectOptions, "keep"> {
  /** The turn that is tried first, such as that of a video's frame before. Default 0. */
  readonly first?: Turn;
  /** Whether a picture in which no face is found is turned too. Default true. */
  readonly searchTurned?: boolean;
  /** Whether the first turn is known to be right: others are tried only where no face stands upright in it. */
  readonly isSettled?: boolean;
}

const TURNS: readonly Turn[] = [0, 90, 180, 270];
/**
 * The five points of an upright face, from the middle of its box, in shares of its longer side. [ours: means of
 * 17 of the demo photographs' faces, made symmetric]
 */
const MEAN_FACE: readonly Point[] = [
  [-0.16, -0.08],
  [0.16, -0.08],
  [0, 0.13],
  [-0.137, 0.255],
  [0.137, 0.255],
];
/** A face counts as upright up to this tilt, in degrees: one of four turns brings any face below 45. [ours] */
const MOST_TILT = 60;
/** Points that spread less than this share of the mean face are no face's. [ours: profiles have 0.65] */
const LEAST_SPREAD = 0.4;
/** A face beyond any of these is a reason to look at the other turns too. [ours, measured as below] */
const DOUBTED = { tilt: 30, spread: 0.85, score: 0.995, widthToHeight: 1 };
/** So much more evidence has to speak for a turn than for none; an upright face has 5 to 8. [ours] */
const CLEARLY = 0.5;

/**
 * How a face's points lie: the turn (degrees, clockwise, 0 for upright) and the size (1 for the mean face) that
 * bring the mean face nearest to them.
 */
function pose({ box, points }: Face): { tilt: number; spread: number } {
  const middle = (list: readonly Point[], axis: 0 | 1) =>
    list.reduce((sum, point) => sum + point[axis], 0) / list.length;
  const [x, y, meanX, meanY] = [
    middle(points, 0),
    middle(points, 1),
    middle(MEAN_FACE, 0),
    middle(MEAN_FACE, 1),
  ];
  let along = 0, across = 0, own = 0; // least squares for a turn and a size
  for (const [i, [u, v]] of MEAN_FACE.entries()) {
    const [a, b, p, q] = [u - meanX, v - meanY, points[i][0] - x, points[i][1] - y];
    along += a * p + b * q;
    across += a * q - b * p;
    own += a * a + b * b;
  }
  const longer = Math.max(box[2] - box[0], box[3] - box[1]);
  return {
    tilt: Math.atan2(across, along) * 180 / Math.PI,
    spread: Math.hypot(along, across) / own / longer,
  };
}

/** Whether a face's points can be those of an upright face. */
function isUpright(face: Face): boolean {
  const { tilt, spread } = pose(face);
  return Math.abs(tilt) <= MOST_TILT && spread >= LEAST_SPREAD;
}

/** Whether the other turns have to be looked at before this face is believed. */
function isDoubtful(face: Face): boolean {
  const { tilt, spread } = pose(face), [left, top, right, bottom] = face.box;
  return Math.abs(tilt) > DOUBTED.tilt || spread < DOUBTED.spread || face.score < DOUBTED.score ||
    right - left > DOUBTED.widthToHeight * (bottom - top);
}

/**
 * What speaks for a picture's faces standing upright: the log-odds of each, less where its points are drawn
 * together, as the detector does on faces that stand on their head, and negative for one that it sees so.
 */
function evidence(faces: readonly Face[]): number {
  return faces.reduce((sum, face) => {
    const { tilt, spread } = pose(face), sure = Math.min(face.score, 1 - 1e-6);
    const logOdds = Math.log(sure / (1 - sure));
    return sum + logOdds * Math.cos(tilt * Math.PI / 180) * Math.min(1, spread);
  }, 0);
}

/** The picture turned clockwise. Nothing is lost. */
export async function turnImage(image: RgbImage, turn: Turn): Promise<RgbImage> {
  if (turn === 0) return image;
  const { data, info } = await sharp(image.data, rawOptions(image)).rotate(turn).raw()
    .toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}

/**
 * A box in a picture that was turned, as a box in the picture before.
 *
 * @param size Of the turned picture, in pixels.
 *
 * @example
 * ```ts
 * import { turnBack } from "lib/faces/upright_faces.ts";
 * import assert from "node:assert/strict";
 *
 * // A picture of 30 × 20 pixels that was turned clockwise is 20 wide and 30 high.
 * assert.deepEqual(turnBack([0, 0, 5, 10], 90, { width: 20, height: 30 }), [0, 15, 10, 20]);
 * ```
 */
export function turnBack(
  [left, top, right, bottom]: Box,
  turn: Turn,
  { width, height }: { readonly width: number; readonly height: number },
): Box {
  if (turn === 90) return [top, width - right, bottom, width - left];
  if (turn === 180) return [width - right, height - bottom, width - left, height - top];
  if (turn === 270) return [height - bottom, left, height - top, right];
  return [left, top, right, bottom];
}

/**
 * The faces of a picture, turned by a quarter, a half or three quarters where they do not stand upright.
 *
 * The picture is looked at as it is. Only where a face there is in doubt (tilted by more than 30°, its points
 * drawn together, found with less than 0.995, its box wider than high) or there is none at all, the three
 * other turns are looked at too. The one with the most evidence counts, and no turn unless another one is
 * clearly better. Faces that are not upright there either (tilted by more than 60°, or points that are no
 * face's) are among `lying`.
 *
 * Measured on the six demo photographs, turned by 90, 180 and 270 degrees: each is turned back, and the same
 * faces are found. Of pictures of one of their faces alone 130 of 132 are, and no upright one is turned.
 *
 * @throws RangeError as `detectFaces` does.
 *
 * @example A photograph on its side
 * ```ts
 * import { demoPhotographs } from "lib/faces/demo_photographs.ts";
 * import { openFaceDetector } from "lib/faces/detect_faces.ts";
 * import { detectUpright, turnImage } from "lib/faces/upright_faces.ts";
 * import { readImage } from "lib/media/image.ts";
 * import assert from "node:assert/strict";
 *
 * await using detector = await openFaceDetector();
 * const onItsSide = await turnImage(await readImage(demoPhotographs()[0]), 90);
 * const { turn, faces } = await detectUpright(onItsSide, detector, { longSide: 960 });
 * assert.deepEqual([turn, faces.length], [270, 3]);
 * ```
 */
export async function detectUpright(
  given: RgbImage,
  detector: FaceDetector,
  { first = 0, searchTurned = true, isSettled = false, ...options }: UprightOptions = {},
): Promise<UprightFaces> {
  const look = async (turn: Turn): Promise<UprightFaces> => {
    const image = await turnImage(given, turn);
    const found = await detectFaces(image, detector, options);
    const faces = found.filter(isUpright);
    return { image, turn, faces, lying: found.filter((face) => !faces.includes(face)) };
  };
  const weight = ({ faces, lying }: UprightFaces) => evidence([...faces, ...lying]);
  let best = await look(first);
  if (isSettled && best.faces.length > 0) return best;
  const found = [...best.faces, ...best.lying];
  if (found.length === 0 ? !searchTurned : !found.some(isDoubtful)) return best;
  for (const turn of TURNS) {
    if (turn === first) continue;
    const other = await look(turn);
    const lead = best.turn === first ? CLEARLY : 0; // the first one stays in doubt
    if (other.faces.length > 0 && weight(other) > weight(best) + lead) best = other;
  }
  return best;
}
