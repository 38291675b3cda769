/** Faces of pictures, videos and folders as crops for a detector, one after another. */
import { basename, join } from "node:path";
import type { Crop } from "lib/data/samples.ts";
import { cropFace } from "lib/media/crop.ts";
import { detectFaces, type DetectOptions, type openFaceDetector } from "lib/faces/detect_faces.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { isPicture, isVideo } from "lib/data/readers/walk_folder.ts";
import { videoFrames } from "lib/media/video.ts";

/** A face that was cut out. */
export interface FaceCrop extends Crop {
  /** Its box in the picture: left, top, right, bottom, in pixels. */
  readonly box: readonly [number, number, number, number];
  /** How sure the face detector is, 0 to 1. */
  readonly faceScore: number;
}

/** How faces are found and cut out. */
export interface FacesOfOptions extends Required<Pick<DetectOptions, "minScore" | "keep">> {
  /** The loaded face detector. */
  readonly faceDetector: Awaited<ReturnType<typeof openFaceDetector>>;
  /** Margin around a face's box, as a share of its longer side. */
  readonly margin: number;
  /** Side of the crops in pixels. */
  readonly size: number;
  /** Of a video every so many frames. */
  readonly every: number;
  /** Stops between two pictures. */
  readonly signal: AbortSignal;
  /** Hears of what has no face or cannot be read; nothing is left out silently. */
  readonly onProblem: (path: string, what: string) => void;
}

/**
 * Pictures and videos below a path, in order of their names; a file is itself, whatever its name.
 *
 * @throws Deno's NotFound when there is nothing at the path.
 */
export async function* filesBelow(path: string): AsyncGenerator<string> {
  if (!(await Deno.stat(path)).isDirectory) return yield path;
  const entries = await Array.fromAsync(Deno.readDir(path));
  for (const { name } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const inner = join(path, name);
    if ((await Deno.stat(inner)).isDirectory) yield* filesBelow(inner);
    else if (isPicture(name) || isVideo(name)) yield inner;
  }
}

async function* framesOf(
  path: string,
  { every, signal }: FacesOfOptions,
): AsyncGenerator<{ index: number; image: RgbImage }> {
  if (isVideo(basename(path))) yield* videoFrames(path, { choose: { every }, signal });
  else yield { index: 0, image: await readImage(path) };
}

/**
 * The faces of one file. `sample.video` is the file, `sample.frame` the frame; the label is not known,
 * and 0 stands in its place.
 */
export async function* facesOf(path: string, options: FacesOfOptions): AsyncGenerator<FaceCrop> {
  const { faceDetector, minScore, keep, margin, size, signal, onProblem } = options;
  let looked = 0, found = 0;
  try {
    for await (const { index, image } of framesOf(path, options)) {
      signal.throwIfAborted();
      looked++;
      const faces = await detectFaces(image, faceDetector, { minScore, keep });
      for (const [i, { box, score }] of faces.entries()) {
        found++;
        yield {
          image: await cropFace(image, box, { margin, size }),
          sample: {
            path: `${path}#frame${index}-face${i + 1}`,
            label: 0,
            dataset: "",
            method: "",
            video: path,
            split: "test",
            frame: index,
            identities: [],
          },
          box,
          faceScore: score,
        };
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    onProblem(path, (error as Error).message);
    return;
  }
  if (found === 0) onProblem(path, `no face in ${looked} picture${looked === 1 ? "" : "s"}`);
}
