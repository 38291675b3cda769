/**
 * From the records of all units to the manifest and the report, in the order of the entries and one unit
 * at a time in memory.
 */
import { join } from "node:path";
import { writeCsv } from "lib/io/csv_rows.ts";
import { writeManifest } from "../manifest.ts";
import type { OnProblem, ReadProblem } from "../readers/data_set_reader.ts";
import type { DataSet } from "../readers/open_data_set.ts";
import type { Sample } from "../samples.ts";
import { type ClassCounts, countClass, noClassCounts } from "../training_use.ts";
import { hasFailed, readRecord, type UnitRecord, unreadablePictures } from "./unit_records.ts";
import { type Unit, unitsOf } from "./prepared_units.ts";

/** The part of a data set that is looked at. */
export type Source =
  & Pick<DataSet, "name" | "root" | "entries">
  & Partial<Pick<DataSet, "description">>;

/** The columns of the report. */
export const REPORT_COLUMNS = [
  "video",
  "label",
  "method",
  "split",
  "frame",
  "what",
  "detail",
] as const;

/** One line of the report: what a person should know about a frame or a video. */
type ReportRow = Partial<Record<typeof REPORT_COLUMNS[number], string | number>>;

/** What came of a data set. */
export interface PrepareSummary {
  /** Videos, folders of frames and stills of their own. */
  units: number;
  /** Frames and pictures in which faces were looked for. */
  looked: number;
  /** Faces cut out: the manifest's rows. */
  crops: number;
  /** Frames and pictures without a face. */
  withoutFace: number;
  /** Units in which no face was found at all, though they could be read. */
  unitsWithoutFace: number;
  /** Units that could not be read. */
  unreadable: number;
  /** Pictures that could not be read, in units of which others could be. */
  unreadablePictures: number;
  /** Faces by split and class. */
  counts: ClassCounts;
  /** What the data set's reader could not give as an entry, such as videos that a list names. */
  problems: number;
}

async function* recorded(
  source: Source,
  folder: string,
  onProblem: OnProblem,
): AsyncGenerator<{ unit: Unit; record: UnitRecord }> {
  for await (const unit of unitsOf(source.entries(onProblem))) {
    const record = await readRecord(join(folder, unit.folder));
    if (record === undefined) {
      throw new Error(
        `${JSON.stringify(unit.entry.video)} was not prepared: the data set has changed ` +
          "meanwhile. Run the same command again.",
      );
    }
    yield { unit, record };
  }
}

async function* samplesOf(source: Source, folder: string, cut: string): AsyncGenerator<Sample> {
  for await (const { unit, record } of recorded(source, folder, () => {})) {
    const { video, label, method, split, identities } = unit.entry;
    for (const { file, content, mask, landmarks, frame } of record.crops) {
      yield {
        path: `${unit.folder}/${file}`,
        dataset: source.name,
        ...{ label, method, video, split, frame, identities },
        ...(mask === undefined ? {} : { mask: `${unit.folder}/${mask}` }),
        content,
        cut,
        ...(landmarks === undefined ? {} : { landmarks: `${unit.folder}/${landmarks}` }),
      };
    }
  }
}

async function* reportOf(
  source: Source,
  folder: string,
  summary: PrepareSummary,
): AsyncGenerator<ReportRow> {
  const problems: ReadProblem[] = [];
  const told = function* (): Generator<ReportRow> {
    summary.problems += problems.filter(({ kind }) => kind !== "assumed").length;
    for (const { kind, path, message } of problems.splice(0)) {
      yield { video: path, what: kind, detail: message };
    }
  };
  const units = recorded(source, folder, (problem) => problems.push(problem));
  for await (const { unit, record } of units) {
    yield* told();
    const { video, label, method, split } = unit.entry;
    const row = { video, label, method, split };
    summary.units++;
    summary.looked += record.looked;
    summary.crops += record.crops.length;
    for (const { frame, what, detail } of record.remarks) {
      if (what === "no face") summary.withoutFace++;
      yield {
        ...row,
        what,
        ...(frame === undefined ? {} : { frame }),
        ...(detail === undefined ? {} : { detail }),
      };
    }
    countClass(summary.counts, { split, label, n: record.crops.length });
    if (hasFailed(record)) summary.unreadable++;
    else summary.unreadablePictures += unreadablePictures(record);
    if (hasFailed(record)) continue;
    if (record.crops.length === 0) {
      summary.unitsWithoutFace++;
      const detail = `${record.looked} pictures were looked at`;
      yield { ...row, what: "no face in any frame", detail };
    }
  }
  yield* told();
}

/**
 * Writes manifest.csv and report.csv, each whole or not at all. Without a single face there is no manifest.
 *
 * @param options `cut`: `cutName` of the settings.
 * @throws Error when a unit has no record, or a file cannot be written.
 */
export async function joinRecords(
  source: Source,
  { folder, cut }: { folder: string; cut: string },
): Promise<PrepareSummary> {
  const summary: PrepareSummary = {
    units: 0,
    looked: 0,
    crops: 0,
    withoutFace: 0,
    unitsWithoutFace: 0,
    unreadable: 0,
    unreadablePictures: 0,
    counts: noClassCounts(),
    problems: 0,
  };
  const manifest = join(folder, "manifest.csv");
  await writeCsv(join(folder, "report.csv"), reportOf(source, folder, summary), REPORT_COLUMNS);
  if (summary.crops > 0) await writeManifest(manifest, samplesOf(source, folder, cut));
  else await Deno.remove(manifest).catch(() => {}); // mostly there is none
  return summary;
}
