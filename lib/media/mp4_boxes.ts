/**
 * Whether an MP4 or QuickTime file is whole, told from its boxes (ISO/IEC 14496-12, section 4.2)
 * without decoding it: a download that was cut short shows here at once. Decoding is left to video.ts.
 */

/** Boxes that such a file may begin with; others begin no video that we know. */
const FIRST = ["ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "styp", "uuid"];

/**
 * What is wrong with the file's boxes.
 *
 * @param path A file with a name in .mp4, .m4v or .mov.
 * @returns undefined when each box ends within the file and the index is there; else a sentence.
 * @throws Deno's errors when the file cannot be opened.
 *
 * @example
 * ```ts
 * import { mp4Fault } from "lib/media/mp4_boxes.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile({ suffix: ".mp4" });
 * await Deno.writeTextFile(path, "no video");
 * assert.match((await mp4Fault(path))!, /not an MP4/);
 * await Deno.remove(path);
 * ```
 */
export async function mp4Fault(path: string): Promise<string | undefined> {
  using file = await Deno.open(path);
  const { size: length } = await file.stat();
  let hasIndex = false;
  for (let at = 0; at < length;) {
    const box = await boxAt(file, at);
    if (at === 0 && (box === undefined || !FIRST.includes(box.type))) {
      return "its contents are not an MP4 or QuickTime file. Is it something else by that name?";
    }
    const end = box === undefined ? Infinity : box.size === 0 ? length : at + box.size;
    if (end > length || end < at + 8) {
      return `it is cut short: a part that begins at byte ${at} ends at ${end}, the file at ` +
        `${length}. Copy or download it again.`;
    }
    hasIndex ||= box!.type === "moov";
    at = end;
  }
  if (hasIndex) return undefined;
  return "its index (moov) is missing, so no frame can be found. Copy or download it again.";
}

/** Size and type of the box that begins at a byte; undefined when the file ends before both are told. */
async function boxAt(file: Deno.FsFile, at: number) {
  await file.seek(at, Deno.SeekMode.Start);
  const bytes = new Uint8Array(16);
  let filled = 0;
  while (filled < 16) {
    const read = await file.read(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  if (filled < 8) return undefined;
  const view = new DataView(bytes.buffer);
  const type = new TextDecoder("latin1").decode(bytes.subarray(4, 8));
  const short = view.getUint32(0);
  if (short !== 1) return { type, size: short };
  return filled < 16 ? undefined : { type, size: Number(view.getBigUint64(8)) };
}
