/**
 * Whose faces the benchmark is made of: the largest face of each photograph of a folder, or the faces of
 * the six demo photographs. Splits and forgeries are left to the files beside it.
 */
import { basename, extname, join } from "node:path";
import { foldersBelow } from "lib/data/readers/walk_folder.ts";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { detectLandmarks, openLandmarkDetector } from "lib/faces/landmarks.ts";
import { whyImplausible } from "lib/faces/plausible_landmarks.ts";
import { inseparable } from "lib/forgeries/stand_ins/choose_faces.ts";
import { type DemoFace, findDemoFaces } from "lib/forgeries/stand_ins/demo_faces.ts";
import { isPictureName } from "lib/media/file_endings.ts";
import { readImage } from "lib/media/image.ts";

/** What tells people apart: a picture's name without folder and ending, or the folder it lies in. */
export type PeopleBy = "names" | "folders";

/** A face to forge: `unit` is the person. */
export type Portrait = DemoFace;

/** A photograph without a face that can be forged, and why. */
export interface LeftOut {
  /** Path below the folder. */
  readonly path: string;
  /** In words, after "left out:". */
  readonly why: string;
}

/** Pictures below a folder, by name. */
export async function photographsIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  const tell = ({ path, message }: { path: string; message: string }) => {
    throw new Deno.errors.NotFound(`${join(folder, path)} cannot be looked at: ${message}`);
  };
  for await (const { items } of foldersBelow(folder, "", tell)) {
    for (const { path, name, isFolder } of items) {
      if (!isFolder && isPictureName(name)) paths.push(path);
    }
  }
  return paths.sort();
}

/** The person of a picture: names of files or folders are numbers or words that stand for people. */
export function personOf(path: string, by: PeopleBy): string {
  if (by === "names") return basename(path, extname(path));
  const folders = path.split("/").slice(0, -1);
  if (folders.length > 0) return folders.join("/");
  throw new RangeError(
    `${JSON.stringify(path)} lies in no folder of its own, but people are told apart by folders: ` +
      "one folder a person, or --people names.",
  );
}

/**
 * The largest face of each photograph, one after the other; a photograph is let go with its face.
 *
 * @param options `left` takes in photographs without a usable face: none found, unreadable, or landmarks
 * that cannot be a face.
 * @throws RangeError for a folder without pictures, or pictures outside of folders where people are
 * folders.
 */
export async function* portraitsIn(
  folder: string,
  { people, left }: { people: PeopleBy; left: LeftOut[] },
): AsyncGenerator<Portrait, void, void> {
  const paths = await photographsIn(folder);
  if (paths.length === 0) {
    throw new RangeError(`There is no picture in ${folder}: give a folder of photographs.`);
  }
  await using detector = await openFaceDetector();
  const network = await openLandmarkDetector();
  try {
    for (const path of paths) {
      const unit = personOf(path, people);
      try {
        const photograph = await readImage(join(folder, path));
        const faces = await detectFaces(photograph, detector, { keep: "largest" });
        if (faces.length === 0) left.push({ path, why: "no face is found in it" });
        for (const face of faces) {
          const { box } = face;
          const [landmarks] = await detectLandmarks({ image: photograph, faces }, network);
          const why = whyImplausible(landmarks, face);
          if (why !== undefined) left.push({ path, why });
          else yield { id: path, unit, photograph, box, landmarks, profile: false };
        }
      } catch (error) {
        if (!(error instanceof Error && error.name === "ImageError")) throw error;
        left.push({ path, why: error.message });
      }
    }
  } finally {
    network.dispose();
  }
}

/**
 * The faces of the demo photographs that are not seen from the side. Faces that look alike, or show in each
 * other's crops, count as one person, so that no split parts them.
 *
 * @param margin Of the crops, as a share of the face's longer side.
 */
export async function* demoPortraits(margin: number): AsyncGenerator<Portrait, void, void> {
  for (const together of inseparable(await findDemoFaces(), margin)) {
    const unit = together.map(({ id }) => id).join(" ");
    for (const face of together) if (!face.profile) yield { ...face, unit };
  }
}
