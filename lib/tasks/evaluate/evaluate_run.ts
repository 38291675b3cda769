/**
 * One `evaluate` command: predictions of a manifest's split, kept as they come, their metrics, and how many
 * of the expected samples these rest on. Imports packages, so it is loaded after the set-up.
 */
import { dirname, join } from "node:path";
import { LABEL_LEGEND, manifestRows } from "lib/data/manifest.ts";
import { fingerprintOf } from "lib/data/fingerprint.ts";
import { readCut } from "lib/data/prepare/prepare_settings.ts";
import { startEngine } from "lib/engine/engine.ts";
import { coverage, type CoverageRow } from "lib/evaluation/coverage.ts";
import { finishPredictions } from "lib/evaluation/kept_predictions.ts";
import {
  type MetricRow,
  metricTableInSteps,
  type MetricTableOptions,
  type Prediction,
} from "lib/evaluation/metric_table.ts";
import { BATCH_SIZE, openPredictor } from "lib/evaluation/predict.ts";
import { writeCsv } from "lib/io/csv_rows.ts";
import { withProgress } from "lib/io/progress.ts";
import { createRandom } from "lib/random.ts";
import { paperDifferences } from "lib/studies/paper_tables/paper_differences.ts";
import { type EvaluationRow, resultName, saveEvaluation } from "lib/training/evaluation_files.ts";
import { protocolHash } from "lib/training/protocol.ts";
import { protocolData } from "lib/training/run_record.ts";
import { readRunRecord } from "lib/training/recorded_runs.ts";
import { findDetector } from "../find_detector.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { whatIsShared } from "./evaluate_apartness.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";
import { detectorHash, scoreDataSet, type UnscoredRow } from "./score_data_set.ts";
import { coverageLines, decisionsLine, frequencyLines, metricLine } from "./evaluation_lines.ts";

/** The samples of a split, and of one data set if that is given, from a manifest of any length. */
async function* samplesOf(manifest: string, of: { split: string; dataset?: string }) {
  for await (const sample of manifestRows(manifest)) {
    if (sample.split !== of.split) continue;
    if (of.dataset === undefined || sample.dataset === of.dataset) yield sample;
  }
}

/** How many samples each data set has in the split. */
async function countSamples(manifest: string, split: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const { dataset } of samplesOf(manifest, { split })) {
    counts.set(dataset, (counts.get(dataset) ?? 0) + 1);
  }
  return counts;
}

/** The metric table, with progress; other events are heard meanwhile, so that Ctrl-C ends it. */
async function watchedTable(
  predictions: readonly Prediction[],
  { signal, resamples, random }: Required<MetricTableOptions> & { signal: AbortSignal },
): Promise<MetricRow[]> {
  let rows: MetricRow[] = [];
  async function* resampling() {
    const steps = metricTableInSteps(predictions, { random, resamples });
    for (let heard = performance.now();;) {
      const step = steps.next();
      if (step.done) {
        rows = step.value;
        return;
      }
      if (performance.now() - heard > 100) {
        await new Promise((resolve) => setTimeout(resolve));
        heard = performance.now();
      }
      signal.throwIfAborted();
      yield step.value;
    }
  }
  const progress = { name: "intervals", total: resamples, doneAt: (done: number) => done };
  for await (const _ of withProgress(resampling(), progress)) void _;
  return rows;
}

/** Coverage as rows of an evaluation's file: a count a row. */
function coverageRows(rows: readonly CoverageRow[]): MetricRow[] {
  return rows.flatMap(({ method, level, expected, scored, missing, failed }) =>
    Object.entries({ expected, scored, missing, failed }).map(([metric, value]) => ({
      method,
      level,
      metric,
      value,
      low: null,
      high: null,
      reason: null,
      samples: expected,
    }))
  );
}

/** Writes the samples without a score, or takes an earlier list away where all have one. */
async function saveUnscored(path: string, unscored: readonly UnscoredRow[]): Promise<void> {
  if (unscored.length > 0) {
    return await writeCsv(path, unscored, ["path", "problem", "explanation"]);
  }
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/**
 * Evaluates a detector, data set by data set.
 *
 * @returns The exit code: 1 when an expected sample has no score, else 0.
 * @throws RangeError when the split is empty, or there is no such detector; errors of files as they are.
 */
export async function evaluateDetector(
  options: EvaluateOptions,
  surroundings: TaskSurroundings,
): Promise<number> {
  await startEngine();
  const { signal, say } = surroundings;
  const { manifest, split, resamples, skipUnreadable } = options;
  const found = await findDetector(options.detector, options.configuration);
  using detector = found.detector;
  const { configuration } = detector, { seed } = configuration.training;
  const folder = options.out ?? found.folder;
  const origin = await readRunRecord(found.folder);
  const { sha256: data } = await fingerprintOf(manifest, { skipUnreadable }),
    cut = await readCut(manifest);
  const name = origin?.name ?? found.name;
  const protocol = protocolHash(configuration, {
    ...origin ? protocolData(origin.data) : { training: "unknown" },
    test: data,
  });
  const counts = await countSamples(manifest, split);
  if (counts.size === 0) throw new RangeError(`${manifest} has no samples of the split ${split}.`);
  say(`${LABEL_LEGEND}. Protocol ${protocol}.`);

  const apart = await whatIsShared(found.folder, options);
  if (apart) say(apart);

  using predictor = openPredictor(detector, { batchSize: BATCH_SIZE });
  const key = `${await detectorHash(detector)}-${data.slice(0, 16)}`;
  const lists: string[] = [];
  for (const [dataset, total] of counts) {
    const word = resultName({ dataset, split, data }),
      path = join(folder, `predictions-${word}.csv`);
    const part = join(folder, `predictions-${word}-${key}.part`);
    const samples = () => samplesOf(manifest, { split, dataset });
    const scoring = {
      dataset,
      total,
      samples,
      root: dirname(manifest),
      part,
      skipUnreadable,
    };
    const { predictions, unscored } = await scoreDataSet(predictor, scoring, surroundings);
    const random = createRandom(seed, "bootstrap", dataset);
    const table = await watchedTable(predictions, { random, resamples, signal });
    const covered = await coverage(samples(), { scored: predictions, unscored });
    const rows = [...table, ...coverageRows(covered)].map((row): EvaluationRow => ({
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
    await finishPredictions(part, path); // only now: an end during the intervals shall not cost the scores
    say(`\n${dataset}, ${split}: ${predictions.length} of ${total} frames`);
    const lines = [...table.map(metricLine), decisionsLine(predictions), ...coverageLines(covered)];
    for (const line of [...lines, ...frequencyLines(predictions)]) say(line);
    say(`${path}\n${saved}`);
    const list = join(folder, `unscored-${word}.csv`);
    await saveUnscored(list, unscored);
    if (covered.some(({ missing, failed }) => missing + failed > 0)) lists.push(list);
  }
  say(
    lists.length > 0
      ? `\nNext: some expected samples have no score. Put back the files that ${
        lists.join(", ")
      } ` +
        "names, and run the same command again."
      : `\nNext: deno task predict FILES --weights ${options.detector} scores pictures and videos of your ` +
        "own; notebook 08 sets these numbers beside the paper's.",
  );
  return lists.length > 0 ? 1 : 0;
}
