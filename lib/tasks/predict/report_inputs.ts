/**
 * What the report shows of each input: which frames and faces, drawn to files, with maps of where the
 * detector looks. How the page is laid out is left to report_page.ts.
 */
import { join } from "node:path";
import type { TrainedDetector } from "lib/detectors/detector.ts";
import { openPartMapper, type PartMapper } from "lib/explain/part_maps.ts";
import type { Grid } from "lib/explain/map_grid.ts";
import { mapOverlay } from "lib/figures/map_colours.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { resizeImage } from "lib/media/crop.ts";
import type { RgbImage } from "lib/media/image.ts";
import { ImageError } from "lib/media/image_error.ts";
import { VideoError } from "lib/media/video_error.ts";
import { writeImage } from "lib/media/write_image.ts";
import type { FaceResult, InputResult, ScoredFace } from "./input_result.ts";
import { cropAgain, type LookOptions } from "./look_at_file.ts";
import { chosenFaces, picturesAgain } from "./shown_faces.ts";

/** A face in the report, with the files of its crop and maps. */
export interface ShownFace {
  /** The face. */
  readonly face: ScoredFace;
  /** File of the crop, below the report's folder. */
  readonly crop: string;
  /** The maps: of the whole detector, then of its parts. */
  readonly maps: readonly ShownMap[];
}

/** A map in the report. */
export interface ShownMap {
  /** Whose it is. */
  readonly name: string;
  /** Logits per cell. */
  readonly grid: Grid;
  /** File of the overlay, below the report's folder. */
  readonly file: string;
}

/** A picture or frame in the report. */
export interface ShownPicture {
  /** Index of the frame; 0 of a picture. */
  readonly frame: number;
  /** The file, below the report's folder. */
  readonly file: string;
  /** Pixels of the picture as it was given. */
  readonly width: number;
  /** Pixels of the picture as it was given. */
  readonly height: number;
  /** All faces in it. */
  readonly faces: readonly FaceResult[];
}

/** An input in the report. */
export interface ShownInput {
  /** What came of it. */
  readonly result: InputResult;
  /** The picture, or the chosen frames of a video. */
  readonly pictures: readonly ShownPicture[];
  /** Faces with their maps. */
  readonly faces: readonly ShownFace[];
}

/** How the report is made. */
export interface ShowOptions extends Pick<LookOptions, "cut" | "size" | "every" | "signal"> {
  /** The detector that looks. */
  readonly detector: TrainedDetector;
  /** The report's folder. */
  readonly folder: string;
}

/** Longer side of the pictures in the report, in pixels. */
const PICTURE_SIDE = 1100;
/** Side of a map's overlay in pixels. */
const MAP_SIDE = 128;

async function writePicture(path: string, image: RgbImage): Promise<void> {
  const scale = Math.min(1, PICTURE_SIDE / Math.max(image.width, image.height));
  const size = {
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  };
  await writeImage(path, await resizeImage(image, size), { quality: 88 });
}

async function showInput(
  result: InputResult,
  { name, mapper, ...options }: ShowOptions & { name: string; mapper: PartMapper },
): Promise<ShownInput> {
  const pictures: ShownPicture[] = [], faces: ShownFace[] = [];
  const chosen = chosenFaces(result), shown: ShownInput = { result, pictures, faces };
  if (result.kind === "failed") return shown;
  try {
    for await (const { index: frame, image } of picturesAgain(result, chosen, options)) {
      const file = `pictures/${name}_${frame}.jpg`, { width, height } = image;
      await writePicture(join(options.folder, file), image);
      const inIt = result.faces.filter((face) => face.frame === frame);
      pictures.push({ frame, file, width, height, faces: inIt });
      for (const face of chosen.filter((face) => face.frame === frame)) {
        const crop = await cropAgain(image, face, options);
        const stem = `pictures/${name}_${frame}_face${face.person}`;
        await writeImage(join(options.folder, `${stem}.png`), crop);
        const sample = { path: stem, label: 0, dataset: "", method: "", video: "", frame } as const;
        const [{ whole, parts }] = await mapper.maps([
          { image: crop, sample: { ...sample, split: "test", identities: [] } },
        ]);
        const maps = [
          { name: "whole", grid: whole, file: `${stem}_whole.png` },
          ...parts.length === 1 ? [] : parts.map((grid, i) => ({
            name: mapper.parts[i].name,
            grid,
            file: `${stem}_part${i + 1}.png`,
          })),
        ];
        faces.push({ face, crop: `${stem}.png`, maps });
      }
    }
  } catch (error) {
    // What is wrong with the file was told when it was scored; frames before the fault are shown.
    if (!(error instanceof ImageError || error instanceof VideoError)) throw error;
  }
  faces.sort((a, b) => chosen.indexOf(a.face) - chosen.indexOf(b.face));
  return shown;
}

/**
 * Writes the pictures of all inputs into the report's folder.
 *
 * @returns What to show, in the inputs' order, and the largest value of all maps: the end of their one scale.
 */
export async function showInputs(
  results: readonly InputResult[],
  options: ShowOptions,
): Promise<{ inputs: ShownInput[]; maximum: number }> {
  using mapper = openPartMapper({ ...options.detector, batchSize: 1 });
  const inputs: ShownInput[] = [];
  for (const [i, result] of results.entries()) {
    options.signal.throwIfAborted();
    inputs.push(await showInput(result, { ...options, name: `${i + 1}`, mapper }));
  }
  const maps = inputs.flatMap(({ faces }) => faces.flatMap(({ maps }) => maps));
  const maximum = maps.reduce((most, { grid }) => Math.max(most, ...grid.flat()), 0);
  for (const { grid, file } of maximum > 0 ? maps : []) {
    const png = await mapOverlay(grid, { maximum, side: MAP_SIDE });
    await writeWhole(join(options.folder, file), png);
  }
  return { inputs, maximum };
}
