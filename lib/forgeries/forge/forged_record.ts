/** What is remembered of a face whose pairs were made: a record beside them. */
import { isRecord } from "lib/io/is_record.ts";

/** A picture that was made. */
export interface ForgedFile {
  /** Its name in the face's folder. */
  readonly file: string;
  /** The first 32 hexadecimal digits of the SHA-256 of the file. */
  readonly content: string;
  /** "real", or the forger's name. */
  readonly method: string;
  /** Which crop of the face, from 0. */
  readonly variant: number;
  /** Of a fake its mask's file. */
  readonly mask?: string;
  /** Of a fake the file of the real picture beside it. */
  readonly source?: string;
  /** Of a real picture that shows the face as it is, the file of its landmarks. */
  readonly landmarks?: string;
  /** Who is in it: the face's people, then the donor's. */
  readonly people: readonly string[];
}

/** All that is remembered of a face. */
export interface ForgedFace {
  /** What it was made from in short: another text where an input was replaced or another donor is chosen. */
  readonly mark: string;
  /** By variant and kind; a real picture before its fakes. */
  readonly files: readonly ForgedFile[];
  /** What could not be made, and why. */
  readonly remarks: readonly { readonly what: string; readonly detail: string }[];
}

/** Whether a parsed value is a face's record. */
export function isForgedFace(value: unknown): value is ForgedFace {
  return isRecord(value) && typeof value.mark === "string" && Array.isArray(value.files) &&
    Array.isArray(value.remarks);
}

/** Whether a picture could not be read for it: such a face is tried again by the next run. */
export function hasUnreadable({ remarks }: Pick<ForgedFace, "remarks">): boolean {
  return remarks.some(({ what }) => what === "unreadable");
}
