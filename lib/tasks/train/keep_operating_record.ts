/** Thresholds and calibration of a run that is over, from its validation samples, kept in its folder. */
import { detectorHash } from "lib/detectors/detector_hash.ts";
import { loadDetector } from "lib/detectors/detector_file.ts";
import type { DetectorKind } from "lib/detectors/detector.ts";
import { foldedDetector } from "lib/detectors/folded_detector.ts";
import { operatingRecord } from "lib/evaluation/calibration/operating_record.ts";
import { BATCH_SIZE, openPredictor } from "lib/evaluation/predict.ts";
import type { FrameScore } from "lib/evaluation/video_scores.ts";
import { withProgress } from "lib/io/progress.ts";
import {
  OPERATING_FILE,
  readOperatingRecord,
  saveOperatingRecord,
} from "lib/training/operating_file.ts";
import type { ValidationSamples } from "lib/training/validation.ts";
import type { TaskSurroundings } from "../in_task.ts";

/**
 * Scores the validation samples by the run's detector, chooses thresholds and fits calibrations, and keeps them;
 * where they are there already nothing is done.
 *
 * @param folder The run's, which is over.
 * @throws The signal's reason when it aborts; Error naming a file that cannot be read or written.
 */
export async function keepOperatingRecord(
  folder: string,
  { kind, validation, signal, say }: TaskSurroundings & {
    readonly kind: DetectorKind;
    readonly validation: ValidationSamples;
  },
): Promise<void> {
  using detector = await loadDetector(folder, { kinds: [kind] });
  const origin = { detector: await detectorHash(detector) };
  if (await readOperatingRecord(folder, origin)) return;
  using folded = foldedDetector(detector, { takesOver: true });
  using predictor = openPredictor(folded, {
    batchSize: Math.min(BATCH_SIZE, validation.count),
    takesOver: true,
  });
  const frames: FrameScore[] = [], progress = { name: "validation", total: validation.count };
  for await (const row of withProgress(validation.predictions(predictor), progress)) {
    signal.throwIfAborted();
    const { video, label, logOdds } = row;
    frames.push({ video, label, logOdds });
  }
  const record = operatingRecord(frames), { thresholds, reals, fakes } = record.video;
  await saveOperatingRecord(folder, record, origin);
  const chosen = thresholds["equal-error"];
  if (!chosen) return;
  const share = (rate: number, of: number) => `${Math.round(rate * of)} of ${of}`;
  say(
    `Validation's threshold of equal error for videos: log-odds ${
      chosen.threshold.toFixed(3)
    }, at which ` +
      `${share(chosen.falsePositiveRate, reals)} real and ${
        share(chosen.truePositiveRate, fakes)
      } fake ones ` +
      `are called fake. Others and the calibration are in ${OPERATING_FILE}.`,
  );
}
