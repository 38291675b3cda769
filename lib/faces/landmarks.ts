/**
 * The 68 landmarks of a face (their numbering is in landmark_numbers.ts), by the small network whose
 * weights come with @vladmandic/face-api. A change that gives other points raises the version in
 * `LANDMARK_FINDER` (face_cut.ts). It runs on whichever backend is active; finding the faces is
 * left to detect_faces.ts.
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { cropSquare, resizeImage, squareAround } from "lib/media/crop.ts";
import type { Face, Point } from "./face.ts";
import type { RgbImage } from "lib/media/image.ts";
import { faceApiFolder } from "./demo_photographs.ts";
import { LANDMARK_PARTS, mirrorLandmarks } from "./landmark_numbers.ts";
import { sample, toRaster } from "lib/media/raster.ts";

/** The network's input side in pixels, and the R, G, B means that are subtracted. */
const SIDE = 112, RGB_MEAN = [122.782, 117.001, 104.298];
/**
 * What the network sees of a face: the detector's box, moved towards the chin and grown, both in shares of
 * its longer side; see `detectLandmarks` for how they were chosen.
 */
const DOWN = 0.225, MARGIN = 0.05;
/** How much lower the eyes are than the network puts them, in distances of their outer corners. */
const EYES_DOWN = 0.018;

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
function landmarkNetwork(images: tf.Tensor4D, weights: tf.NamedTensorMap): tf.Tensor2D {
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

/** What the network sees of a face: a square turned by an angle around its centre. */
interface SeenSquare {
  /** In whole pixels. */
  readonly centre: Point;
  /** Length of a side in whole pixels. */
  readonly side: number;
  /** Cosine and sine of the angle. */
  readonly cos: number;
  readonly sin: number;
}

function seenSquare({ box: [x0, y0, x1, y1], points }: Face): SeenSquare {
  const angle = roll(points), cos = Math.cos(angle), sin = Math.sin(angle);
  const down = DOWN * Math.max(x1 - x0, y1 - y0);
  const centre: Point = [
    Math.round((x0 + x1) / 2 - sin * down),
    Math.round((y0 + y1) / 2 + cos * down),
  ];
  return { centre, side: squareAround([x0, y0, x1, y1], MARGIN).side, cos, sin };
}

/** The square's contents turned upright, SIDE × SIDE, RGB 0 to 255. */
async function uprightCrop(image: RgbImage, square: SeenSquare): Promise<Float32Array> {
  const { centre, side, cos, sin } = square;
  // √2 of the side holds the square at any angle.
  const half = Math.ceil(side * Math.SQRT1_2), wide = 2 * half;
  const cut = cropSquare(image, { left: centre[0] - half, top: centre[1] - half, side: wide });
  const size = Math.round(wide * SIDE / side);
  const pixels = toRaster(await resizeImage(cut, { width: size, height: size }));
  const crop = new Float32Array(SIDE * SIDE * 3);
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
 * Each face is turned upright by its five points first: the network was trained on upright faces. It is
 * asked for the face and for its mirror image, and the answers are averaged: alone, it puts everything a
 * little to the left.
 *
 * Measured on the 102 neutral pictures of the Face Research Lab London Set (doi
 * 10.6084/m9.figshare.5047666, 480 pixels), as the mean distance of the four corners of the eyes and the
 * two of the mouth from those placed by hand, in distances of the outer corners of the eyes: 0.0229, and
 * at most 0.033 for a face; the detector's box where it is, asked once, gave 0.045. Turned by 5, 10 and 15
 * degrees to both sides, with faces found anew: 0.0226 to 0.0230, at most 0.034. On ten smiling pictures of
 * the set, whose six points were placed by eye on eightfold enlargements to about two pixels (0.02): 0.0325,
 * at most 0.047, and 0.033 to 0.034 turned; there the corners of the mouth are 0.044 off, as the network
 * does not follow a wide smile to its end. All 68 points of a turned picture, turned back, differ from
 * those of the upright one by 0.007 to 0.008. On faces of 41, 27 and 21 pixels
 * instead of 81: 0.025, 0.025 and 0.029. The other 62 points have no such measurement.
 *
 * The place of the crop is, of 104 with margins from -0.15 to 0.15 and shifts from -0.05 to 0.35 of the box,
 * the one whose error is smallest on average over itself and its neighbours a twentieth of the box above and
 * below, both measured: from a shift of 0.3 on the network no longer knows a face. Persons of odd and of even
 * number choose the same place. The network puts eyes too high, by 0.010 to 0.026 at their corners: they are
 * lowered by `EYES_DOWN`, which takes the error from 0.0267 on persons of odd and of even number to 0.023 on
 * both, and from 0.040 to 0.0325 on the smiling faces. Its size was chosen among six with both figures in sight.
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
  const squares = faces.map(seenSquare);
  const crops = await Promise.all(squares.map((square) => uprightCrop(image, square)));
  const pixels = new Float32Array(faces.length * SIDE * SIDE * 3);
  crops.forEach((crop, i) => pixels.set(crop, i * crop.length));
  const output = tf.tidy(() => {
    const upright = tf.tensor4d(pixels, [faces.length, SIDE, SIDE, 3]);
    return landmarkNetwork(tf.concat([upright, tf.reverse(upright, 2)]), detector.weights);
  });
  const shares = await output.data();
  output.dispose();
  const seen = (crop: number) =>
    Array.from({ length: 68 }, (_, i): Point => {
      const at = crop * 136 + 2 * i;
      return [shares[at], shares[at + 1]];
    });
  return faces.map((_, face) => {
    const { centre, side, cos, sin } = squares[face];
    const mirrored = mirrorLandmarks(seen(faces.length + face), 1);
    const both = seen(face).map(([x, y], i): Point => [
      (x + mirrored[i][0]) / 2,
      (y + mirrored[i][1]) / 2,
    ]);
    const lower = EYES_DOWN * Math.hypot(both[45][0] - both[36][0], both[45][1] - both[36][1]);
    return both.map(([x, y], i): Point => {
      const isEye = i >= LANDMARK_PARTS.leftEye[0] && i < LANDMARK_PARTS.rightEye[1];
      const right = (x - 0.5) * side, down = (y + (isEye ? lower : 0) - 0.5) * side;
      return [
        centre[0] + cos * right - sin * down,
        centre[1] + sin * right + cos * down,
      ];
    });
  });
}
