/** What validation says of a run's detector (thresholds, calibration), as a file in the run's folder. */
import { parse, stringify } from "@std/yaml";
import { join } from "node:path";
import {
  type OperatingRecord,
  operatingRecordFrom,
} from "lib/evaluation/calibration/operating_record.ts";
import { isRecord } from "lib/io/is_record.ts";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { writeWhole } from "lib/io/write_whole.ts";

/** The file's name. */
export const OPERATING_FILE = "validation.yaml";

/** Whose record it is. */
export interface OperatingOrigin {
  /** What the detector's scores follow from: a hash of its settings and weights. */
  readonly detector: string;
}

/**
 * Writes the record, whole or not at all.
 *
 * @param folder The run's.
 */
export async function saveOperatingRecord(
  folder: string,
  record: OperatingRecord,
  { detector }: OperatingOrigin,
): Promise<void> {
  const text = stringify({ detector, ...record });
  await writeWhole(join(folder, OPERATING_FILE), new TextEncoder().encode(text));
}

/**
 * Reads the record of a detector.
 *
 * @param origin `detector`: its hash; a record of other weights is none of it.
 * @returns Undefined where there is none of this detector.
 * @throws UnfitFile for a file that is damaged, naming it and what to do.
 *
 * @example
 * ```ts
 * import { operatingRecord } from "lib/evaluation/calibration/operating_record.ts";
 * import { readOperatingRecord, saveOperatingRecord } from "lib/training/operating_file.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const frames = [-3, 1, -0.5, 2].map((logOdds, i) => ({ video: `${i}`, label: i % 2, logOdds }));
 * const record = operatingRecord(frames);
 * await saveOperatingRecord(folder, record, { detector: "ab" });
 * assert.deepEqual(await readOperatingRecord(folder, { detector: "ab" }), record);
 * assert.equal(await readOperatingRecord(folder, { detector: "cd" }), undefined);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function readOperatingRecord(
  folder: string,
  { detector }: OperatingOrigin,
): Promise<OperatingRecord | undefined> {
  const path = join(folder, OPERATING_FILE);
  try {
    const found: unknown = parse(await Deno.readTextFile(path));
    if (!isRecord(found)) throw new TypeError("it holds no record");
    return found.detector === detector ? operatingRecordFrom(found) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const [first] = (error as Error).message.trim().split("\n");
    throw new UnfitFile(
      `${path} cannot be read as what validation says of a detector: ${first} Delete it: train, or evaluate ` +
        "with --split validation, writes it anew.",
      { cause: error },
    );
  }
}
