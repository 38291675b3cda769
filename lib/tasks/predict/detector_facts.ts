/** What is known of a detector besides its weights: what it learnt from, and how well it did. */
import { plainConfiguration } from "lib/detectors/configuration.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { type EvaluationRow, evaluationsOf } from "lib/training/evaluation_files.ts";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { readRunRecord } from "lib/training/recorded_runs.ts";
import type { FoundDetector } from "../find_detector.ts";
import type { RunRecord } from "lib/training/run_record.ts";

/** A detector in words. */
export interface DetectorFacts {
  /** What to call it. */
  readonly name: string;
  /** Names with what is known, in the order in which they are shown. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Its AUC on test data, as far as it was measured. */
  readonly evaluations: readonly EvaluationRow[];
  /** All settings, as YAML or JSON text. */
  readonly settings: string;
}

/** The record of the run whose folder this is, or why there is none: a file there may be somebody else's. */
async function recordIn(
  folder: string,
): Promise<{ record?: RunRecord | undefined; missing: string }> {
  const missing = "no run.yaml beside it";
  try {
    return { record: await readRunRecord(folder), missing };
  } catch (error) {
    if (error instanceof UnfitFile) return { missing: error.message };
    throw error;
  }
}

const NOT_KNOWN = "not known: the file of weights does not say";

/**
 * What is known of a detector: from its file, and where it lies in a run's folder from the run's record and
 * evaluations.
 */
export async function detectorFacts(
  { detector, folder, name, learntFrom }: FoundDetector,
): Promise<DetectorFacts> {
  const { origin, configuration } = detector;
  const { record, missing } = await recordIn(folder);
  const { kind, input } = detector.detector;
  const { margin, size, format, quality } = origin?.cut ?? FACE_CUT;
  const cut = `margin ${margin} of the face's longer side, ${size} × ${size} pixels, ` +
    (format === "png" ? "PNG" : `JPEG of quality ${quality}`);
  const data = record &&
    `${record.data.source}: ${record.data.training} pictures for training, ` +
      `${record.data.validation} for validation`;
  const auc = origin?.validationAuc;
  const evaluations = (await evaluationsOf(folder))
    .filter(({ metric, value }) => metric === "AUC" && value !== null);
  return {
    name,
    facts: [
      ["Method", `${kind.name}; ${kind.source}`],
      ["Looks at", `pictures of ${input.size} × ${input.size} pixels`],
      [
        "Learnt from",
        data ?? learntFrom ?? (origin === undefined ? NOT_KNOWN : `not known: ${missing}`),
      ],
      ["Steps", origin === undefined ? NOT_KNOWN : `${origin.step + 1}`],
      ["Validation AUC", auc === undefined ? "not known" : auc.toFixed(4)],
      [
        "Faces are cut",
        origin?.cut === undefined ? `${cut} (as usual: its file does not say)` : cut,
      ],
    ],
    evaluations,
    settings: JSON.stringify(plainConfiguration(configuration), null, 2),
  };
}
