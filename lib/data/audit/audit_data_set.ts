/**
 * The audit of a data set: what is there against what its publisher states, what is broken, and what is
 * in two places that must be apart. Memory does not grow with the data set. Printing and reports are
 * left to the doctor command and audit_report.ts.
 */
import type { Facts, PublishedCount, ReadProblem } from "../readers/data_set_reader.ts";
import type { DataSet } from "../readers/open_data_set.ts";
import type { Split } from "../samples.ts";
import {
  type ClassCounts,
  countClass,
  missingClass,
  noClassCounts,
  trainingFault,
} from "../training_use.ts";
import { findFfmpeg } from "lib/media/ffmpeg.ts";
import { sha256OfFiles } from "lib/io/sha256.ts";
import { lookForFaces } from "./faces_sample.ts";
import type { FindingKind, Severity } from "./audit_finding.ts";
import type { AuditOptions } from "./audit_options.ts";
import type { Ledger, NotedEntry } from "./audit_ledger.ts";
import { filesOf, lookAt } from "./look_at_entry.ts";
import { findChangedContents } from "./changed_contents.ts";
import { notePrepared } from "./prepare_findings.ts";
import { findDuplicates, findShared } from "./duplicates_and_leaks.ts";

/** What the publisher states beside what was found. */
export interface Comparison extends PublishedCount {
  /** Different videos that were found. */
  readonly found: number;
}

/** What the audit came to; the findings themselves are in the ledger. */
export interface Audit {
  /** Stated counts and found ones. */
  readonly comparisons: readonly Comparison[];
  /** Entries in which faces were looked for, and in how many of them there was one. */
  readonly faces: { readonly looked: number; readonly found: number };
}

/** How much a reader's problem matters. */
const READ_SEVERITY: Readonly<Record<ReadProblem["kind"], Severity>> = {
  absent: "problem",
  unreadable: "problem",
  contradiction: "problem",
  malformed: "problem",
  misspelt: "warning",
  unlisted: "warning",
  assumed: "note",
};

/**
 * Audit a data set.
 *
 * @param ledger Empty; afterwards it holds entries, sizes and findings.
 * @throws Error that the reader throws when nothing can be read at all; it is noted down as a finding
 * too.
 */
export async function auditDataSet(
  dataSet: DataSet,
  ledger: Ledger,
  options: AuditOptions = {},
): Promise<Audit> {
  const { validation } = dataSet.description;
  await readEntries(dataSet, ledger, options);
  await lookAtAll(dataSet, ledger, options);
  await compareContents(dataSet, ledger, options);
  findDuplicates(ledger);
  findShared(ledger, { why: dataSet.facts.sharedIdentities, heldOut: validation > 0 });
  findUse(dataSet, ledger);
  const comparisons = compareCounts(dataSet.facts, ledger);
  await notePrepared(dataSet, ledger);
  const readable = ledger.findings("unreadableDataSet").next().done === true;
  if (readable) await findChangedContents(dataSet, ledger, options);
  const faces = await lookForFaces(dataSet.root, ledger, options);
  return { comparisons, faces };
}

async function readEntries(
  dataSet: DataSet,
  ledger: Ledger,
  { onProgress, signal }: AuditOptions,
): Promise<void> {
  let entries = 0;
  const note = ({ kind, path, message }: ReadProblem) =>
    ledger.addFinding({ severity: READ_SEVERITY[kind], kind, path, message });
  try {
    for await (const entry of dataSet.entries(note)) {
      signal?.throwIfAborted();
      ledger.addEntry(entry);
      entries++;
      onProgress?.("reading lists", entries);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof RangeError)) throw error;
    ledger.addFinding({
      severity: "problem",
      kind: "unreadableDataSet",
      path: dataSet.description.file,
      message: error.message,
    });
  }
}

/** Run `work` on each entry, several at a time. */
async function onEach(
  entries: Generator<NotedEntry>,
  work: (entry: NotedEntry) => Promise<void>,
  { parallel = navigator.hardwareConcurrency, signal }: AuditOptions,
): Promise<void> {
  const worker = async () => {
    for (const entry of entries) { // one generator for all workers: each entry goes to one of them
      signal?.throwIfAborted();
      await work(entry);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

async function lookAtAll(
  { root }: DataSet,
  ledger: Ledger,
  options: AuditOptions,
): Promise<void> {
  const { depth = "first", onProgress } = options;
  const total = ledger.entries;
  const ffmpeg = depth === "nothing"
    ? true
    : await findFfmpeg().then(() => true, (error: Error) => {
      const message = `videos are not decoded. ${error.message}`;
      ledger.addFinding({ severity: "warning", kind: "notChecked", path: "", message });
      return false;
    });
  let done = 0;
  await onEach(ledger.allEntries(), async (entry) => {
    const { bytes, findings } = await lookAt(entry, { root, depth, ffmpeg });
    if (bytes !== undefined) ledger.addSize(entry.id, bytes);
    for (const finding of findings) ledger.addFinding(finding);
    done++;
    onProgress?.("looking at files", done, total);
  }, options);
}

/** Only what is as large as something else is read again: the rest cannot be a duplicate. */
async function compareContents(
  { root }: DataSet,
  ledger: Ledger,
  options: AuditOptions,
): Promise<void> {
  let done = 0;
  await onEach(ledger.entriesOfSharedSize(), async (entry) => {
    const files = await filesOf(entry, root);
    const hash = await sha256OfFiles(files).catch(() => undefined); // told when it was looked at
    if (hash !== undefined) ledger.addContent(entry.id, hash);
    done++;
    options.onProgress?.("comparing contents", done);
  }, options);
}

/** Videos by split and class. */
export function classCounts(ledger: Ledger): ClassCounts {
  const counts = noClassCounts();
  for (const { split, label, videos } of ledger.counts()) {
    countClass(counts, { split: split as Split, label, n: videos });
  }
  return counts;
}

/** Notes down that there is only one class, or nothing to train on. */
function findUse({ description }: DataSet, ledger: Ledger): void {
  if (!ledger.findings("unreadableDataSet").next().done) return; // what was not read may hold the rest
  const counts = classCounts(ledger), lacks = missingClass(counts);
  if (lacks !== undefined) {
    const message =
      `There is nothing ${lacks} in it: a detector can neither be trained nor measured on ` +
      "that. Were files of the other class left out?";
    return ledger.addFinding({ severity: "problem", kind: "oneClass", path: "", message });
  }
  const message = trainingFault(counts, description);
  if (message === undefined) return;
  ledger.addFinding({ severity: "note", kind: "noTraining", path: "", message });
}

function compareCounts({ published, obtain }: Facts, ledger: Ledger): Comparison[] {
  const counts = ledger.counts();
  return published.map((stated) => {
    const { label, method, split } = stated.of;
    const found = counts.filter((row) =>
      (label ?? row.label) === row.label && (method ?? row.method) === row.method &&
      (split ?? row.split) === row.split
    ).reduce((sum, { videos }) => sum + videos, 0);
    if (found !== stated.videos) {
      const kind: FindingKind = found < stated.videos ? "missing" : "surplus";
      ledger.addFinding({
        severity: found < stated.videos ? "problem" : "warning",
        kind,
        path: countName(stated),
        message: `${found} videos, the publisher states ${stated.videos} (${stated.source}).` +
          (found < stated.videos ? ` ${obtain}` : ""),
      });
    }
    return { ...stated, found };
  });
}

/**
 * What a stated count counts, in words: "fake, train", "DF, test", "all".
 *
 * ```ts
 * import { countName } from "lib/data/audit/audit_data_set.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(countName({ of: { label: 1, split: "train" }, videos: 5, source: "" }), "fake, train");
 * ```
 */
export function countName({ of: { label, method, split } }: PublishedCount): string {
  const labelName = label === undefined ? undefined : label === 0 ? "real" : "fake";
  return [labelName, method, split].filter((part) => part !== undefined).join(", ") || "all";
}
