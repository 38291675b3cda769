/**
 * What is remembered of a finished unit: a record beside its crops. Crops and record appear together, by
 * one renaming of their folder; a unit whose folder is there is whole, whatever happened.
 */
import { dirname, join } from "node:path";
import { isRecord } from "lib/io/is_record.ts";
import { orSay, writeWhole } from "lib/io/write_whole.ts";

/** A face that was cut out. */
export interface CropRecord {
  /** The crop's file name in the unit's folder. */
  readonly file: string;
  /** The first 32 hexadecimal digits of the SHA-256 of the crop's file. */
  readonly content: string;
  /** The mask's file name, where there is a mask. */
  readonly mask?: string;
  /** The file with the face's box and landmarks, where they were asked for and can be a face's. */
  readonly landmarks?: string;
  /** Index of the frame in its video. */
  readonly frame: number;
  /** Where the face was: left, top, right, bottom in pixels of the upright picture. */
  readonly box: readonly number[];
  /** How sure the detector was, 0 to 1. */
  readonly score: number;
}

/** Something about a picture or a whole unit that a person should know. */
export interface Remark {
  /**
   * "no face": none in this frame. "unreadable": this picture, or without a frame the whole unit, could
   * not be read. "damaged": the decoder complained, and damaged frames were left out. "no mask": the mask of this frame is not there.
   * "turned": the picture was turned until its faces stood upright. "lying face": a face that no turn
   * brings upright, of which no crop was made. "no landmarks": what was found on a face cannot be its
   * landmarks, so its crop has none.
   */
  readonly what:
    | "no face"
    | "unreadable"
    | "damaged"
    | "no mask"
    | "turned"
    | "lying face"
    | "no landmarks";
  /** Index of the frame; without it the remark is about the whole unit. */
  readonly frame?: number;
  /** The reason in words. */
  readonly detail?: string;
}

/** All that is remembered of a unit. */
export interface UnitRecord {
  /** Size and content of its source files in short: a source that was replaced is prepared again. */
  readonly source: string;
  /** Pictures that were looked at. */
  readonly looked: number;
  /** By frame; of a frame, largest face first. */
  readonly crops: readonly CropRecord[];
  /** By frame. */
  readonly remarks: readonly Remark[];
}

const NAME = "record.json";

/** Whether a unit could not be read at all: such a unit is tried again by the next run. */
export function hasFailed({ remarks }: UnitRecord): boolean {
  return remarks.some(({ what, frame }) => what === "unreadable" && frame === undefined);
}

/** Pictures that could not be read, in a unit of which others could be. */
export function unreadablePictures({ remarks }: UnitRecord): number {
  return remarks.filter(({ what, frame }) => what === "unreadable" && frame !== undefined).length;
}

function isUnitRecord(value: unknown): value is UnitRecord {
  if (!isRecord(value)) return false;
  const { source, looked, crops, remarks } = value;
  return typeof source === "string" && typeof looked === "number" && Array.isArray(crops) &&
    Array.isArray(remarks);
}

/** The record in a folder of `prepare`'s, or undefined when there is none, or none that is whole. */
export function readRecord(folder: string): Promise<UnitRecord | undefined> {
  return readKept(folder, isUnitRecord);
}

/**
 * What `commitUnit` wrote into a unit's folder, or undefined when there is nothing, or nothing that is whole.
 *
 * @param isOne Tells the records of this kind of unit.
 */
export async function readKept<Kept>(
  folder: string,
  isOne: (value: unknown) => value is Kept,
): Promise<Kept | undefined> {
  try {
    const value: unknown = JSON.parse(await Deno.readTextFile(join(folder, NAME)));
    return isOne(value) ? value : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Makes a unit's folder appear, with the record in it, in place of what was there.
 *
 * @param staged The folder with all its crops, on the same disk.
 * @throws Error naming the path and the remedy when it cannot be written.
 */
export async function commitUnit(
  staged: string,
  { folder, record }: { folder: string; record: object },
): Promise<void> {
  await writeWhole(join(staged, NAME), new TextEncoder().encode(JSON.stringify(record) + "\n"));
  await orSay(folder, async () => {
    await Deno.mkdir(dirname(folder), { recursive: true });
    await Deno.remove(folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await Deno.rename(staged, folder);
  });
}
