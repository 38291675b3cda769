/** The report's folder: index.html, and pictures/ beside it. */
import { join } from "node:path";
import type { TrainedDetector } from "lib/detectors/detector.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import type { FoundDetector } from "../find_detector.ts";
import { detectorFacts } from "./detector_facts.ts";
import type { InputResult } from "./input_result.ts";
import type { LookOptions } from "./look_at_file.ts";
import { showInputs } from "./report_inputs.ts";
import { reportPage } from "./report_page.ts";

/** What a report's folder holds: another one of them may be replaced. */
const OWN = ["index.html", "pictures"];

/**
 * Refuses a folder that holds anything but an earlier report.
 *
 * @throws RangeError naming what is in it.
 */
export async function checkReportFolder(folder: string): Promise<void> {
  let names: string[];
  try {
    names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new RangeError(
      `Cannot write a report into ${JSON.stringify(folder)}: ${
        (error as Error).message
      }. Name a folder.`,
      { cause: error },
    );
  }
  const other = names.find((name) => !OWN.includes(name));
  if (other !== undefined) {
    throw new RangeError(
      `${JSON.stringify(folder)} holds ${
        JSON.stringify(other)
      }, which is no report's. Choose a new or ` +
        "an empty folder.",
    );
  }
}

/**
 * Writes the report, in place of an earlier one.
 *
 * @param results In the order in which they are shown.
 * @throws Error naming the path when a file cannot be written; the signal's reason when it aborts.
 */
export async function writeReport(
  folder: string,
  results: readonly InputResult[],
  options: Pick<LookOptions, "cut" | "size" | "every" | "signal"> & FoundDetector & {
    /** What of the detector looks: its weights. */
    readonly folded: TrainedDetector;
    /** Lines about what was passed over. */
    readonly remarks: readonly string[];
  },
): Promise<void> {
  for (const name of OWN) {
    await Deno.remove(join(folder, name), { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  const detector = await detectorFacts(options);
  const shown = await showInputs(results, { ...options, detector: options.folded, folder });
  const page = reportPage({ ...shown, detector, remarks: options.remarks });
  await writeWhole(join(folder, "index.html"), new TextEncoder().encode(page));
}
