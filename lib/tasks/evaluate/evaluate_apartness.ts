/** What `evaluate` says of videos and people that the detector may have seen before. */
import { manifestRows } from "lib/data/manifest.ts";
import { assertApart, sharedWithTraining } from "lib/training/trained_on.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";

async function* testSamples(manifest: string) {
  for await (const sample of manifestRows(manifest)) if (sample.split === "test") yield sample;
}

/**
 * What is shared with what the detector was trained on and may be, in a sentence; undefined for nothing.
 *
 * @param folder The detector's, in which a run keeps the list of what it learnt from.
 * @throws RangeError for test samples that it was trained or chosen on.
 */
export async function whatIsShared(
  folder: string,
  { manifest, split, allowSharedIdentities }: Pick<
    EvaluateOptions,
    "manifest" | "split" | "allowSharedIdentities"
  >,
): Promise<string | undefined> {
  if (split !== "test") {
    return `These are ${split} samples: the detector may have been chosen on them.`;
  }
  const shared = await sharedWithTraining(folder, testSamples(manifest));
  if (shared) return assertApart(shared, { allowSharedIdentities });
  return "Nothing says what the detector was trained on: whether it has seen these videos is not known.";
}
