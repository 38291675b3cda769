/**
 * One `predict` command: faces of pictures and videos, and the detector's score of each. Imports
 * packages, so it is loaded after the set-up.
 */
import type { LoadedDetector } from "lib/detectors/detector_file.ts";
import { detectorHash } from "lib/detectors/detector_hash.ts";
import { foldedDetector } from "lib/detectors/folded_detector.ts";
import { describeDevice } from "lib/engine/device_title.ts";
import { startEngine } from "lib/engine/engine.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { openFaceDetector } from "lib/faces/detect_faces.ts";
import { writeCsv } from "lib/io/csv_rows.ts";
import { readOperatingRecord } from "lib/training/operating_file.ts";
import { findDetector } from "../find_detector.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { inputFiles, type PassedOver, passedOverLines } from "./input_files.ts";
import { counted, type InputResult, isProblem, scoredFaces } from "./input_result.ts";
import type { PredictOptions } from "./predict_options.ts";
import { checkReportFolder, writeReport } from "./report_folder.ts";
import { COLUMNS, resultLines, resultRows } from "./result_rows.ts";
import { meaningLegend, meaningLines } from "./score_meaning.ts";
import { scoreInputs } from "./score_inputs.ts";
import { shippedDetector } from "./shipped_detector.ts";

/** What the numbers mean. */
const SCORE_LEGEND = "score = probability of fake: 0 is real, 1 is fake";

/** What a command is told from outside, with an ear for what comes of each input. */
export interface PredictSurroundings extends TaskSurroundings {
  /** Hears what came of an input as soon as it is scored. Default: nobody does. */
  readonly hear?: (result: InputResult) => void;
}

/** How a command ended. */
export interface PredictSummary {
  /** Faces that were scored. */
  readonly faces: number;
  /** Inputs of which something could not be scored. */
  readonly problems: number;
}

/** How the detector's faces are cut, in a sentence. */
function cutLine({ origin }: LoadedDetector): string {
  const { margin, size, format, quality } = origin?.cut ?? FACE_CUT;
  const how = `margin ${margin}, ${size} px, ${format === "png" ? "PNG" : `JPEG ${quality}`}`;
  return origin?.cut !== undefined
    ? `Faces are cut as those that the detector learnt from: ${how}.`
    : `The detector's file does not say how its faces were cut; they are cut as usual: ${how}.`;
}

/** What the whole means, or what to do next: the command's last line. */
function lastLine(
  { faces, problems, inputs }: PredictSummary & { inputs: number },
  { report }: PredictOptions,
): string {
  if (inputs === 0) return "There was nothing to score.";
  const done = `${counted(faces, "face")} scored in ${counted(inputs, "input")}`;
  const wrong = problems === 0
    ? "."
    : `; something of ${counted(problems, "input")} could not be: the lines above say why.`;
  if (faces === 0) return done + wrong;
  const next = report === undefined
    ? "To see where the detector looks, add --report FOLDER."
    : `Open ${report}/index.html to see where the detector looks.`;
  return `${done}${wrong} ${next}`;
}

/**
 * Scores the faces of the inputs, with lines for each input, and for whoever wants them a CSV file and a
 * page to look at.
 *
 * @throws RangeError when there is no such detector, or the report's folder holds something else.
 */
export async function predictInputs(
  options: PredictOptions,
  { signal, say, hear }: PredictSurroundings,
): Promise<PredictSummary> {
  if (options.report !== undefined) await checkReportFolder(options.report);
  const engine = await startEngine(options.device);
  const found = options.detector === undefined
    ? await shippedDetector(say)
    : await findDetector(options.detector, options.configuration);
  using detector = found.detector;
  const origin = { detector: await detectorHash(detector) };
  using folded = foldedDetector(detector, { takesOver: true });
  await using faceDetector = await openFaceDetector();
  using predictor = openPredictor(folded);
  const cut = detector.origin?.cut ?? FACE_CUT, { size } = detector.detector.input;
  const { faces, every, rule } = options;
  const look = { faceDetector, cut, size, faces, every, rule, signal };
  const asked = options.device?.deterministic;
  const device = await describeDevice(engine, { precisions: ["float32"], asked });
  say(`${SCORE_LEGEND}. ${cutLine(detector)} On ${device}.`);
  const validation = rule === "mean" ? await readOperatingRecord(found.folder, origin) : undefined;
  if (rule !== "mean") {
    say(`Videos are scored by the rule "${rule}". What validation says is of means, and left out.`);
  }
  if (validation) say(meaningLegend(validation));

  const passedOver: PassedOver = { endings: new Map(), circles: [] };
  const kept: InputResult[] = [];
  let scored = 0, problems = 0, inputs = 0;
  async function* rows() {
    for await (
      const result of scoreInputs(inputFiles(options.inputs, passedOver), { ...look, predictor })
    ) {
      hear?.(result);
      for (const line of resultLines(result)) say(line);
      if (validation) { for (const line of meaningLines(result, validation)) say(line); }
      inputs++;
      scored += scoredFaces(result).length;
      if (isProblem(result)) problems++;
      if (options.report !== undefined) kept.push(result);
      yield* resultRows(result);
    }
  }
  if (options.out !== undefined) await writeCsv(options.out, rows(), COLUMNS);
  else for await (const _ of rows()); // the lines for people are all that is wanted
  const remarks = passedOverLines(passedOver);
  for (const line of remarks) say(line);
  if (options.report !== undefined) {
    await writeReport(options.report, kept, { ...look, ...found, folded, remarks });
  }
  say(lastLine({ faces: scored, problems, inputs }, options));
  return { faces: scored, problems };
}
