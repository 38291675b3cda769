/** A run's folder with a tiny detector of random weights, and a command that listens. */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { vary } from "lib/detectors/configuration.ts";
import { type DetectorOrigin, saveDetector } from "lib/detectors/detector_file.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { csvRows } from "lib/io/csv_rows.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { createRandom } from "lib/random.ts";
import { parsePredictOptions } from "lib/tasks/predict/predict_options.ts";
import { predictInputs, type PredictSummary } from "lib/tasks/predict/predict_run.ts";

/** The detector's configuration: 32 px, two blocks. */
export const TINY = vary(SMOKE, { backbone: "conv4", width: 1 });

/** Writes a detector into a folder and returns the folder. */
export async function tinyRun(
  root: string,
  origin: Partial<DetectorOrigin> = {},
): Promise<string> {
  await startEngine();
  const { configuration = TINY } = origin, folder = join(root, "a_run");
  const specifications = configuration.detector.parameters;
  const parameters = initialiseParameters(specifications, createRandom(2, "weights"));
  for (const { name, role } of specifications) { // so that pictures that differ a little have other scores
    if (role === "matrix") tf.tidy(() => parameters[name].assign(tf.mul(parameters[name], 4)));
  }
  await saveDetector(join(folder, "detector.safetensors"), {
    parameters,
    origin: { configuration, step: 0, ...origin },
  });
  return folder;
}

/** What a `predict` command said, wrote and returned. */
export interface Predicted extends PredictSummary {
  /** Lines for people. */
  readonly lines: string[];
  /** Rows of the CSV file. */
  readonly rows: Readonly<Record<string, string>>[];
}

/** Runs `predict` with the arguments, and reads its CSV file. */
export async function predict(folder: string, ...args: string[]): Promise<Predicted> {
  const out = join(folder, "scores.csv");
  const options = parsePredictOptions([...args, "--out", out]);
  if (options === "help") throw new Error("help was asked for");
  const lines: string[] = [];
  const surroundings = {
    signal: new AbortController().signal,
    say: (line: string) => void lines.push(line),
  };
  const summary = await predictInputs(options, surroundings);
  const rows = await Array.fromAsync(csvRows(out, ["input", "kind"]), ({ cells }) => cells);
  return { ...summary, lines, rows };
}
