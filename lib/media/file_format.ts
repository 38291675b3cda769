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
  [/^M4[AB]/, { name: "a sound file (M4A)", kind: "sound", remedy: "Give a video or a picture." }],
  [/^qt/, video("a QuickTime video")],
  [/^3g/, video("a 3GP video")],
  [/./, video("an MP4 video")],
];

/** First bytes, as Latin-1, of everything else that people have beside pictures and videos. */
const BEGINNINGS: readonly (readonly [RegExp, FileFormat])[] = [
  [/^\xff\xd8\xff/, picture("a JPEG picture")],
  [/^\x89PNG\r\n\x1a\n/, picture("a PNG picture")],
  [/^GIF8[79]a/, picture("a GIF picture")],
  [/^RIFF[^]{4}WEBP/, picture("a WebP picture")],
  [/^(II\*\0|MM\0\*)[^]{4}CR/, picture("a camera's raw file (CR2)", DEVELOP)],
  [/^(II[*+]\0|MM\0[*+])/, picture("a TIFF picture")],
  [/^(IIRO|IIRS|IIU\0|FUJIFILMCCD-RAW)/, picture("a camera's raw file", DEVELOP)],
  [/^BM[^]{4}\0{4}/, picture("a BMP picture")],
  [/^(\0\0\0\x0cjP {2}\r\n\x87\n|\xff\x4f\xff\x51)/, picture("a JPEG 2000 picture")],
  [/^(\0\0\0\x0cJXL \r\n\x87\n|\xff\x0a)/, picture("a JPEG XL picture")],
  [/^8BPS\0/, picture("a Photoshop document")],
  [/^gimp xcf /, picture("a GIMP document")],
  [/^\0\0[\x01\x02]\0[\x01-\xff]\0/, picture("a Windows icon")],
  [/^v\/1\x01/, picture("an OpenEXR picture")],
  [/^#\?(RADIANCE|RGBE)/, picture("a Radiance HDR picture")],
  [/^P[1-7][\s]/, picture("a Netpbm picture")],
  [/^qoif/, picture("a QOI picture")],
  [/^DDS /, picture("a DirectDraw picture")],
  [/^%PDF-/, other("a PDF document", "Save its pictures as PNG or JPEG.")],
  [/^(\xef\xbb\xbf)?\s*(<\?xml[^]*)?<svg[\s>]/, other("an SVG drawing", SAVE)],
  [
    /^(\xef\xbb\xbf)?\s*<(!doctype html|html)/i,
    other(
      "a web page",
      "Was a download answered by an error page? Download it again.",
    ),
  ],
  [/^version https:\/\/git-lfs/, other("a pointer of Git LFS", "Run `git lfs pull`.")],
  [/^PK(\x03\x04|\x05\x06)/, other("a zip archive", "Unpack it.")],
  [/^\x1f\x8b/, other("a gzip archive", "Unpack it.")],
  [/^(Rar!|7z\xbc\xaf|\xfd7zXZ|BZh)/, other("an archive", "Unpack it.")],
  [/^\x1aE\xdf\xa3[^]{0,60}webm/, video("a WebM video")],
  [/^\x1aE\xdf\xa3/, video("a Matroska video")],
  [/^RIFF[^]{4}AVI /, video("an AVI video")],
  [/^FLV\x01/, video("a Flash video")],
  [/^\x30\x26\xb2\x75\x8e\x66\xcf\x11/, video("a Windows Media file")],
  [/^\0\0\x01(\xba|\xb3)/, video("an MPEG video")],
  [/^G[^]{187}G/, video("an MPEG transport stream")],
  [/^(ID3|\xff[\xfb\xf3\xf2]|OggS[^]{24}\x01vorbis|fLaC|RIFF[^]{4}WAVE)/, {
    name: "a sound file",
    kind: "sound",
    remedy: "Give a video or a picture.",
  }],
  [/^OggS/, video("an Ogg file")],
  [/^[^]{4}(moov|mdat|wide|skip|free)/, video("a QuickTime or MP4 video")],
  [/^\0+$/, other("nothing but zeros", "A download did not end: copy or download it again.")],
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
    : BEGINNINGS.find(([first]) => first.test(begin));
  return known?.[1];
}
