/**
 * One `compare` command: scores of several methods, joined by sample, and every two of them compared. Imports
 * packages, so it is loaded after the set-up.
 */
import { LABEL_LEGEND } from "lib/data/manifest.ts";
import { compareMethods } from "lib/evaluation/comparison/compare_methods.ts";
import { pairScores } from "lib/evaluation/comparison/paired_scores.ts";
import { createRandom } from "lib/random.ts";
import { expectedData } from "../evaluate/expected_data.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { watchSteps } from "../watch_steps.ts";
import type { CompareTaskOptions } from "./compare_options.ts";
import { seedLines, sentenceLines, tableLines } from "./comparison_lines.ts";
import {
  type ContenderScores,
  fileScores,
  folderScores,
  predictionNames,
  scoresFile,
} from "./contender_scores.ts";
import { saveComparison } from "./save_comparison.ts";

/** Samples that a line names. */
const NAMED = 3;

/** The scores of every source, in their order: folders first, as files may be joined with their samples. */
async function allScores(
  options: CompareTaskOptions,
  surroundings: TaskSurroundings,
): Promise<Map<string, ContenderScores>> {
  const { contenders, data } = options, sources = contenders.flatMap((of) => of.sources);
  const found = new Map<string, ContenderScores>();
  const folders = sources.filter((source) => scoresFile(source) === undefined);
  const wanted = data !== undefined && folders.length > 0
    ? await predictionNames(data, options)
    : undefined;
  for (const source of folders) {
    found.set(source, await folderScores(source, { ...options, wanted }, surroundings));
  }
  const expected = data === undefined ? undefined : await expectedData(data, surroundings.say);
  for (const source of sources) {
    const file = scoresFile(source);
    if (file === undefined) continue;
    const samples = found.get(folders[0])?.samples ?? expected?.samples();
    found.set(source, await fileScores(file, { ...options, expected: samples }));
  }
  return found;
}

/** What is said of samples that not all have. */
function notSharedLines(
  leftOut: readonly { name: string; samples: readonly string[] }[],
): string[] {
  return leftOut.filter(({ samples }) => samples.length > 0).map(({ name, samples }) =>
    `${samples.length} samples of ${name} are not in all others, and are left out: ${
      samples.slice(0, NAMED).join(", ")
    }${samples.length > NAMED ? ", …" : ""}`
  );
}

/**
 * Compares methods.
 *
 * @returns The exit code: 0.
 * @throws RangeError for what is not there, or cannot be joined or compared, saying why; errors of files as they
 * are.
 */
export async function compareContenders(
  options: CompareTaskOptions,
  surroundings: TaskSurroundings,
): Promise<number> {
  const { signal, say } = surroundings;
  const { contenders, metrics, level, videoRule, resamples } = options;
  const scores = await allScores(options, surroundings);
  const detectors = contenders.flatMap(({ name, sources }) =>
    sources.map((source) => ({ name: sources.length === 1 ? name : `${name}: ${source}`, source }))
  );
  const { paired, leftOut } = pairScores(
    detectors.map(({ name, source }) => ({ name, rows: scores.get(source)!.rows })),
  );
  const videos = new Set(paired.videos).size;
  say(`${LABEL_LEGEND}. ${paired.samples.length} samples of ${videos} videos are in all.`);
  for (const { name, source } of detectors) {
    const { file, remarks } = scores.get(source)!;
    say(`${name}: ${file}${remarks.length > 0 ? ` (${remarks.join("; ")})` : ""}`);
  }
  for (const line of notSharedLines(leftOut)) say(line);
  if (videoRule !== "mean") say(`Videos are scored by the rule "${videoRule}", not by their mean.`);
  let place = 0;
  const methods = contenders.map(({ name, sources }) => ({
    name,
    detectors: sources.map(() => place++),
  }));
  const random = createRandom(1, "compare");
  const steps = compareMethods(paired, { methods, metrics, level, videoRule, random, resamples });
  const makers = new Set(paired.methods.filter((_, i) => paired.labels[i] === 1)).size;
  const total = resamples * (makers > 1 ? 1 + makers : 1);
  const compared = await watchSteps(steps, { name: "comparison", total, signal });
  for (const line of ["", ...tableLines(compared.rows), "", ...sentenceLines(compared.rows)]) {
    say(line);
  }
  for (const { method, reason } of compared.leftOut) {
    say(`${method} alone is not compared: ${reason}`);
  }
  for (const line of seedLines(compared.rows)) say(line);
  if (options.out === undefined) {
    say("\nNext: --out FOLDER writes this as CSV and JSON with a forest chart.");
    return 0;
  }
  const named = contenders.map(({ name, sources }) => ({
    name,
    files: sources.map((source) => scores.get(source)!.file),
  }));
  const comparison = { ...compared, contenders: named, videoRule, resamples, notShared: leftOut };
  const files = await saveComparison(options.out, comparison, options);
  say(`\n${files.join("\n")}`);
  return 0;
}
