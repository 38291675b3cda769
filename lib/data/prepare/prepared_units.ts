/**
 * What is prepared as one piece: a video, a folder of frames, or the stills of one video that stand
 * together in a list. What becomes of it is left to cut_faces.ts.
 */
import { resolve } from "node:path";
import { openDigest, sha256 } from "lib/io/sha256.ts";
import type { ClipEntry, FramesEntry, StillEntry, VideoEntry } from "../data_set_entries.ts";
import { isPictureName } from "lib/media/file_endings.ts";
import { stem } from "../readers/walk_folder.ts";

/** A picture of a unit that is not a video file. Paths are absolute. */
export interface UnitPicture {
  /** The picture's file. */
  readonly path: string;
  /** Index of the frame in its video, from 0. */
  readonly frame: number;
  /** Its mask's file, which need not exist. */
  readonly mask?: string;
}

/** One piece of work. */
export interface Unit {
  /** Label, method, split, identities and video, the same for all its pictures. */
  readonly entry: VideoEntry;
  /** Folder below the output folder for its crops: safe, its own, and the same in every run. */
  readonly folder: string;
  /** The entries of stills; empty for a video or a folder. */
  readonly stills: readonly StillEntry[];
}

/** Stills of one video that are taken together at most: bounds the memory that a unit needs. */
const MOST_STILLS = 1000;

/**
 * A unit's folder below the output folder: a name made of its source's own, fit for every file system, with a
 * hash that makes it unique.
 *
 * @param path Of its source.
 * @param source All that tells this unit from others.
 */
export function unitFolder(path: string, source: readonly string[]): string {
  const hash = sha256(JSON.stringify(source));
  const name = stem(path.split("/").at(-1)!).replaceAll(/[^A-Za-z0-9_-]+/g, "_");
  // 4096 folders keep each of them small where there are 100,000 videos.
  return `crops/${hash.slice(0, 3)}/${name.slice(0, 40)}-${hash.slice(0, 16)}`;
}

const unitOf = (entry: VideoEntry, stills: readonly StillEntry[] = []): Unit => ({
  entry,
  stills,
  folder: unitFolder(entry.video, [entry.kind, entry.video, ...stills.map(({ path }) => path)]),
});

/** The units of a data set's entries, in their order; memory holds one at a time. */
export async function* unitsOf(entries: AsyncIterable<VideoEntry>): AsyncGenerator<Unit> {
  let stills: StillEntry[] = [];
  for await (const entry of entries) {
    const [first] = stills;
    const goesOn = first !== undefined && entry.kind === "still" && sameVideo(first, entry) &&
      stills.length < MOST_STILLS;
    if (first !== undefined && !goesOn) {
      yield unitOf(first, stills);
      stills = [];
    }
    if (entry.kind === "still") stills.push(entry);
    else yield unitOf(entry);
  }
  if (stills.length > 0) yield unitOf(stills[0]!, stills);
}

function sameVideo(a: StillEntry, b: StillEntry): boolean {
  return a.video === b.video && a.label === b.label && a.method === b.method &&
    a.split === b.split && a.identities.join("\n") === b.identities.join("\n");
}

/** The files of a clip's unit. */
export function clipFiles(entry: ClipEntry, root: string): { video: string; mask?: string } {
  const mask = entry.mask === undefined ? {} : { mask: resolve(root, entry.mask) };
  return { video: resolve(root, entry.video), ...mask };
}

/**
 * The pictures of a unit of frames or stills, by frame.
 *
 * @throws Deno.errors.NotFound and its like when a folder of frames cannot be listed.
 */
export async function picturesOf(unit: Unit, root: string): Promise<UnitPicture[]> {
  const { entry, stills } = unit;
  if (entry.kind === "frames") return await framesIn(entry, root);
  return stills.map(({ path, frame, mask }) => ({
    path: resolve(root, path),
    frame,
    ...(mask === undefined ? {} : { mask: resolve(root, mask) }),
  })).sort((a, b) => a.frame - b.frame);
}

async function framesIn(entry: FramesEntry, root: string): Promise<UnitPicture[]> {
  const folder = resolve(root, entry.video);
  const items = await Array.fromAsync(Deno.readDir(folder));
  const names = items.map(({ name }) => name)
    .filter((name) => isPictureName(name) && !name.startsWith("."))
    .sort();
  const numbered = names.every((name) => /^\d+$/.test(stem(name)));
  return names.map((name, i) => ({
    path: resolve(folder, name),
    frame: numbered ? Number(stem(name)) : i,
    ...(entry.mask === undefined ? {} : { mask: resolve(root, entry.mask, name) }),
  })).sort((a, b) => a.frame - b.frame);
}

/** Pieces of a file that are looked at to tell whether it was replaced, and their length in bytes. */
const PIECES = 16, PIECE = 1 << 16;

/**
 * A file in short: its size, and a digest of pieces spread over all of it (the whole of up to a megabyte).
 * Reading videos whole would take as long as preparing them.
 */
async function fileMark(path: string): Promise<string> {
  try {
    using file = await Deno.open(path);
    const { size } = await file.stat(), digest = openDigest(), piece = new Uint8Array(PIECE);
    const last = Math.max(0, size - PIECE);
    for (let i = 0; i < Math.min(PIECES, Math.ceil(size / PIECE)); i++) {
      await file.seek(size <= PIECES * PIECE ? i * PIECE : Math.floor(last * i / (PIECES - 1)), 0);
      const read = await file.read(piece) ?? 0;
      digest.add(piece.subarray(0, read));
    }
    return `${size}:${digest.hex().slice(0, 16)}`;
  } catch {
    return "not there"; // what is wrong with it is told when it is read
  }
}

/** A unit's source files in short: another text where one was replaced, even by one of equal size. */
export async function sourceMark(unit: Unit, root: string): Promise<string> {
  const { entry } = unit;
  if (entry.kind === "video") return await fileMark(clipFiles(entry, root).video);
  const pictures = await picturesOf(unit, root).catch(() => undefined);
  if (pictures === undefined) return "not there";
  const marks: string[] = [];
  for (const { path } of pictures) marks.push(await fileMark(path));
  return marks.length === 1 ? marks[0] : sha256(marks.join("\n")).slice(0, 32);
}
