/**
 * One `evaluate` command: predictions of a manifest's split, kept as they come, their metrics, and how many
 * of the expected samples these rest on. Imports packages, so it is loaded after the set-up.
 */
import { dirname, join } from "node:path";
import { LABEL_LEGEND, manifestRows } from "lib/data/manifest.ts";
import { fingerprintOf } from "lib/data/fingerprint.ts";
import { readCut } from "lib/data/prepare/prepare_settings.ts";
import { detectorHash } from "lib/detectors/detector_hash.ts";
import { foldedDetector } from "lib/detectors/folded_detector.ts";
import { describeDevice } from "lib/engine/device_title.ts";
import { startEngine } from "lib/engine/engine.ts";
import { operatingRecord } from "lib/evaluation/calibration/operating_record.ts";
import { finishPredictions } from "lib/evaluation/kept_predictions.ts";
import { BATCH_SIZE, openPredictor } from "lib/evaluation/predict.ts";
import { measure } from "lib/evaluation/scored.ts";
import type { FrameScore } from "lib/evaluation/video_scores.ts";
import { createRandom } from "lib/random.ts";
import { paperDifferences } from "lib/studies/paper_tables/paper_differences.ts";
import { resultName } from "lib/training/evaluation_files.ts";
import { type EvaluationRecord, readEvaluationRecord } from "lib/training/evaluation_record.ts";
import {
  OPERATING_FILE,
  readOperatingRecord,
  saveOperatingRecord,
} from "lib/training/operating_file.ts";
import { protocolHash } from "lib/training/protocol.ts";
import { protocolData } from "lib/training/run_record.ts";
import { readRunRecord } from "lib/training/recorded_runs.ts";
import { findDetector } from "../find_detector.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { whatIsShared } from "./evaluate_apartness.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";
import { measureDataSet } from "./measure_data_set.ts";
import { saveUnscored } from "./save_unscored.ts";
import { scoreDataSet } from "./score_data_set.ts";

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

/** Whether an evaluation is that of these weights, and whole. */
function isSame(
  { detector, protocol, intervals, coverage }: EvaluationRecord,
  now: { weights: string; protocol: string; resamples: number },
): boolean {
  return detector.sha256 === now.weights && protocol === now.protocol &&
    intervals.resamples === now.resamples &&
    coverage.every(({ expected, scored }) => expected === scored);
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
  const engine = await startEngine(options.device), { say } = surroundings;
  const { manifest, split, resamples, threshold, skipUnreadable } = options;
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
  const asked = options.device?.deterministic;
  const device = await describeDevice(engine, { precisions: ["float32"], asked });
  say(`${LABEL_LEGEND}. Protocol ${protocol}. On ${device}.`);

  const apart = await whatIsShared(found.trainedIn, options);
  if (apart) say(apart);

  const weights = await detectorHash(detector);
  using folded = foldedDetector(detector, { takesOver: true });
  using predictor = openPredictor(folded, {
    batchSize: Math.min(BATCH_SIZE, Math.max(...counts.values())),
    takesOver: true,
  });
  const key = `${weights}-${data.slice(0, 16)}`;
  const lists: string[] = [], frames: FrameScore[] = [];
  const operating = split === "validation"
    ? undefined
    : await readOperatingRecord(found.folder, { detector: weights });
  for (const [dataset, total] of counts) {
    const word = resultName({ dataset, split, data }),
      path = join(folder, `predictions-${word}.csv`);
    const part = join(folder, `predictions-${word}-${key}.part`);
    if (options.onlyNew) {
      const kept = await readEvaluationRecord(folder, { dataset, split, data });
      if (kept && isSame(kept, { weights, protocol, resamples })) {
        say(`${dataset}, ${split}: evaluated already.`);
        continue;
      }
    }
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
    if (split === "validation") { for (const row of predictions) frames.push(row); }
    const { covered, files } = await measureDataSet({
      folder,
      detector: { name, seed, sha256: weights, scores: "computed" },
      protocol,
      data: { dataset, split, sha256: data, distortion: cut?.distortion ?? "" },
      differences: paperDifferences(name, configuration, origin?.data),
      samples: samples(),
      predictions,
      unscored,
      random: createRandom(seed, "bootstrap", dataset),
      resamples,
      operating: { record: operating, ...threshold === undefined ? {} : { rule: threshold } },
    }, surroundings);
    await finishPredictions(part, path); // only now: an end during the intervals shall not cost the scores
    for (const file of [path, ...files]) say(file);
    const list = join(folder, `unscored-${word}.csv`);
    await saveUnscored(list, unscored);
    if (covered.some(({ missing, failed }) => missing + failed > 0)) lists.push(list);
  }
  if (split === "validation") {
    const { value, reason } = measure(() => operatingRecord(frames));
    if (value) await saveOperatingRecord(folder, value, { detector: weights });
    say(
      value
        ? `Thresholds and calibration are kept in ${join(folder, OPERATING_FILE)}.`
        : `No threshold and no calibration: ${reason}`,
    );
  } else if (operating === undefined) {
    say(
      "There is no threshold that was chosen on validation: evaluate with --split validation keeps one.",
    );
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
