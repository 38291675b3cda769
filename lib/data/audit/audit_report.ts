/**
 * An audit as a page for people and a CSV for programs, both whole or not at all, both written row by
 * row.
 */
import { writeCsv } from "lib/io/csv_rows.ts";
import { LABEL_LEGEND } from "../manifest.ts";
import type { Facts } from "../readers/data_set_reader.ts";
import type { DataSet } from "../readers/open_data_set.ts";
import { WholeFile } from "lib/io/write_whole.ts";
import { type Audit, countName } from "./audit_data_set.ts";
import { FINDING_KINDS, type FindingKind } from "./audit_finding.ts";
import type { CountRow, Ledger } from "./audit_ledger.ts";

/** Findings of one kind that the page shows; the CSV holds all. */
const SHOWN = 200;

/** Columns of the CSV, in order. */
const COLUMNS = ["severity", "kind", "path", "message"] as const;

/**
 * Write every finding as a CSV with the columns severity, kind, path and message.
 *
 * @throws Error naming the path and the remedy when it cannot be written.
 */
export async function writeFindings(path: string, ledger: Ledger): Promise<void> {
  await writeCsv(path, findings(ledger), COLUMNS);
}

function* findings(ledger: Ledger) {
  for (const { severity, kind, path, message } of ledger.findings()) {
    yield { severity, kind, path, message };
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Text for HTML; paths may hold anything. */
function escape(text: string | number): string {
  return String(text).replaceAll(/[&<>"]/g, (character) => ESCAPES[character]!);
}

function table(
  heading: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = (row: readonly (string | number)[], tag: string) =>
    `<tr>${row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("")}</tr>\n`;
  return `<table>\n${cells(heading, "th")}${
    rows.map((row) => cells(row, "td")).join("")
  }</table>\n`;
}

/**
 * How real and fake stand to each other in training, and what of the configuration evens it out.
 *
 * @returns undefined where training lacks one of the two.
 *
 * ```ts
 * import { balanceOf } from "lib/data/audit/audit_report.ts";
 * import assert from "node:assert/strict";
 *
 * const row = { method: "", split: "train", entries: 0, bytes: 0 };
 * const rows = [{ ...row, label: 0, videos: 720 }, { ...row, label: 1, videos: 2880 }] as const;
 * assert.equal(
 *   balanceOf(rows, 4),
 *   "Training: 720 real and 2880 fake videos, 1 to 4.0. The official code repeats reals 4 times " +
 *     "(realRepeats=4).",
 * );
 * ```
 */
export function balanceOf(
  counts: readonly CountRow[],
  officialRealRepeats: number | undefined,
): string | undefined {
  const training = (label: 0 | 1) =>
    counts.filter((row) => row.split === "train" && row.label === label)
      .reduce((sum, { videos }) => sum + videos, 0);
  const [real, fake] = [training(0), training(1)];
  if (real === 0 || fake === 0) return undefined;
  const repeats = officialRealRepeats ?? Math.max(1, Math.round(fake / real));
  return `Training: ${real} real and ${fake} fake videos, 1 to ${(fake / real).toFixed(1)}. ` +
    (officialRealRepeats === undefined
      ? `realRepeats=${repeats} evens it out.`
      : `The official code repeats reals ${repeats} times (realRepeats=${repeats}).`);
}

/** Bytes as "1.5 GB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

const STYLE = `body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto;
  padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem }
th, td { border: 1px solid #ccc; padding: 0.2rem 0.6rem; text-align: left; vertical-align: top;
  white-space: pre-wrap; overflow-wrap: anywhere }
td:first-child { white-space: nowrap }
td:nth-child(2) { min-width: 8rem }
th { background: #f2f2f2 }`;

function head(dataSet: DataSet, verdict: string): string {
  const { name, root, facts } = dataSet;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escape(name)}: audit</title>
<style>${STYLE}</style>
<h1>${escape(name)}: ${escape(verdict)}</h1>
<p>Looked at in <code>${escape(root)}</code>. ${escape(LABEL_LEGEND)}.</p>
<p>How to get what is missing: ${escape(facts.obtain)}</p>
`;
}

function countTables({ comparisons, faces }: Audit, ledger: Ledger, facts: Facts): string {
  const there = ledger.counts().map((row) => [
    row.label === 0 ? "0 real" : "1 fake",
    row.method,
    row.split,
    row.videos,
    row.entries,
    formatBytes(row.bytes),
  ]);
  const stated = comparisons.map((comparison) => [
    countName(comparison),
    comparison.found,
    comparison.videos,
    comparison.source,
  ]);
  const balance = balanceOf(ledger.counts(), facts.officialRealRepeats);
  return "<h2>What is there</h2>\n" +
    table(["label", "method", "split", "videos", "files or folders", "size"], there) +
    (balance === undefined ? "" : `<p>${escape(balance)}</p>\n`) +
    (stated.length === 0 ? "" : "<h2>What the publisher states</h2>\n" +
      table(["videos", "there", "stated", "source"], stated)) +
    (faces.looked === 0
      ? ""
      : `<p>Faces were found in ${faces.found} of ${faces.looked} entries looked at.</p>\n`);
}

function findingsOf(kind: FindingKind, count: number, ledger: Ledger): string {
  const rows: string[][] = [];
  for (const { severity, path, message } of ledger.findings(kind)) {
    if (rows.push([severity, path, message]) === SHOWN) break;
  }
  const rest = count > rows.length ? `<p>… and ${count - rows.length} more, in the CSV.</p>\n` : "";
  return `<h2>${escape(FINDING_KINDS[kind])}: ${count}</h2>\n` +
    table(["", "what", "why"], rows) + rest;
}

/**
 * Write the page: counts, what the publisher states, and the findings by kind, the first 200 of each.
 *
 * @param verdict A few words for the heading, such as "3 problems".
 * @throws Error naming the path and the remedy when it cannot be written.
 */
export async function writePage(
  path: string,
  { dataSet, audit, ledger, verdict }: {
    dataSet: DataSet;
    audit: Audit;
    ledger: Ledger;
    verdict: string;
  },
): Promise<void> {
  await using file = await WholeFile.open(path);
  const write = (text: string) => file.write(new TextEncoder().encode(text));
  await write(head(dataSet, verdict));
  await write(countTables(audit, ledger, dataSet.facts));
  const counts = ledger.findingCounts();
  for (const kind of Object.keys(FINDING_KINDS) as FindingKind[]) {
    const count = counts.filter((row) => row.kind === kind)
      .reduce((sum, { findings }) => sum + findings, 0);
    if (count > 0) await write(findingsOf(kind, count, ledger));
  }
  await file.commit();
}
