/**
 * The threads in which the loader makes fakes of real pictures: each reads a face, at its crop's own size,
 * gives it to a forger, and resizes what comes of it, the real picture and its fake and the mask alike.
 */
import { parentPort } from "node:worker_threads";
import sharp from "sharp";
import { type JpegDecoder, openJpegDecoder } from "lib/engine/jpeg_decoder.ts";
import type { Point } from "lib/faces/face.ts";
import { readLandmarks } from "lib/faces/landmark_file.ts";
import { mirrorCrop } from "lib/forgeries/choose_donor.ts";
import type { FaceCrop } from "lib/forgeries/face_crop.ts";
import { forgerOf } from "lib/forgeries/forgers.ts";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { type Box, resizeImage } from "lib/media/crop.ts";
import type { RgbImage } from "lib/media/image.ts";
import { ImageError, type ImageProblem } from "lib/media/image_error.ts";
import { createRandom } from "lib/random.ts";
import { openJobQueue } from "./job_queue.ts";
import { readPicture } from "./read_picture.ts";

/** A face in files, or in memory. */
export type FaceSource =
  | { readonly path: string; readonly landmarks: string }
  | {
    /** width · height · 3 values. */
    readonly pixels: ArrayBuffer;
    readonly width: number;
    readonly height: number;
    readonly landmarks: readonly Point[];
    readonly box: Box | undefined;
  };

/** A pair that is to be made. All that is drawn follows from seed, step and place. */
export interface PairQuestion {
  /** The forger's name. */
  readonly forger: string;
  /** The real face. */
  readonly target: FaceSource;
  /** Another person's, for forgers that want one; `mirrored`: with left and right exchanged. */
  readonly donor: { readonly source: FaceSource; readonly mirrored: boolean } | undefined;
  /** The run's. */
  readonly seed: number;
  /** The step whose batch it is for. */
  readonly step: number;
  /** The pair's place in the batch, from 0. */
  readonly place: number;
}

/** What a thread is asked for. */
export interface ForgeQuestion {
  /** At least one. */
  readonly pairs: readonly PairQuestion[];
  /** Side of the results in pixels. */
  readonly size: number;
  /** Path of TensorFlow's library where the engine runs on it: its decoder is the faster one. */
  readonly library: string | undefined;
}

/** Why a pair could not be made. */
export interface ForgeFailure {
  /** Its place in the question. */
  readonly pair: number;
  /** Whose fault it is. */
  readonly whose: "target" | "donor";
  /** What is at fault: the picture's file, that of its landmarks, or the face, which the forger refuses; or none of these. */
  readonly fault: "picture" | "landmarks" | "face" | "other";
  /** Of a picture the reason in one word. */
  readonly problem: ImageProblem | undefined;
  /** The reason in a sentence. */
  readonly explanation: string;
}

/** What came of a question. */
export interface ForgeReply {
  /** The question's. */
  readonly id: number;
  /** pairs · 2 · size · size · 3 values, RGB, 0 to 255: of each pair the real picture, then the fake. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** pairs · size · size values, 0 to 255. */
  readonly masks: Uint8Array<ArrayBuffer>;
  /** In the order of the pairs, whose pixels are then 0. */
  readonly failures: readonly ForgeFailure[];
}

sharp.cache(false); // as in decode_worker.ts
sharp.concurrency(1); // as many threads as cores do this already

/** One pair is made while the files of the next are read. */
const AT_ONCE = 2;

const queue = openJobQueue({ atOnce: AT_ONCE });
let decoder: JpegDecoder | undefined;

/** What is wrong with whose face. */
class Failed extends Error {
  constructor(readonly why: Omit<ForgeFailure, "pair">) {
    super(why.explanation);
  }
}

function failure(whose: "target" | "donor", error: Error): Failed {
  const { message } = error;
  if (error instanceof ImageError) {
    const { problem, explanation } = error;
    return new Failed({ whose, fault: "picture", problem, explanation });
  }
  const fault = error instanceof UnfitFile
    ? "landmarks"
    : error instanceof RangeError
    ? "face"
    : "other";
  return new Failed({ whose, fault, problem: undefined, explanation: message });
}

async function readFace(source: FaceSource, whose: "target" | "donor"): Promise<FaceCrop> {
  if ("pixels" in source) {
    const { pixels, width, height, landmarks, box } = source;
    const image = { data: new Uint8Array(pixels), width, height };
    return { image, landmarks, ...box ? { box } : {} };
  }
  try {
    const [image, { landmarks, box }] = await Promise.all([
      readPicture(source.path, { decoder }),
      readLandmarks(source.landmarks),
    ]);
    return { image, landmarks, box };
  } catch (error) {
    throw failure(whose, error as Error);
  }
}

/** A donor as forgers take it: at the size of the other one's crop. */
async function readDonor(
  { source, mirrored }: NonNullable<PairQuestion["donor"]>,
  { width, height }: RgbImage,
): Promise<FaceCrop> {
  const read = await readFace(source, "donor"), face = mirrored ? mirrorCrop(read) : read;
  const { image, landmarks } = face;
  if (image.width === width && image.height === height) return face;
  const [right, down] = [width / image.width, height / image.height];
  return {
    image: await resizeImage(image, { width, height }),
    landmarks: landmarks.map(([x, y]): Point => [x * right, y * down]),
  };
}

/** Real picture, fake and mask, each of `size` × `size`. */
async function makePair(question: PairQuestion, size: number): Promise<Uint8Array[]> {
  const { forger, seed, step, place, target, donor } = question;
  const face = await readFace(target, "target");
  const random = createRandom(seed, "forge", step, place);
  const means = donor ? { random, donor: await readDonor(donor, face.image) } : { random };
  const { real, fake, mask } = await forgerOf(forger).forge(face, means)
    .catch((error) => Promise.reject(failure("target", error)));
  const square = { width: size, height: size };
  return (await Promise.all([real, fake, mask].map((made) => resizeImage(made, square))))
    .map(({ data }) => data);
}

parentPort!.on("message", (asked: ForgeQuestion & { id: number } | { callOff: number }) => {
  if ("callOff" in asked) return queue.callOff(asked.callOff);
  const { id, pairs, size, library } = asked, area = size * size;
  if (library !== undefined) decoder ??= openJpegDecoder(library); // an engine's library never changes
  const pixels = new Uint8Array(pairs.length * 6 * area),
    masks = new Uint8Array(pairs.length * area);
  const failures: ForgeFailure[] = [];
  queue.add({
    id,
    pieces: pairs.length,
    work: async (pair) => {
      try {
        const [real, fake, mask] = await makePair(pairs[pair], size);
        pixels.set(real, pair * 6 * area);
        pixels.set(fake, (pair * 6 + 3) * area);
        masks.set(mask, pair * area);
      } catch (error) {
        const { why } = error instanceof Failed ? error : failure("target", error as Error);
        failures.push({ pair, ...why });
      }
    },
    answer: () => {
      failures.sort((a, b) => a.pair - b.pair);
      const reply: ForgeReply = { id, pixels, masks, failures };
      parentPort!.postMessage(reply, [pixels.buffer, masks.buffer]);
    },
  });
});
