/**
 * Looking at one entry of a data set: is it there, how large is it, can it be decoded. What follows
 * from many entries is left to audit_data_set.ts.
 */
import { join } from "node:path";
import { fileFault } from "lib/io/file_fault.ts";
import { ImageError } from "lib/media/image_error.ts";
import { readImage } from "lib/media/image.ts";
import { mp4Fault } from "lib/media/mp4_boxes.ts";
import { isPictureName } from "lib/media/file_endings.ts";
import { listFolder } from "../readers/walk_folder.ts";
import { damageIn, probeVideo, videoFrames } from "lib/media/video.ts";
import { VideoError } from "lib/media/video_error.ts";
import type { Finding } from "./audit_finding.ts";
import type { NotedEntry } from "./audit_ledger.ts";

/**
 * How much is decoded. "nothing": files are there and not empty. "first": pictures whole, of videos the
 * first frame and the file's structure. "all": every frame of every video.
 */
export type Depth = "nothing" | "first" | "all";

/** What was seen. */
export interface Look {
  /** Bytes; undefined when it is not there. */
  readonly bytes?: number;
  /** What is wrong with it. */
  readonly findings: readonly Finding[];
}

/** How to look. */
export interface LookOptions {
  /** The data set's root. */
  readonly root: string;
  /** How much is decoded. */
  readonly depth: Depth;
  /** Whether there is an ffmpeg; without it only the structure of videos is looked at. */
  readonly ffmpeg: boolean;
}

/** What leaves something to work with. */
const WARNINGS: ReadonlySet<Finding["kind"]> = new Set(["fewFrames", "damaged"]);

type Fault = Pick<Finding, "kind" | "message">;

/** Bytes of a file, or what is wrong. */
async function sizeOf(file: string): Promise<number | Fault> {
  try {
    const { isFile, size } = await Deno.stat(file);
    if (!isFile) return { kind: "unreadable", message: "it is not a file." };
    if (size > 0) return size;
    return {
      kind: "empty",
      message: "the file holds not a single byte. Copy or download it again.",
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { kind: "absent", message: "there is no such file. Correct the path or get it." };
    }
    const fault = fileFault(error);
    if (fault) return { kind: "unreadable", message: fault.explanation };
    throw error;
  }
}

/** What is wrong with a picture when it is decoded, or undefined. */
async function pictureFault(file: string): Promise<Fault | undefined> {
  try {
    await readImage(file);
    return undefined;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return {
      kind: error.problem === "empty" ? "empty" : "undecodable",
      message: error.explanation,
    };
  }
}

async function videoFault(
  file: string,
  { depth, ffmpeg }: LookOptions,
): Promise<Fault | undefined> {
  const structure = /\.(mp4|m4v|mov)$/i.test(file) ? await mp4Fault(file) : undefined;
  if (structure !== undefined) return { kind: "undecodable", message: structure };
  if (!ffmpeg) return undefined;
  try {
    if (depth !== "all") {
      for await (const _ of videoFrames(file, { choose: { every: 1e9 } })) break;
      return undefined;
    }
    const damage = damageIn(await probeVideo(file));
    if (damage === undefined) return undefined;
    return { kind: "damaged", message: `${damage}. Copy or download it again.` };
  } catch (error) {
    if (!(error instanceof VideoError)) throw error;
    return { kind: "undecodable", message: error.explanation };
  }
}

/** A folder of frames: its pictures' sizes, how many, and whether each can be decoded. */
async function lookAtFrames(
  entry: NotedEntry,
  { root, depth }: LookOptions,
): Promise<{ bytes?: number; faults: (Fault & { path?: string })[] }> {
  const faults: (Fault & { path?: string })[] = [];
  const items = await listFolder(root, entry.path, ({ path, message }) => {
    faults.push({ kind: "unreadable", path, message });
  });
  const pictures = (items ?? []).filter(({ name, isFolder }) => !isFolder && isPictureName(name));
  if (items === undefined) {
    return { faults: [{ kind: "absent", message: "there is no such folder of frames. Get it." }] };
  }
  if (pictures.length === 0) {
    return { faults: [...faults, { kind: "empty", message: "the folder holds no picture." }] };
  }
  if (entry.frames !== null && pictures.length < entry.frames) {
    const message = `it holds ${pictures.length} pictures, the list says ${entry.frames}.`;
    faults.push({ kind: "fewFrames", message });
  }
  let bytes = 0;
  for (const { path } of pictures) {
    const size = await sizeOf(join(root, path));
    if (typeof size !== "number") faults.push({ ...size, path });
    else {
      bytes += size;
      const fault = depth === "nothing" ? undefined : await pictureFault(join(root, path));
      if (fault !== undefined) faults.push({ ...fault, path });
    }
  }
  return { bytes, faults };
}

/** What is wrong with an entry's mask, or undefined. */
async function maskFault(entry: NotedEntry, { root, depth }: LookOptions) {
  if (entry.mask === null) return undefined;
  const file = join(root, entry.mask);
  const found = await Deno.stat(file).catch(() => undefined);
  if (found === undefined) return "there is no such mask. Correct its path or get it.";
  if (!found.isFile || depth === "nothing" || entry.kind !== "still") return undefined;
  return (await pictureFault(file))?.message;
}

/**
 * Look at one entry.
 *
 * @throws whatever is not about the file itself.
 */
export async function lookAt(entry: NotedEntry, options: LookOptions): Promise<Look> {
  const { root, depth } = options;
  const findings: Finding[] = [];
  const tell = ({ kind, message }: Fault, path = entry.path) =>
    findings.push({ severity: WARNINGS.has(kind) ? "warning" : "problem", kind, path, message });
  let bytes: number | undefined;
  if (entry.kind === "frames") {
    const seen = await lookAtFrames(entry, options);
    bytes = seen.bytes;
    for (const { path, ...fault } of seen.faults) tell(fault, path);
  } else {
    const file = join(root, entry.path), size = await sizeOf(file);
    if (typeof size !== "number") tell(size);
    else {
      bytes = size;
      const fault = depth === "nothing"
        ? undefined
        : entry.kind === "video"
        ? await videoFault(file, options)
        : await pictureFault(file);
      if (fault !== undefined) tell(fault);
    }
  }
  const mask = await maskFault(entry, options);
  if (mask !== undefined) tell({ kind: "noMask", message: mask }, entry.mask!);
  return { ...(bytes === undefined ? {} : { bytes }), findings };
}

/** The files that make up an entry: itself, or the pictures in its folder. */
export async function filesOf(entry: NotedEntry, root: string): Promise<string[]> {
  if (entry.kind !== "frames") return [join(root, entry.path)];
  const items = await listFolder(root, entry.path, () => {}) ?? [];
  return items.filter(({ name, isFolder }) => !isFolder && isPictureName(name))
    .map(({ path }) => join(root, path));
}
