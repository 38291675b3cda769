import assert from "node:assert/strict";
import sharp from "sharp";
import { fileFormat } from "lib/media/file_format.ts";

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

Deno.test("fileFormat knows what people have beside pictures, by their first bytes", () => {
  const beginnings: Record<string, RegExp> = {
    "BM\x36\x0c\0\0\0\0\0\0": /BMP/,
    "\0\0\0\x18ftypheic\0\0\0\0": /HEIC/,
    "\0\0\0\x18ftypmif1\0\0\0\0": /HEIF/,
    "\0\0\0\x18ftypisom\0\0\0\0": /MP4/,
    "\0\0\0\x18ftypqt  \0\0\0\0": /QuickTime/,
    "\0\0\0\x18ftypM4A \0\0\0\0": /sound/,
    "\0\0\0\x0cjP  \r\n\x87\n": /JPEG 2000/,
    "\xff\x0a\0\0": /JPEG XL/,
    "8BPS\0\x01": /Photoshop/,
    "\0\0\x01\0\x01\0\x10\x10": /icon/,
    "v/1\x01": /OpenEXR/,
    "%PDF-1.7": /PDF/,
    "PK\x03\x04": /zip/,
    "\x30\x26\xb2\x75\x8e\x66\xcf\x11": /Windows Media/,
    "\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1f": /Matroska/,
    "FLV\x01": /Flash/,
    "<!DOCTYPE html>": /web page/,
    "\0\0\0\0\0\0\0\0": /zeros/,
  };
  for (const [begin, name] of Object.entries(beginnings)) {
    assert.match(fileFormat(bytes(begin))?.name ?? "", name, JSON.stringify(begin));
  }
  for (const unknown of ["", "path,label\n", "BMW of 1994", "hello"]) {
    assert.equal(fileFormat(bytes(unknown)), undefined, unknown);
  }
});

Deno.test("fileFormat knows the formats that are read", async () => {
  const dot = () => sharp({ create: { width: 4, height: 4, channels: 3, background: "red" } });
  const made = { JPEG: dot().jpeg(), PNG: dot().png(), WebP: dot().webp(), TIFF: dot().tiff() };
  for (
    const [name, pipeline] of Object.entries({ ...made, GIF: dot().gif(), AVIF: dot().avif() })
  ) {
    const format = fileFormat(new Uint8Array(await pipeline.toBuffer()));
    assert.match(format?.name ?? "", new RegExp(`${name} picture`));
    assert.equal(format?.kind, "picture");
  }
});
