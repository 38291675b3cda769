/** From the records of all faces to the manifest and the report, in the order of the faces. */
import { join } from "node:path";
import { writeManifest } from "lib/data/manifest.ts";
import { REPORT_COLUMNS } from "lib/data/prepare/join_manifest.ts";
import { readKept } from "lib/data/prepare/unit_records.ts";
import type { Sample } from "lib/data/samples.ts";
import { type ClassCounts, countClass, noClassCounts } from "lib/data/training_use.ts";
import { csvRows, writeCsv } from "lib/io/csv_rows.ts";
import { type ForgedFace, hasUnreadable, isForgedFace } from "./forged_record.ts";
import type { RealFace, RealFaces } from "./real_face.ts";

/** What came of all faces. */
export interface ForgeSummary {
  /** Real faces with landmarks. */
  faces: number;
  /** People among them. */
  people: number;
  /** Fakes, each with its mask and the real picture beside it. */
  pairs: number;
  /** Pairs by forger. */
  readonly kinds: Record<string, number>;
  /** What could not be made: no donor, or a face that a forger refuses. */
  refused: number;
  /** Faces for which a picture could not be read. */
  unreadable: number;
  /** Pictures by split and class. */
  readonly counts: ClassCounts;
}

/** A face with what was made of it. */
export interface DoneFace {
  /** The face. */
  readonly face: RealFace;
  /** Folder of its files, below the output folder. */
  readonly folder: string;
  /** What is in it. */
  readonly record: ForgedFace;
}

/**
 * The faces with what was made of them, in order, one at a time in memory.
 *
 * @throws Error when a face has no record.
 */
export async function* doneFaces(
  faces: readonly RealFace[],
  { folder, folderOf }: { folder: string; folderOf: (face: RealFace) => string },
): AsyncGenerator<DoneFace> {
  for (const face of faces) {
    const own = folderOf(face), record = await readKept(join(folder, own), isForgedFace);
    if (record === undefined) {
      throw new Error(`${JSON.stringify(face.name)} was not made. Run the same command again.`);
    }
    yield { face, folder: own, record };
  }
}

/** The samples of a face. */
function samplesOf({ face, folder, record }: DoneFace, cut: string): Sample[] {
  const { dataset, split } = face;
  return record.files.map((
    { file, content, method, variant, mask, source, landmarks, people },
  ) => ({
    path: `${folder}/${file}`,
    label: method === "real" ? 0 : 1,
    dataset,
    method,
    video: method === "real" ? face.video : `${method}/${face.video}`,
    split,
    frame: face.frame + variant,
    identities: people,
    ...mask === undefined ? {} : { mask: `${folder}/${mask}` },
    ...source === undefined ? {} : { source: `${folder}/${source}` },
    content,
    cut,
    ...landmarks === undefined ? {} : { landmarks: `${folder}/${landmarks}` },
  }));
}

type ReportRow = Partial<Record<typeof REPORT_COLUMNS[number], string | number>>;

async function* reportOf(
  { remarks }: RealFaces,
  done: AsyncIterable<DoneFace>,
  { found, summary }: { found: string | undefined; summary: ForgeSummary },
): AsyncGenerator<ReportRow> {
  if (found !== undefined) {
    for await (const { cells } of csvRows(found, REPORT_COLUMNS)) yield cells;
  }
  for (const remark of remarks) yield { ...remark };
  for await (const { face: { video, split, frame }, record } of done) {
    for (const { what, detail } of record.remarks) {
      yield { video, label: 0, method: "real", split, frame, what, detail };
    }
    if (hasUnreadable(record)) summary.unreadable++;
    summary.refused += record.remarks.filter(({ what }) => what !== "unreadable").length;
  }
}

/**
 * Writes manifest.csv and report.csv, each whole or not at all. Without a single pair there is no manifest.
 *
 * @param options `folder`: the output folder; `folderOf`: a face's folder below it; `cut`: `cutName`; `found`:
 * the report of the search for faces, whose rows come first.
 * @throws Error when a face has no record, or a file cannot be written.
 */
export async function joinForged(
  found: RealFaces,
  options: {
    readonly folder: string;
    readonly folderOf: (face: RealFace) => string;
    readonly cut: string;
    readonly report: string | undefined;
  },
): Promise<ForgeSummary> {
  const { folder, cut } = options, { faces } = found;
  const summary: ForgeSummary = {
    faces: faces.length,
    people: new Set(faces.flatMap(({ people }) => people)).size,
    pairs: 0,
    kinds: {},
    refused: 0,
    unreadable: 0,
    counts: noClassCounts(),
  };
  const rows = reportOf(found, doneFaces(faces, options), { found: options.report, summary });
  await writeCsv(join(folder, "report.csv"), rows, REPORT_COLUMNS);
  const samples = async function* () {
    for await (const done of doneFaces(faces, options)) {
      for (const sample of samplesOf(done, cut)) {
        const { split, label, method } = sample;
        countClass(summary.counts, { split, label });
        if (label === 1) {
          summary.pairs++;
          summary.kinds[method] = (summary.kinds[method] ?? 0) + 1;
        }
        yield sample;
      }
    }
  };
  const manifest = join(folder, "manifest.csv");
  await writeManifest(manifest, samples());
  if (summary.pairs === 0) await Deno.remove(manifest);
  return summary;
}
