/** What `evaluate` says of videos and people that the detector may have seen before. */
import { manifestRows } from "lib/data/manifest.ts";
import { assertApart, sharedWithTraining } from "lib/training/trained_on.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";

async function* testSamples(manifest: string) {
  for await (const sample of manifestRows(manifest)) if (sample.split === "test") yield sample;
}

const UNKNOWN =
  "Nothing says what the detector was trained on: whether it has seen these videos is not known.";

/**
 * What is shared with what the detector was trained on and may be, in sentences; undefined for nothing.
 *
 * @param folders The detector's or its members', in which runs keep the list of what they learnt from.
 * @throws RangeError for test samples that it was trained or chosen on.
 */
export async function whatIsShared(
  folders: readonly string[],
  { manifest, split, allowSharedIdentities }: Pick<
    EvaluateOptions,
    "manifest" | "split" | "allowSharedIdentities"
  >,
): Promise<string | undefined> {
  if (split !== "test") {
    return `These are ${split} samples: the detector may have been chosen on them.`;
  }
  const told = new Set<string>();
  for (const folder of folders) {
    const shared = await sharedWithTraining(folder, testSamples(manifest));
    const line = shared ? assertApart(shared, { allowSharedIdentities }) : UNKNOWN;
    if (line !== undefined) told.add(line);
  }
  return told.size === 0 ? undefined : [...told].join(" ");
}
