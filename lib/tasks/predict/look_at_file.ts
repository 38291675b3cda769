/** The faces of one picture or video, as crops for a detector, and what is to be told of the file. */
import type { Crop } from "lib/data/samples.ts";
import { cutFace } from "lib/faces/cut_face.ts";
import type { VideoRule } from "lib/evaluation/video_rules.ts";
import type { FaceCut } from "lib/faces/face_cut.ts";
import type { FaceDetector } from "lib/faces/face_detector.ts";
import { FaceTracks } from "lib/faces/face_tracks.ts";
import { detectUpright, type Turn, turnBack, turnImage } from "lib/faces/upright_faces.ts";
import { resizeImage } from "lib/media/crop.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { ImageError } from "lib/media/image_error.ts";
import { damageIn, videoFrames } from "lib/media/video.ts";
import { VideoError } from "lib/media/video_error.ts";
import type { InputFile } from "./input_files.ts";
import type { FaceResult, InputResult } from "./input_result.ts";

/** How faces are found and cut out. */
export interface LookOptions {
  /** The loaded face detector. */
  readonly faceDetector: FaceDetector;
  /** How the faces were cut that the detector learnt from. */
  readonly cut: FaceCut;
  /** Side of the detector's pictures in pixels. */
  readonly size: number;
  /** Every face of a picture or frame, or the largest only. */
  readonly faces: "all" | "largest";
  /** Of a video every so many frames. */
  readonly every: number;
  /** How a person's faces in a video become one score. */
  readonly rule: VideoRule;
  /** Stops between two pictures. */
  readonly signal: AbortSignal;
}

/** A result that is still being made. */
export type GrowingResult =
  & {
    -readonly [Key in keyof InputResult]: InputResult[Key];
  }
  & {
    faces: FaceResult[];
    frames: { with: number; without: number; several: number };
    notes: string[];
  };

/** A face that is to be scored. */
export interface FaceToScore {
  /** What the detector is fed. */
  readonly crop: Crop;
  /** Where its score goes. */
  readonly face: FaceResult;
}

/** Frames of a video without a face for which the other turns are tried, until one has a face. [ours] */
const TURNED_FRAMES = 5;
/** Faces with fewer pixels a side than this share of the detector's pictures count as small. [ours] */
const SMALL_SHARE = 1 / 4;

/** A result without anything in it yet. */
export function emptyResult(file: InputFile, rule: VideoRule): GrowingResult {
  const frames = { with: 0, without: 0, several: 0 };
  const failure = file.kind === "failed" ? { failure: file.why } : {};
  const { path, kind } = file;
  return { path, kind, faces: [], frames, leftOut: 0, rule, notes: [], ...failure };
}

async function* picturesOf(
  { path, kind }: InputFile,
  { every, signal }: LookOptions,
  result: GrowingResult,
): AsyncGenerator<{ index: number; image: RgbImage }> {
  if (kind === "picture") return yield { index: 0, image: await readImage(path) };
  yield* videoFrames(path, {
    choose: { every },
    signal,
    onEnd: (facts) => {
      const damage = damageIn(facts);
      if (damage !== undefined) result.failure = damage;
      if (facts.toneMapping !== undefined) result.notes.push("high dynamic range, tone-mapped");
    },
  });
}

/** Why a file could not be read, without its name. */
function reasonOf(error: unknown): string {
  if (error instanceof ImageError || error instanceof VideoError) return error.explanation;
  return (error as Error).message;
}

/** A face's crop as the detector is fed with it: cut as for its training, then resized as its loader does. */
async function cropFor(
  image: RgbImage,
  box: FaceResult["box"],
  { cut, size }: Pick<LookOptions, "cut" | "size">,
): Promise<RgbImage> {
  return await resizeImage(await cutFace(image, box, cut), { width: size, height: size });
}

/** The crop of a face that was found before, out of the picture as it was given. */
export async function cropAgain(
  given: RgbImage,
  { box, turn }: FaceResult,
  options: Pick<LookOptions, "cut" | "size">,
): Promise<RgbImage> {
  const back = (360 - turn) % 360 as Turn;
  return await cropFor(await turnImage(given, turn), turnBack(box, back, given), options);
}

/**
 * Looks for faces in a file and adds what is found to the result.
 *
 * The turn of a video is that of its last frame with an upright face: other turns are looked at only when a
 * frame has none that stands upright so. A fault ends this file alone: what was found before stays.
 *
 * @param result Of `emptyResult`.
 * @throws the signal's reason when it aborts.
 */
export async function* lookAtFile(
  file: InputFile,
  result: GrowingResult,
  options: LookOptions,
): AsyncGenerator<FaceToScore> {
  if (file.kind === "failed") return;
  const { faceDetector, cut: { minScore, longSide }, size, every, signal } = options;
  const isStill = file.kind === "picture", tracks = new FaceTracks({ every });
  let first: Turn = 0;
  try {
    for await (const { index: frame, image: given } of picturesOf(file, options, result)) {
      signal.throwIfAborted();
      const none = result.frames.with === 0;
      const found = await detectUpright(given, faceDetector, {
        minScore,
        longSide,
        first,
        isSettled: !none,
        searchTurned: isStill || (none && result.frames.without < TURNED_FRAMES),
      });
      const { image, turn, lying } = found;
      const upright = options.faces === "all" ? found.faces : found.faces.slice(0, 1);
      result.leftOut += found.faces.length - upright.length;
      result.frames[found.faces.length > 0 ? "with" : "without"]++;
      if (found.faces.length > 1) result.frames.several++;
      if (found.faces.length > 0) first = turn;
      const boxes = upright.map(({ box }) => box);
      const people = isStill ? [...boxes.keys()].map((i) => i + 1) : await tracks.next(
        boxes,
        { frame, image },
      );
      for (const [i, { box, score: faceScore }] of [...upright, ...lying].entries()) {
        const face: FaceResult = {
          frame,
          person: people[i] ?? 0,
          box: turnBack(box, turn, image),
          faceScore,
          turn,
          isSmall: Math.min(box[2] - box[0], box[3] - box[1]) < SMALL_SHARE * size,
          ...i < upright.length ? {} : { refused: "it does not stand upright in any turn" },
        };
        result.faces.push(face);
        if (i >= upright.length) continue;
        const crop = await cropFor(image, box, options);
        yield { face, crop: { image: crop, sample: sampleOf(file.path, face) } };
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    result.failure = reasonOf(error);
    if (result.frames.with + result.frames.without === 0) result.kind = "failed";
  }
}

/** The record that a crop needs; the label is not known, and 0 stands in its place. */
function sampleOf(path: string, { frame, person }: FaceResult): Crop["sample"] {
  return {
    path: `${path}#frame${frame}-face${person}`,
    label: 0,
    dataset: "",
    method: "",
    video: path,
    split: "test",
    frame,
    identities: [],
  };
}
