/**
 * The faces of an input that are looked at a second time, to show them and where a detector looks: which
 * they are, and their pictures, read again. How they are drawn is left to report_inputs.ts and to notebooks.
 */
import type { Crop } from "lib/data/samples.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { videoFrames } from "lib/media/video.ts";
import { type InputResult, peopleOf, type ScoredFace } from "./input_result.ts";
import { cropAgain, type LookOptions } from "./look_at_file.ts";

/** Faces of an input that are shown with maps; of a video one of each person. */
const MOST_FACES = 6;

/** The faces that are shown with maps: each person's highest, the highest people first. */
export function chosenFaces(result: InputResult): ScoredFace[] {
  return peopleOf(result).slice(0, MOST_FACES)
    .map(({ faces }) => faces.reduce((a, b) => b.score > a.score ? b : a));
}

/** The pictures of an input that hold the chosen faces, read again. */
export async function* picturesAgain(
  { path, kind, faces }: InputResult,
  chosen: readonly ScoredFace[],
  { every, signal }: Pick<LookOptions, "every" | "signal">,
): AsyncGenerator<{ index: number; image: RgbImage }> {
  if (kind === "picture") return yield { index: 0, image: await readImage(path) };
  const frames = new Set(
    (chosen.length > 0 ? chosen : faces.slice(0, 1)).map(({ frame }) => frame),
  );
  for await (const picture of videoFrames(path, { choose: { every }, signal })) {
    if (!frames.delete(picture.index)) continue;
    yield picture;
    if (frames.size === 0) return;
  }
}

/**
 * Each person's highest face of an input as a crop for the detector, the highest person first.
 *
 * @param options `cut` and `size`: as for scoring; `every`: of a video as it was looked at.
 * @throws ImageError or VideoError for a file that can no longer be read; the signal's reason when it aborts.
 */
export async function cropsOfPeople(
  result: InputResult,
  options: Pick<LookOptions, "cut" | "size" | "every" | "signal">,
): Promise<Crop[]> {
  const chosen = chosenFaces(result), crops = new Map<ScoredFace, Crop>();
  for await (const { index, image } of picturesAgain(result, chosen, options)) {
    for (const face of chosen.filter(({ frame }) => frame === index)) {
      const { frame, person } = face, path = `${result.path}#frame${frame}-face${person}`;
      const rest = { label: 0, dataset: "", split: "test", identities: [] } as const;
      const sample = { ...rest, path, method: `person ${person}`, video: result.path, frame };
      crops.set(face, { image: await cropAgain(image, face, options), sample });
    }
  }
  return chosen.flatMap((face) => crops.get(face) ?? []);
}
