/**
 * What a data set can be used for, told from how much real and fake each split holds, and what to do where it
 * cannot be trained on. `doctor` counts videos, `prepare` faces.
 */
import type { Description } from "./descriptions.ts";
import type { Split } from "./samples.ts";

/** How much there is of each class in each split. */
export type ClassCounts = Record<Split, { real: number; fake: number }>;

/** Counts of nothing, to add to. */
export function noClassCounts(): ClassCounts {
  const none = () => ({ real: 0, fake: 0 });
  return { train: none(), validation: none(), test: none() };
}

/** Add to the counts of a split. */
export function countClass(
  counts: ClassCounts,
  { split, label, n = 1 }: { split: Split; label: 0 | 1; n?: number },
): void {
  counts[split][label === 0 ? "real" : "fake"] += n;
}

/** The class of which there is nothing at all, though there is of the other; undefined where both are. */
export function missingClass(counts: ClassCounts): "real" | "fake" | undefined {
  const total = (name: "real" | "fake") =>
    Object.values(counts).reduce((sum, split) => sum + split[name], 0);
  const [real, fake] = [total("real"), total("fake")];
  return real === 0 && fake > 0 ? "real" : fake === 0 && real > 0 ? "fake" : undefined;
}

/**
 * Why nothing can be trained on a data set, and what to do.
 *
 * @returns undefined where training has both classes, or there is nothing at all.
 *
 * @example
 * ```ts
 * import { noClassCounts, trainingFault } from "lib/data/training_use.ts";
 * import assert from "node:assert/strict";
 *
 * const counts = { ...noClassCounts(), test: { real: 3, fake: 4 } };
 * assert.match(trainingFault(counts, { reader: "folders" })!, /all 7 are for test\. .*--validation 0\.1/);
 * assert.equal(trainingFault({ ...counts, train: { real: 1, fake: 1 } }, { reader: "csv" }), undefined);
 * ```
 */
export function trainingFault(
  counts: ClassCounts,
  { reader }: Pick<Description, "reader">,
): string | undefined {
  const { train } = counts;
  if (train.real > 0 && train.fake > 0) return undefined;
  const filled = (Object.keys(counts) as Split[])
    .filter((split) => counts[split].real + counts[split].fake > 0);
  if (filled.length === 0) return undefined;
  const all = filled.reduce((sum, split) => sum + counts[split].real + counts[split].fake, 0);
  const isOwn = reader === "folders" || reader === "csv";
  if (train.real + train.fake === 0) {
    const what = `Nothing can be trained on it: all ${all} are for ${filled.join(" and ")}.`;
    if (!isOwn) return `${what} It can be measured on.`;
    return `${what} To train on it write "split: train" and "validation: 0.1" into a description, or ` +
      "prepare it with --validation 0.1 --test 0.2, which holds out a tenth and a fifth.";
  }
  const lacks = train.real === 0 ? "real" : "fake";
  const make = lacks === "fake"
    ? " Or make the fakes of the reals while you train: prepare with --landmarks, train with --set forge=SBI."
    : "";
  return `Nothing can be trained on it: of what is for training none is ${lacks}. ` +
    (isOwn
      ? "Add some; where shares are held out, other shares (--validation, --test) hold out other clips."
      : "Get the rest of it.") +
    make;
}
