/** What scores are expected for: a manifest's samples, or a data set as it lies on the disk. */
import { join } from "node:path";
import { findDescription } from "lib/data/find_description.ts";
import { fingerprintOf } from "lib/data/fingerprint.ts";
import { MANIFEST_COLUMNS, manifestRows } from "lib/data/manifest.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import type { Sample } from "lib/data/samples.ts";
import { csvBlocks } from "lib/io/csv_rows.ts";
import { openDigest } from "lib/io/sha256.ts";
import { PROJECT } from "../setup/project.ts";

/** Samples that scores are expected for. */
export interface ExpectedData {
  /** All of them, of every split, anew each time. */
  readonly samples: () => AsyncIterable<Sample>;
  /** The manifest's file, where it is one. */
  readonly manifest?: string;
}

async function isManifest(path: string): Promise<boolean> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (!found?.isFile || !path.endsWith(".csv")) return false;
  for await (const { heading } of csvBlocks(path, [])) {
    return MANIFEST_COLUMNS.every((column) => heading.includes(column));
  }
  return false;
}

/**
 * Finds what `--data` names.
 *
 * @param onProblem Hears of whatever of a data set is left out, and why.
 * @throws RangeError when there is no such data, naming what there is.
 */
export async function expectedData(
  argument: string,
  onProblem: (line: string) => void,
): Promise<ExpectedData> {
  if (await isManifest(argument)) {
    return { samples: () => manifestRows(argument), manifest: argument };
  }
  const dataSet = await openDataSet(await findDescription(argument, join(PROJECT.root, "data")));
  async function* samples(): AsyncGenerator<Sample> {
    const entries = dataSet.entries(({ path, message }) =>
      onProblem(`${path === "" ? "" : `${JSON.stringify(path)}: `}${message}`)
    );
    for await (const entry of entries) {
      const { video, label, method, split, identities } = entry;
      const isStill = entry.kind === "still";
      const [path, frame] = isStill ? [entry.path, entry.frame] : [video, 0];
      yield { path, label, dataset: dataSet.name, method, video, split, frame, identities };
    }
  }
  return { samples };
}

/**
 * The identity of what was expected: of a prepared manifest its fingerprint, the one that a detector's own
 * evaluation has; else a digest of the list, as the files need not be here.
 */
export async function expectedDigest(
  samples: Iterable<Sample>,
  manifest: string | undefined,
): Promise<string> {
  const isPrepared = Iterator.from(samples).every(({ content }) => content !== undefined);
  if (manifest !== undefined && isPrepared) return (await fingerprintOf(manifest)).sha256;
  const digest = openDigest();
  for (const { path, label, dataset, method, video, split, frame } of samples) {
    digest.add(`${JSON.stringify([path, label, dataset, method, video, split, frame])}\n`);
  }
  return digest.hex();
}
