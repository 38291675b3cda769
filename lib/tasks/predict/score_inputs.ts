/** Inputs with the scores of their faces, in order; faces of several files share a batch. */
import type { Predictor } from "lib/evaluation/predict.ts";
import type { InputFile } from "./input_files.ts";
import type { FaceResult, InputResult } from "./input_result.ts";
import { emptyResult, lookAtFile, type LookOptions } from "./look_at_file.ts";

/** A file whose faces are found one after another, and scored later. */
interface Waiting {
  readonly result: InputResult;
  readonly unscored: FaceResult[];
  isRead: boolean;
}

/**
 * What comes of each file, in the order of the files. Memory holds a batch of crops and the files it is of.
 *
 * @throws the signal's reason when it aborts. What is wrong with a file stands in its result.
 */
export async function* scoreInputs(
  files: AsyncIterable<InputFile>,
  { predictor, ...options }: LookOptions & { readonly predictor: Predictor },
): AsyncGenerator<InputResult> {
  const waiting: Waiting[] = [];
  async function* crops() {
    for await (const file of files) {
      const result = emptyResult(file, options.rule);
      const entry: Waiting = { result, unscored: [], isRead: false };
      waiting.push(entry);
      for await (const { face, crop } of lookAtFile(file, result, options)) {
        entry.unscored.push(face);
        yield crop;
      }
      entry.isRead = true;
    }
  }
  for await (const { logOdds, score } of predictor.predict(crops())) {
    const face = waiting.find(({ unscored }) => unscored.length > 0)!.unscored.shift()!;
    face.logOdds = logOdds;
    face.score = score;
    while (waiting[0]?.isRead && waiting[0].unscored.length === 0) yield waiting.shift()!.result;
  }
  for (const { result } of waiting) yield result;
}
