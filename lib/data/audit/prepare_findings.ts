/**
 * What prepare reported when it made a manifest: the audit of that manifest repeats it.
 */
import { dirname, join } from "node:path";
import { csvRows } from "lib/io/csv_rows.ts";
import { REPORT_COLUMNS } from "../prepare/join_manifest.ts";
import type { DataSet } from "../readers/open_data_set.ts";
import type { Ledger } from "./audit_ledger.ts";

/**
 * Note down the videos without any face and those that could not be read, and how many frames had no
 * face, from the report.csv beside a manifest; nothing where there is none.
 */
export async function notePrepared({ description }: DataSet, ledger: Ledger): Promise<void> {
  if (description.reader !== "csv") return;
  const report = join(dirname(description.root), "report.csv");
  if (!await Deno.stat(report).then(({ isFile }) => isFile, () => false)) return;
  let frames = 0;
  for await (const { cells } of csvRows(report, REPORT_COLUMNS)) {
    if (cells.what === "no face") frames++;
    else if (cells.what === "assumed") {
      const { video: path, detail: message } = cells as { video: string; detail: string };
      ledger.addFinding({ severity: "note", kind: "assumed", path, message });
    } else {
      const message = `prepare reported: ${cells.what}. ${cells.detail}`;
      const kind = cells.what === "no face in any frame" ? "noFace" : "notPrepared";
      ledger.addFinding({ severity: "warning", kind, path: cells.video!, message });
    }
  }
  if (frames === 0) return;
  const message = `${frames} frames without a face have no crop; report.csv beside the manifest ` +
    "lists them.";
  ledger.addFinding({ severity: "note", kind: "noFace", path: "", message });
}
