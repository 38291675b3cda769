/**
 * What a file is by its first bytes, whatever its name: for saying of a file that cannot be read what it is
 * and what to do. Reading is left to image.ts and video.ts.
 */

/** A format by its name, and what to do with a file of it. */
export interface FileFormat {
  /** Such as "a BMP picture". */
  readonly name: string;
  /** "picture" and "video" hold pixels, whether they can be read here or not. */
  readonly kind: "picture" | "video" | "sound" | "other";
  /** What to do where the file cannot be read as it is: a sentence. */
  readonly remedy: string;
}

/** One character a byte: what TextDecoder calls latin1 is another table. */
const latin = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const SAVE = "Save it as PNG or JPEG.";
const DEVELOP = "Develop it to a PNG or JPEG first.";

const picture = (name: string, remedy = SAVE): FileFormat => ({ name, kind: "picture", remedy });
const video = (name: string): FileFormat => ({
  name,
  kind: "video",
  remedy: "Extract its frames, or give its name a video's ending.",
});
const other = (name: string, remedy: string): FileFormat => ({ name, kind: "other", remedy });

/**
 * HEIC. HEVC is a video's compression that telephones use for photographs; its decoder comes
 * with no library that may be given to everybody.
 */
export const HEIC: FileFormat = picture(
  "a HEIC picture (compressed as HEVC, as telephones do), and its pixels cannot be decoded here",
  "Export it as JPEG or PNG: in the telephone's photo app, or with `sips -s format png` (macOS) or " +
    "`heif-convert` (Linux).",
);

/** ISO base media files (ISO/IEC 14496-12) by their major brand. */
const BRANDS: readonly (readonly [RegExp, FileFormat])[] = [
  [/^(heic|heix|heim|heis|hevc|hevx)/, HEIC],
  [/^(mif1|msf1)/, picture("a HEIF picture")],
  [/^(avif|avis)/, picture("an AVIF picture")],
  [/^crx /, picture("a camera's raw file (CR3)", DEVELOP)],
  [/^M4[AB]/, {
    name: "a sound file (M4A)",
    kind: "sound",
    remedy: "Give a video or a picture.",
  }],
  [/^qt/, video("a QuickTime video")],
  [/^3g/, video("a 3GP video")],
  [/./, video("an MP4 video")],
];

/** First bytes: pieces of text, each with its place; all must be there. One character is one byte. */
type Beginning = readonly (readonly [place: number, text: string])[];

const at = (place: number, text: string): Beginning => [[place, text]];
const first = (...texts: string[]): Beginning[] => texts.map((text) => at(0, text));
const riff = (kind: string): Beginning[] => [[[0, "RIFF"], [8, kind]]];
const SOUND: FileFormat = {
  name: "a sound file",
  kind: "sound",
  remedy: "Give a video or a picture.",
};

/** What people have beside pictures and videos, by what it begins with; the first that fits. */
const BEGINNINGS: readonly (readonly [readonly Beginning[], FileFormat])[] = [
  [first("\xff\xd8\xff"), picture("a JPEG picture")],
  [first("\x89PNG\r\n\x1a\n"), picture("a PNG picture")],
  [first("GIF87a", "GIF89a"), picture("a GIF picture")],
  [riff("WEBP"), picture("a WebP picture")],
  [[[[0, "II*\0"], [8, "CR"]]], picture("a camera's raw file (CR2)", DEVELOP)],
  [first("II*\0", "II+\0", "MM\0*", "MM\0+"), picture("a TIFF picture")],
  [first("IIRO", "IIRS", "IIU\0", "FUJIFILMCCD-RAW"), picture("a camera's raw file", DEVELOP)],
  [[[[0, "BM"], [6, "\0\0\0\0"]]], picture("a BMP picture")],
  [first("\0\0\0\x0cjP  \r\n\x87\n", "\xff\x4f\xff\x51"), picture("a JPEG 2000 picture")],
  [first("\0\0\0\x0cJXL \r\n\x87\n", "\xff\x0a"), picture("a JPEG XL picture")],
  [first("8BPS\0"), picture("a Photoshop document")],
  [first("gimp xcf "), picture("a GIMP document")],
  [first("\0\0\x01\0", "\0\0\x02\0"), picture("a Windows icon")],
  [first("v/1\x01"), picture("an OpenEXR picture")],
  [first("#?RADIANCE", "#?RGBE"), picture("a Radiance HDR picture")],
  [
    first(..."1234567".split("").flatMap((n) => [`P${n}\n`, `P${n} `])),
    picture("a Netpbm picture"),
  ],
  [first("qoif"), picture("a QOI picture")],
  [first("DDS "), picture("a DirectDraw picture")],
  [first("%PDF-"), other("a PDF document", "Save its pictures as PNG or JPEG.")],
  [
    first("<!DOCTYPE html", "<!doctype html", "<html", "<HTML"),
    other("a web page", "Was a download answered by an error page? Download it again."),
  ],
  [first("version https://git-lfs"), other("a pointer of Git LFS", "Run `git lfs pull`.")],
  [first("PK\x03\x04", "PK\x05\x06"), other("a zip archive", "Unpack it.")],
  [first("\x1f\x8b", "Rar!", "7z\xbc\xaf", "\xfd7zXZ", "BZh"), other("an archive", "Unpack it.")],
  [first("\x1aE\xdf\xa3"), video("a Matroska or WebM video")],
  [riff("AVI "), video("an AVI video")],
  [first("FLV\x01"), video("a Flash video")],
  [first("\x30\x26\xb2\x75\x8e\x66\xcf\x11"), video("a Windows Media file")],
  [first("\0\0\x01\xba", "\0\0\x01\xb3"), video("an MPEG video")],
  [[[[0, "G"], [188, "G"]]], video("an MPEG transport stream")],
  [[...first("ID3", "\xff\xfb", "\xff\xf3", "\xff\xf2", "fLaC"), ...riff("WAVE")], SOUND],
  [[[[0, "OggS"], [29, "vorbis"]], [[0, "OggS"], [28, "Opus"]]], SOUND],
  [first("OggS"), video("an Ogg video")],
  [
    ["moov", "mdat", "wide", "skip", "free"].map((box) => at(4, box)),
    video("a QuickTime or MP4 video"),
  ],
  [first("\0".repeat(8)), other("nothing but zeros", "Copy or download it again.")],
];

/**
 * What a file is, by its first bytes.
 *
 * @param bytes At least the first 512, where there are so many.
 * @returns undefined for a format that is not known here.
 *
 * @example
 * ```ts
 * import { fileFormat } from "lib/media/file_format.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(fileFormat(new TextEncoder().encode("%PDF-1.7"))?.name, "a PDF document");
 * assert.equal(fileFormat(new TextEncoder().encode("path,label")), undefined);
 * ```
 */
export function fileFormat(bytes: Uint8Array): FileFormat | undefined {
  const begin = latin(bytes.subarray(0, 512));
  const known = begin.slice(4, 8) === "ftyp"
    ? BRANDS.find(([brand]) => brand.test(begin.slice(8, 12)))
    : BEGINNINGS.find(([beginnings]) =>
      beginnings.some((pieces) => pieces.every(([place, text]) => begin.startsWith(text, place)))
    );
  return known?.[1];
}
