/**
 * One `predict` command: faces of pictures and videos, and the detector's score of each. Imports
 * packages, so it is loaded after the set-up.
 */
import { openFaceDetector } from "lib/faces/detect_faces.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { writeCsv } from "lib/io/csv_rows.ts";
import { isVideo } from "lib/data/readers/walk_folder.ts";
import { startEngine } from "lib/engine/engine.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import { findDetector } from "../find_detector.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { type FaceCrop, facesOf, filesBelow } from "./faces_of.ts";
import type { PredictOptions } from "./predict_options.ts";

/** Columns of `--out`, in their order. */
const COLUMNS = ["file", "frame", "left", "top", "right", "bottom", "faceScore", "score"] as const;

/** A scored face: a row of `--out`. */
export type FaceRow = Readonly<Record<typeof COLUMNS[number], string | number>>;

/** What the numbers mean. */
export const SCORE_LEGEND = "score = probability of fake: 0 is real, 1 is fake";

/** How a command ended. */
export interface PredictSummary {
  /** Faces that were scored. */
  readonly faces: number;
  /** Files without a face, or that could not be read. */
  readonly problems: number;
}

/**
 * Scores the faces of the inputs, with a line for each face of a picture, and the mean for each video.
 *
 * @throws RangeError when there is no such detector; Deno's NotFound for an input that is not there.
 */
export async function predictInputs(
  options: PredictOptions,
  { signal, say }: TaskSurroundings,
): Promise<PredictSummary> {
  await startEngine();
  using detector = (await findDetector(options.detector, options.configuration)).detector;
  await using faceDetector = await openFaceDetector();
  using predictor = openPredictor(detector);
  let problems = 0, faces = 0;
  const settings = {
    faceDetector,
    minScore: FACE_CUT.minScore,
    keep: options.faces,
    margin: FACE_CUT.margin,
    size: detector.detector.input.size,
    every: options.every,
    signal,
    onProblem: (path: string, what: string) => {
      problems++;
      say(`${path}: ${what}`);
    },
  };
  say(`${SCORE_LEGEND}.`);

  async function* rows(): AsyncGenerator<FaceRow> {
    for (const input of options.inputs) {
      for await (const file of filesBelow(input)) {
        const cut: FaceCrop[] = []; // those of the batch at hand
        const noted = (async function* () {
          for await (const face of facesOf(file, settings)) {
            cut.push(face);
            yield face;
          }
        })();
        const scores: number[] = [], still = !isVideo(file);
        for await (const { score, frame } of predictor.predict(noted)) {
          const { box: [left, top, right, bottom], faceScore } = cut.shift()!;
          scores.push(score);
          const place = `${left.toFixed(0)},${top.toFixed(0)} to ${right.toFixed(0)},${
            bottom.toFixed(0)
          }`;
          if (still) say(`${file}: ${score.toFixed(4)} (face at ${place})`);
          yield { file, frame, left, top, right, bottom, faceScore, score };
        }
        faces += scores.length;
        if (still || scores.length === 0) continue;
        const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
        say(`${file}: ${mean.toFixed(4)}, the mean of ${scores.length} faces`);
      }
    }
  }
  if (options.out !== undefined) await writeCsv(options.out, rows(), COLUMNS);
  else for await (const _ of rows()); // the lines for people are all that is wanted
  return { faces, problems };
}
