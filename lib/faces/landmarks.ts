/**
 * The 68 landmarks of a face (the numbering of the iBUG 300-W annotations), by the small network whose
 * weights come with @vladmandic/face-api. It runs on whichever backend is active; finding the faces is
 * left to faces.ts.
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { cropSquare, resizeImage, type Square, squareAround } from "lib/media/crop.ts";
import type { Face, Point } from "./face.ts";
import type { RgbImage } from "lib/media/image.ts";
import { faceApiFolder } from "./demo_photographs.ts";
import { sample, toRaster } from "lib/media/raster.ts";

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

/** The network's input side in pixels, and the R, G, B means that are subtracted. */
const SIDE = 112, RGB_MEAN = [122.782, 117.001, 104.298];
/** Margin around the detector's box that the network sees; chosen by eye on the 22 faces. */
const MARGIN = 0.05;

/** The loaded landmark network. It owns tensors: dispose it. */
export interface LandmarkDetector {
  /** Weights by the name the package gives them, such as "dense0/conv1/pointwise_filter". */
  readonly weights: tf.NamedTensorMap;
  /** Frees the weights. */
  dispose(): void;
}

/**
 * Load the landmark network (about 350 kB) onto the active backend.
 *
 * @throws Error when the package's files are not there.
 */
export async function openLandmarkDetector(): Promise<LandmarkDetector> {
  const folder = join(faceApiFolder(), "model");
  const manifest = join(folder, "face_landmark_68_model-weights_manifest.json");
  const [{ weights: specification, paths }] = JSON.parse(await Deno.readTextFile(manifest)) as {
    weights: tf.io.WeightsManifestEntry[];
    paths: string[];
  }[];
  const bytes = await Deno.readFile(join(folder, paths[0]));
  await tf.ready();
  const weights = tf.io.decodeWeights(bytes.buffer, specification);
  return { weights, dispose: () => tf.dispose(weights) };
}

/**
 * The network: four dense blocks of separable convolutions, each halving the picture, and a linear
 * layer.
 *
 * @param images float32 [batch, 112, 112, 3], RGB, 0 to 255.
 * @returns float32 [batch, 136]: x and y of each landmark in turn, as shares of the side.
 */
export function landmarkNetwork(images: tf.Tensor4D, weights: tf.NamedTensorMap): tf.Tensor2D {
  const weight = <T extends tf.Tensor>(name: string) => weights[name] as T;
  const convolution = (x: tf.Tensor4D, name: string, stride: number): tf.Tensor4D => {
    const full = weights[`${name}/filters`] as tf.Tensor4D | undefined; // the first layer only
    const y = full ? tf.conv2d(x, full, stride, "same") : tf.separableConv2d(
      x,
      weight(`${name}/depthwise_filter`),
      weight(`${name}/pointwise_filter`),
      stride,
      "same",
    );
    return tf.add(y, weight(`${name}/bias`));
  };
  return tf.tidy(() => {
    let x: tf.Tensor4D = tf.div(tf.sub(images, RGB_MEAN), 255);
    for (let block = 0; block < 4; block++) {
      // Each layer sees the sum of all before it in the block.
      const first = tf.relu(convolution(x, `dense${block}/conv0`, 2));
      let sum = first;
      for (let layer = 1; layer < 4; layer++) {
        const seen = layer === 1 ? first : tf.relu(sum);
        sum = tf.add(sum, convolution(seen, `dense${block}/conv${layer}`, 1));
      }
      x = tf.relu(sum);
    }
    const pooled: tf.Tensor4D = tf.avgPool(x, 7, 2, "valid");
    const flat = tf.reshape(pooled, [images.shape[0], -1]) as tf.Tensor2D;
    return tf.add(tf.matMul(flat, weight("fc/weights")), weight("fc/bias"));
  });
}

/** How far the face is turned from upright in the picture plane, in radians, clockwise positive. */
function roll([leftEye, rightEye, , leftMouth, rightMouth]: Face["points"]): number {
  // The line of the eyes, and the line down to the mouth turned by a right angle, added up: the
  // second still tells the angle of a profile, where the eyes fall together.
  const down = [0, 1].map((i) => leftMouth[i] + rightMouth[i] - leftEye[i] - rightEye[i]);
  const across = [0, 1].map((i) => rightEye[i] - leftEye[i] + rightMouth[i] - leftMouth[i]);
  return Math.atan2(across[1] - down[0], across[0] + down[1]);
}

/** The square's contents turned upright by `angle` around its centre, SIDE × SIDE, RGB 0 to 255. */
async function uprightCrop(image: RgbImage, square: Square, angle: number): Promise<Float32Array> {
  // √2 of the side holds the square at any angle.
  const half = Math.ceil(square.side * Math.SQRT1_2), wide = 2 * half;
  const cut = cropSquare(image, {
    left: Math.round(square.left + square.side / 2) - half,
    top: Math.round(square.top + square.side / 2) - half,
    side: wide,
  });
  const size = Math.round(wide * SIDE / square.side);
  const pixels = toRaster(await resizeImage(cut, { width: size, height: size }));
  const crop = new Float32Array(SIDE * SIDE * 3);
  const cos = Math.cos(angle), sin = Math.sin(angle);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const right = x + 0.5 - SIDE / 2, down = y + 0.5 - SIDE / 2;
      const place: Point = [
        size / 2 + cos * right - sin * down,
        size / 2 + sin * right + cos * down,
      ];
      sample(pixels, place, { to: crop, at: (y * SIDE + x) * 3 });
    }
  }
  return crop;
}

/**
 * The 68 landmarks of each face, in the picture's pixels.
 *
 * Each face is turned upright by its five points first: the network was trained on upright faces.
 *
 * @param picture An RGB image and its faces, from `detectFaces`.
 * @returns One list of 68 points a face, in the order of `faces`; see `LANDMARK_PARTS`.
 */
export async function detectLandmarks(
  picture: { image: RgbImage; faces: readonly Face[] },
  detector: LandmarkDetector,
): Promise<Point[][]> {
  const { image, faces } = picture;
  if (faces.length === 0) return [];
  const squares = faces.map(({ box }) => squareAround(box, MARGIN));
  const angles = faces.map(({ points }) => roll(points));
  const crops = await Promise.all(squares.map((s, i) => uprightCrop(image, s, angles[i])));
  const pixels = new Float32Array(faces.length * SIDE * SIDE * 3);
  crops.forEach((crop, i) => pixels.set(crop, i * crop.length));
  const output = tf.tidy(() =>
    landmarkNetwork(tf.tensor4d(pixels, [faces.length, SIDE, SIDE, 3]), detector.weights)
  );
  const shares = await output.data();
  output.dispose();
  return faces.map((_, face) => {
    const { left, top, side } = squares[face];
    const cos = Math.cos(angles[face]), sin = Math.sin(angles[face]);
    return Array.from({ length: 68 }, (_, i): Point => {
      const right = (shares[face * 136 + 2 * i] - 0.5) * side;
      const down = (shares[face * 136 + 2 * i + 1] - 0.5) * side;
      return [
        left + side / 2 + cos * right - sin * down,
        top + side / 2 + sin * right + cos * down,
      ];
    });
  });
}
