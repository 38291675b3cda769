/** A manifest as `train` uses it: its list of samples, its identity, and how its faces were cut. */
import { fingerprintOf, openFingerprint } from "lib/data/fingerprint.ts";
import { type ManifestList, openManifestList } from "lib/data/manifest_list.ts";
import { readCut, type RecordedCut } from "lib/data/prepare/prepare_settings.ts";
import type { Sample } from "lib/data/samples.ts";

/** A manifest that is open; its samples are read when they are wanted. */
export interface OpenManifest {
  /** Where it is. */
  readonly path: string;
  /** The fingerprint of its pictures; where it does not hold their contents, the files are read for it once. */
  readonly sha256: () => Promise<string>;
  /** How its faces were cut; undefined where nobody wrote it down. */
  readonly cut: RecordedCut | undefined;
  /** All of them. */
  readonly samples: ManifestList;
}

/**
 * Opens a manifest. The caller disposes its samples.
 *
 * @throws RangeError as `manifestRows` does.
 */
export async function openManifest(path: string): Promise<OpenManifest> {
  const fingerprint = openFingerprint(path), cut = await readCut(path);
  let isKnown = true;
  const each = (sample: Sample) => {
    isKnown &&= sample.content !== undefined;
    if (isKnown) void fingerprint.add(sample);
  };
  const samples = await openManifestList(path, { each });
  let sha256 = isKnown ? Promise.resolve(fingerprint.finish().sha256) : undefined;
  // Reading the files can take long: what the list alone shows to be wrong is said before.
  const ofFiles = async () => (await fingerprintOf(path)).sha256;
  return { path, cut, samples, sha256: () => sha256 ??= ofFiles() };
}
