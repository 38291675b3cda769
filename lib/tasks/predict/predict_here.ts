// deno-lint-ignore-file no-console -- it prints below the cell that called it
/** `predict` in a line of a notebook, by the words of its command line. */
import { listenForInterrupt } from "lib/io/interrupt.ts";
import type { InputResult } from "./input_result.ts";
import { parsePredictOptions } from "./predict_options.ts";
import { predictInputs } from "./predict_run.ts";

/**
 * Scores pictures, videos and folders as `deno task predict` does, and prints what it prints. Stop ends it
 * between two pictures; then nothing is written.
 *
 * @param words As on the command line: `"clip.mp4", "--report", "report"`.
 * @returns What came of each input, in order, those that could not be read too.
 * @throws RangeError or TypeError for what the command refuses; the interrupt's reason when it is stopped.
 *
 * @example
 * ```ts ignore
 * import { predictHere } from "lib/tasks/predict/predict_here.ts";
 *
 * const [video] = await predictHere("clip.mp4", "--report", "report");
 * console.log(video.faces.length);
 * ```
 */
export async function predictHere(...words: string[]): Promise<InputResult[]> {
  const options = parsePredictOptions(words);
  if (options === "help") {
    throw new RangeError("--help is for the terminal: deno task predict --help.");
  }
  using interrupt = listenForInterrupt();
  const results: InputResult[] = [], { signal } = interrupt;
  await predictInputs(options, {
    signal,
    say: (line) => console.log(line),
    hear: (result) => results.push(result),
  });
  return results;
}
