/**
 * The network RetinaFace: what goes into it, and what its outputs mean. Running it is left to
 * face_detector.ts, which of the faces found are kept to detect_faces.ts.
 *
 * Deng et al., "RetinaFace: Single-stage Dense Face Localisation in the Wild", CVPR 2020. Anchors and
 * variances are those the weights were trained with (biubug6/Pytorch_Retinaface).
 */
import type { Face, Point } from "./face.ts";
import type { RgbImage } from "lib/media/image.ts";

/** The network's outputs, flat: 4 offsets, 2 scores and 10 coordinates for each anchor. */
export interface Outputs {
  /** Offsets of the box from its anchor. */
  readonly loc: Float32Array;
  /** Probability of background, then of a face. */
  readonly conf: Float32Array;
  /** Offsets of the five points from the anchor. */
  readonly landmarks: Float32Array;
}

/** Steps between anchors in pixels, and the two anchor sizes at each place: the published ones. */
const LEVELS = [[8, [16, 32]], [16, [64, 128]], [32, [256, 512]]] as const;
/** The network was trained on offsets divided by these: centres and points, then sizes. */
const CENTRE_VARIANCE = 0.1, SIZE_VARIANCE = 0.2;
/** Means of B, G, R that were subtracted in training. */
const BGR_MEAN = [104, 117, 123] as const;

/** B, G, R planes minus their means, padded with zeros at the right and below to multiples of 32. */
export function toPlanes(
  { data, width, height }: RgbImage,
): { planes: Float32Array<ArrayBuffer>; width: number; height: number } {
  const wide = Math.ceil(width / 32) * 32, high = Math.ceil(height / 32) * 32;
  const plane = wide * high;
  const planes = new Float32Array(3 * plane);
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0, to = y * wide; x < width; x++, to++, from += 3) {
      planes[to] = data[from + 2] - BGR_MEAN[0];
      planes[plane + to] = data[from + 1] - BGR_MEAN[1];
      planes[2 * plane + to] = data[from] - BGR_MEAN[2];
    }
  }
  return { planes, width: wide, height: high };
}

/** Centre and size of each anchor, in the order of the outputs. */
function* anchors(width: number, height: number): Generator<[x: number, y: number, size: number]> {
  for (const [step, sizes] of LEVELS) {
    for (let y = step / 2; y < height; y += step) {
      for (let x = step / 2; x < width; x += step) {
        for (const size of sizes) yield [x, y, size];
      }
    }
  }
}

/**
 * Every anchor whose score counts, as a face in the pixels of the padded input.
 *
 * @param input Width and height that the network saw, multiples of 32, and the smallest score.
 */
export function decodeFaces(
  { loc, conf, landmarks }: Outputs,
  input: { width: number; height: number; minScore: number },
): Face[] {
  const faces: Face[] = [];
  let i = -1;
  for (const [anchorX, anchorY, size] of anchors(input.width, input.height)) {
    i++;
    const score = conf[2 * i + 1];
    if (score < input.minScore) continue;
    const place = (values: Float32Array, at: number): Point => [
      anchorX + values[at] * CENTRE_VARIANCE * size,
      anchorY + values[at + 1] * CENTRE_VARIANCE * size,
    ];
    const [x, y] = place(loc, 4 * i);
    const halfWidth = size * Math.exp(loc[4 * i + 2] * SIZE_VARIANCE) / 2;
    const halfHeight = size * Math.exp(loc[4 * i + 3] * SIZE_VARIANCE) / 2;
    const point = (p: number) => place(landmarks, 10 * i + 2 * p);
    faces.push({
      score,
      box: [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight],
      points: [point(0), point(1), point(2), point(3), point(4)],
    });
  }
  return faces;
}
