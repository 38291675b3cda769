/**
 * One `evaluate` command: predictions of a manifest's split, streamed into files, and their metrics.
 * Imports packages, so it is loaded after the set-up.
 */
import { dirname, join } from "node:path";
import { LABEL_LEGEND, manifestRows } from "lib/data/manifest.ts";
import { fingerprintOf } from "lib/data/fingerprint.ts";
import { readCut } from "lib/data/prepare/prepare_settings.ts";
import type { Sample } from "lib/data/samples.ts";
import { paperDifferences } from "lib/studies/paper_tables/paper_differences.ts";
import { assertApart, sharedWithTraining } from "lib/training/trained_on.ts";
import { startEngine } from "lib/engine/engine.ts";
import { confusionMatrix } from "lib/evaluation/accuracy.ts";
import { metricTable, type Prediction } from "lib/evaluation/metric_table.ts";
import { type FramePrediction, openPredictor } from "lib/evaluation/predict.ts";
import { writePredictions } from "lib/evaluation/prediction_file.ts";
import { measure } from "lib/evaluation/scored.ts";
import { createRandom } from "lib/random.ts";
import { type EvaluationRow, resultName, saveEvaluation } from "lib/training/evaluation_files.ts";
import { withProgress } from "lib/io/progress.ts";
import { protocolHash } from "lib/training/protocol.ts";
import { protocolData } from "lib/training/run_record.ts";
import { readRunRecord } from "lib/training/recorded_runs.ts";
import { findDetector } from "../find_detector.ts";
import type { TaskSurroundings } from "../in_task.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";

/** The samples of a split, from a manifest of any length. */
async function* samplesOf(manifest: string, split: string): AsyncGenerator<Sample> {
  for await (const sample of manifestRows(manifest)) if (sample.split === split) yield sample;
}

/** How many samples each data set has in the split. */
async function countSamples(manifest: string, split: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const { dataset } of samplesOf(manifest, split)) {
    counts.set(dataset, (counts.get(dataset) ?? 0) + 1);
  }
  return counts;
}

/** Passes predictions on and keeps of each what metrics need. */
async function* keeping(
  predictions: AsyncIterable<FramePrediction>,
  { kept, signal }: { kept: Prediction[]; signal: AbortSignal },
): AsyncGenerator<FramePrediction> {
  for await (const row of predictions) {
    signal.throwIfAborted();
    const { video, label, method, logOdds } = row;
    kept.push({ video, label, method, logOdds });
    yield row;
  }
}

/** A line for people: a metric's value with its interval, or why there is none. */
function lineOf({ method, level, metric, value, low, high, reason }: EvaluationRow): string {
  const what = `${method.padEnd(12)} ${level.padEnd(6)} ${metric.padEnd(9)}`;
  if (value === null) return `${what} –  ${reason}`;
  const interval = low === null || high === null ? "" : `  [${low.toFixed(4)}, ${high.toFixed(4)}]`;
  return `${what} ${value.toFixed(4)}${interval}`;
}

/** The four counts in a sentence, or why there are none. */
function decisionsOf(rows: readonly Prediction[]): string {
  const { value, reason } = measure(() =>
    confusionMatrix(rows.map(({ logOdds }) => logOdds), rows.map(({ label }) => label))
  );
  if (!value) return `No decisions: ${reason}`;
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = value;
  return `At the threshold 0.5, of ${
    trueNegatives + falsePositives
  } reals ${falsePositives} are called ` +
    `fake, of ${truePositives + falseNegatives} fakes ${falseNegatives} are called real.`;
}

/**
 * What is shared with what the detector was trained on and may be, in a sentence.
 *
 * @throws RangeError for test samples that it was trained or chosen on.
 */
async function apartness(
  folder: string,
  { manifest, split, allowSharedIdentities }: EvaluateOptions,
): Promise<string | undefined> {
  if (split !== "test") {
    return `These are ${split} samples: the detector may have been chosen on them.`;
  }
  const shared = await sharedWithTraining(folder, samplesOf(manifest, split));
  if (shared) return assertApart(shared, { allowSharedIdentities });
  return "Nothing says what the detector was trained on: whether it has seen these videos is not known.";
}

/**
 * Evaluates a detector, data set by data set.
 *
 * @throws RangeError when the split is empty, or there is no such detector; errors of files as they are.
 */
export async function evaluateDetector(
  options: EvaluateOptions,
  { signal, say }: TaskSurroundings,
): Promise<void> {
  await startEngine();
  const { manifest, split, resamples } = options;
  const found = await findDetector(options.detector, options.configuration);
  using detector = found.detector;
  const { configuration } = detector, { seed } = configuration.training;
  const folder = options.out ?? found.folder;
  const origin = await readRunRecord(found.folder);
  const { sha256: data } = await fingerprintOf(manifest), cut = await readCut(manifest);
  const name = origin?.name ?? found.name;
  const protocol = protocolHash(configuration, {
    ...origin ? protocolData(origin.data) : { training: "unknown" },
    test: data,
  });
  const counts = await countSamples(manifest, split);
  if (counts.size === 0) throw new RangeError(`${manifest} has no samples of the split ${split}.`);
  say(`${LABEL_LEGEND}. Protocol ${protocol}.`);

  const apart = await apartness(found.folder, options);
  if (apart) say(apart);

  using predictor = openPredictor(detector);
  const root = dirname(manifest);
  for (const [dataset, total] of counts) {
    const own = (async function* () {
      for await (const sample of samplesOf(manifest, split)) {
        if (sample.dataset === dataset) yield sample;
      }
    })();
    const kept: Prediction[] = [];
    const predictions = predictor.predictFiles(own, { root });
    const watched = withProgress(predictions, { name: dataset, total });
    const path = join(folder, `predictions-${resultName({ dataset, split, data })}.csv`);
    await writePredictions(path, keeping(watched, { kept, signal }));
    const random = createRandom(seed, "bootstrap", dataset);
    const rows = metricTable(kept, { random, resamples }).map((row): EvaluationRow => ({
      run: name,
      seed,
      dataset,
      split,
      protocol,
      data,
      distortion: cut?.distortion ?? "",
      differences: paperDifferences(name, configuration),
      ...row,
    }));
    const saved = await saveEvaluation(folder, rows);
    say(`\n${dataset}, ${split}: ${total} frames`);
    rows.forEach((row) => say(lineOf(row)));
    say(decisionsOf(kept));
    say(`${path}\n${saved}`);
  }
}
