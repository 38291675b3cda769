/**
 * Writes the faces of one picture: a crop of each, the mask's crop, and its landmarks where they are asked for.
 * Finding the faces is left to cut_faces.ts.
 */
import { basename, join } from "node:path";
import { faceFile } from "lib/faces/cut_face.ts";
import type { Face } from "lib/faces/face.ts";
import { type CropLandmarks, landmarkFile, landmarksInCrop } from "lib/faces/landmark_file.ts";
import { detectLandmarks, type LandmarkDetector } from "lib/faces/landmarks.ts";
import { whyImplausible } from "lib/faces/plausible_landmarks.ts";
import { type Turn, turnBack } from "lib/faces/upright_faces.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { type Box, cropFace, type CropOptions, squareAround } from "lib/media/crop.ts";
import type { RgbImage } from "lib/media/image.ts";
import { writeImage } from "lib/media/write_image.ts";
import { contentName } from "../fingerprint.ts";
import type { PrepareSettings } from "./prepare_settings.ts";
import type { CropRecord, Remark } from "./unit_records.ts";

/** A picture whose faces stand upright. */
export interface SeenPicture {
  /** Turned until they do. */
  readonly image: RgbImage;
  /** Of the picture's size. */
  readonly mask: RgbImage | undefined;
  /** By how much the picture was turned against its source. */
  readonly turn: Turn;
  /** Those to be cut out, largest first. */
  readonly faces: readonly Face[];
}

/** What writing needs. */
export interface CropWriting {
  /** Where the crops go; it need not exist. */
  readonly folder: string;
  /** What the crops look like. */
  readonly settings: PrepareSettings;
  /** The loaded landmark network, where the settings ask for landmarks. */
  readonly landmarkDetector?: LandmarkDetector | undefined;
}

/**
 * Cuts the faces out and writes them.
 *
 * @param place `frame`: the picture's index; `name`: what its files are called, without an ending.
 * @returns The crops, and remarks on those whose landmarks cannot be a face's: they are written without.
 * @throws Error when a file cannot be written.
 */
export async function writeCrops(
  { image, mask, turn, faces }: SeenPicture,
  { frame, name }: { readonly frame: number; readonly name: string },
  { folder, settings, landmarkDetector }: CropWriting,
): Promise<{ crops: CropRecord[]; remarks: Remark[] }> {
  const { faces: keep, margin, size, format } = settings;
  const points = landmarkDetector && await detectLandmarks({ image, faces }, landmarkDetector);
  const faults = faces.map((face, i) => points && whyImplausible(points[i], face));
  const crops = await Promise.all(faces.map(async ({ box, score }, i): Promise<CropRecord> => {
    const own = keep === "all" ? `${name}_${i}` : name, file = `${own}.${format}`;
    const bytes = await faceFile(image, box, settings);
    await writeWhole(join(folder, file), bytes);
    const square = squareAround(box, margin);
    const known = points && faults[i] === undefined
      ? landmarksInCrop({ box, landmarks: points[i] }, { square, size })
      : undefined;
    return {
      ...{ file, content: contentName(bytes), frame, box: rounded(turnBack(box, turn, image)) },
      score: Math.round(score * 1e4) / 1e4,
      ...known === undefined ? {} : { landmarks: await writeLandmarks(folder, own, known) },
      ...mask === undefined
        ? {}
        : { mask: await writeMask(join(folder, `${own}_mask.png`), mask, { box, margin, size }) },
    };
  }));
  const remarks = crops.flatMap(({ file }, i): Remark[] =>
    faults[i] === undefined
      ? []
      : [{ what: "no landmarks", frame, detail: `${file}: ${faults[i]}` }]
  );
  return { crops, remarks };
}

/** Writes a crop's landmarks and gives the file's name. */
async function writeLandmarks(folder: string, crop: string, known: CropLandmarks): Promise<string> {
  const { name, bytes } = landmarkFile(crop, known);
  await writeWhole(join(folder, name), bytes);
  return name;
}

/** Writes a crop's mask and gives the file's name. */
async function writeMask(
  path: string,
  mask: RgbImage,
  { box, ...cut }: CropOptions & { readonly box: Box },
): Promise<string> {
  const crop = await cropFace(mask, box, cut);
  await writeImage(path, { ...crop, data: crop.data.filter((_, at) => at % 3 === 0) });
  return basename(path);
}

/** To hundredths of a pixel: more says nothing. */
const rounded = (box: Box): number[] => box.map((side) => Math.round(side * 100) / 100);
