/** Published weights into a detector, whatever project's names they have, and what became of them in words. */
import { UnfitFile } from "lib/io/unfit_file.ts";
import type { TensorFile } from "lib/networks/weights/safetensors.ts";
import { loadParameters } from "lib/networks/weights/state_dict.ts";
import type { Detector, PretrainedReport, TrainedDetector } from "./detector.ts";

/** What became of published weights. */
export interface PublishedReport extends PretrainedReport {
  /** Parameters that the file has nothing for: they stay as they were. */
  readonly fresh: readonly string[];
}

/**
 * Puts the weights of a file into a detector: its own state dict, or one of those that its kind knows
 * (`loadPretrained`).
 *
 * @throws UnfitFile when the file is neither, with every name that is missing, too many or of another shape.
 */
export function loadPublished(
  { detector, parameters }: TrainedDetector,
  file: TensorFile,
): PublishedReport {
  let report: PretrainedReport;
  try {
    report = loadParameters(parameters, file);
  } catch (ownFault) {
    if (!(ownFault instanceof UnfitFile)) throw ownFault; // right in its names, and not a number
    try {
      report = detector.loadPretrained(parameters, file);
    } catch (fault) {
      if (!(fault instanceof UnfitFile)) throw ownFault; // nothing of this kind is published
      // The file is what it is nearer to: the shorter list of names.
      throw fault.message.length < ownFault.message.length ? fault : ownFault;
    }
  }
  const { loaded, skipped, changed = [] } = report, known = new Set(loaded);
  const fresh = Object.keys(parameters).filter((name) => !known.has(name));
  return { loaded, skipped, fresh, ...changed.length > 0 ? { changed } : {} };
}

/**
 * Check that what a training leaves as it is comes from somewhere.
 *
 * @param file Where published weights come from, if they do.
 * @throws RangeError for a detector with fixed parameters and no such file.
 */
export function assertBegun(
  { kind, parameters }: Pick<Detector, "kind" | "parameters">,
  file: string | undefined,
): void {
  const fixed = parameters.filter((parameter) => parameter.fixed).length;
  if (fixed === 0 || file !== undefined) return;
  throw new RangeError(
    `${fixed} of ${parameters.length} parameters of ${kind.name} are not taught with these settings, and ` +
      "random numbers would stay in them: begin with published weights by --pretrained FILE (README, Weights), " +
      "or teach all.",
  );
}

/**
 * What became of a file, in lines for people: every name that stays fresh and every one that is not used.
 *
 * @example
 * ```ts
 * import { describePublished } from "lib/detectors/published_weights.ts";
 * import assert from "node:assert/strict";
 *
 * const report = { loaded: ["conv1.weight"], skipped: ["fc.bias"], fresh: ["head.bias"] };
 * assert.equal(
 *   describePublished(report, "resnet34.pth"),
 *   "1 parameter begins with resnet34.pth. 1 begins fresh: head.bias. 1 array is not used: fc.bias.",
 * );
 * ```
 */
export function describePublished(
  { loaded, skipped, fresh, changed = [] }: PublishedReport,
  path: string,
): string {
  const counted = (n: number, [one, more]: [string, string]) => `${n} ${n === 1 ? one : more}`;
  return [
    `${counted(loaded.length, ["parameter begins", "parameters begin"])} with ${path}.`,
    ...changed.length > 0 ? [`Changed on the way: ${changed.join("; ")}.`] : [],
    ...fresh.length > 0
      ? [`${counted(fresh.length, ["begins", "begin"])} fresh: ${fresh.join(", ")}.`]
      : [],
    ...skipped.length > 0
      ? [`${counted(skipped.length, ["array is", "arrays are"])} not used: ${skipped.join(", ")}.`]
      : [],
  ].join(" ");
}
