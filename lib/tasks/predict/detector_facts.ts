/** What is known of a detector besides its weights: what it learnt from, and how well it did. */
import { basename, dirname } from "node:path";
import { plainConfiguration } from "lib/detectors/configuration.ts";
import type { LoadedDetector } from "lib/detectors/detector_file.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { type EvaluationRow, readEvaluations } from "lib/training/evaluation_files.ts";
import { readRunRecord } from "lib/training/recorded_runs.ts";

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

const NOT_KNOWN = "not known: the file of weights does not say";

/**
 * What is known of a detector: from its file, and where it lies in a run's folder from the run's record and
 * evaluations.
 */
export async function detectorFacts(
  { detector, folder, name }: { detector: LoadedDetector; folder: string; name: string },
): Promise<DetectorFacts> {
  const { origin, configuration } = detector;
  const record = await readRunRecord(folder).catch(() => undefined); // it may be somebody else's file
  const { kind, input } = detector.detector;
  const { margin, size, format, quality } = origin?.cut ?? FACE_CUT;
  const cut = `margin ${margin} of the face's longer side, ${size} × ${size} pixels, ` +
    (format === "png" ? "PNG" : `JPEG of quality ${quality}`);
  const data = record &&
    `${record.data.source}: ${record.data.training} pictures for training, ` +
      `${record.data.validation} for validation`;
  const auc = origin?.validationAuc;
  const evaluations = record === undefined
    ? []
    : (await readEvaluations({ root: dirname(folder) })).filter((row) =>
      row.run === basename(folder) && row.metric === "AUC" && row.value !== null
    );
  return {
    name,
    facts: [
      ["Method", `${kind.name}; ${kind.source}`],
      ["Looks at", `pictures of ${input.size} × ${input.size} pixels`],
      [
        "Learnt from",
        data ?? (origin === undefined ? NOT_KNOWN : "not known: no run.yaml beside it"),
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
