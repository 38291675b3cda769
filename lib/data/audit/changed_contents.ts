/**
 * Whether the pictures of a manifest are still those that it was written for: every file is compared with
 * the content that `prepare` wrote down.
 */
import { dirname, isAbsolute, join } from "node:path";
import { csvRows } from "lib/io/csv_rows.ts";
import { sha256OfFile } from "lib/io/sha256.ts";
import type { DataSet } from "../readers/open_data_set.ts";
import type { Ledger } from "./audit_ledger.ts";
import type { AuditOptions } from "./audit_options.ts";

/**
 * Note down the files whose content is another one; nothing for data sets that are no manifest, or one
 * without contents. Files that cannot be read are noted elsewhere.
 */
export async function findChangedContents(
  { description }: DataSet,
  ledger: Ledger,
  { depth = "first", signal, onProgress }: AuditOptions,
): Promise<void> {
  if (description.reader !== "csv" || depth === "nothing") return;
  const folder = dirname(description.root);
  let done = 0;
  for await (const { cells: { path = "", content = "" } } of csvRows(description.root, ["path"])) {
    signal?.throwIfAborted();
    if (content === "") continue;
    onProgress?.("comparing contents", ++done);
    const file = isAbsolute(path) ? path : join(folder, path);
    const found = await sha256OfFile(file).catch(() => undefined);
    if (found === undefined || found.startsWith(content)) continue;
    ledger.addFinding({
      severity: "problem",
      kind: "changed",
      path,
      message:
        "it is not the picture that the manifest was written for. Prepare the data set anew.",
    });
  }
}
