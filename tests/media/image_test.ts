import assert from "node:assert/strict";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { Buffer } from "node:buffer";
import { resizeImage } from "lib/media/crop.ts";
import { readImage, readMask } from "lib/media/image.ts";
import { ImageError, type ImageProblem } from "lib/media/image_error.ts";
import { writeImage } from "lib/media/write_image.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { inFolder } from "../in_folder.ts";

async function refuses(path: string, problem: ImageProblem, words: RegExp): Promise<void> {
  await assert.rejects(readImage(path), (error) => {
    assert.ok(error instanceof ImageError, String(error));
    assert.equal(error.problem, problem);
    assert.equal(error.path, path);
    assert.ok(error.message.includes(JSON.stringify(path)));
    assert.match(error.message, words);
    return true;
  });
}

/** A 48 × 32 picture: red and green above, blue and white below. */
function quarters(): { data: Buffer; width: number; height: number } {
  const data = Buffer.alloc(48 * 32 * 3);
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 48; x++) {
      const colour = y < 16
        ? (x < 24 ? [255, 0, 0] : [0, 255, 0])
        : x < 24
        ? [0, 0, 255]
        : [255, 255, 255];
      data.set(colour, (y * 48 + x) * 3);
    }
  }
  return { data, width: 48, height: 32 };
}
const raw = ({ data, width, height }: ReturnType<typeof quarters>) =>
  sharp(data, { raw: { width, height, channels: 3 } });

/** A PNG of nothing but its header (and an IDAT of a few bytes). */
function pngOfSize(width: number, height: number): Uint8Array {
  const table = Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
    return n >>> 0;
  });
  const chunk = (kind: string, body: Uint8Array): Buffer => {
    const content = Buffer.concat([Buffer.from(kind), body]);
    let crc = 0xffffffff;
    for (const byte of content) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255];
    const length = Buffer.alloc(4), check = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    check.writeUInt32BE(~crc >>> 0);
    return Buffer.concat([length, content, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(100))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

Deno.test("readImage turns all eight EXIF orientations upright", () =>
  inFolder(async (folder) => {
    const upright = quarters();
    // EXIF 2.32, tag 274: the side of the upright picture at which the stored row 0 and column 0 lie.
    const sides = ["", "tl", "tr", "br", "bl", "lt", "rt", "rb", "lb"];
    for (let orientation = 1; orientation <= 8; orientation++) {
      const [row, column] = sides[orientation];
      const lying = "lr".includes(row);
      const [width, height] = lying ? [32, 48] : [48, 32];
      const stored = Buffer.alloc(upright.data.length);
      for (let i = 0; i < width * height; i++) {
        const place: Record<string, number> = {};
        for (const [side, n] of [[row, Math.floor(i / width)], [column, i % width]] as const) {
          const across = "lr".includes(side);
          place[across ? "x" : "y"] = "tl".includes(side) ? n : (across ? 48 : 32) - 1 - n;
        }
        const from = (place.y * 48 + place.x) * 3;
        stored.set(upright.data.subarray(from, from + 3), i * 3);
      }
      const path = join(folder, `${orientation}.png`);
      await Deno.writeFile(
        path,
        await raw({ data: stored, width, height }).withMetadata({ orientation }).png().toBuffer(),
      );
      const image = await readImage(path);
      assert.deepEqual([image.width, image.height], [48, 32], `orientation ${orientation}`);
      assert.ok(upright.data.equals(image.data), `orientation ${orientation}`);
    }
  }));

Deno.test("readImage turns grey, palette and 16-bit pictures into the same 8-bit RGB", () =>
  inFolder(async (folder) => {
    const grey = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const wanted = Buffer.from([...grey].flatMap((v) => [v, v, v]));
    const one = () => sharp(grey, { raw: { width: 16, height: 16, channels: 1 } });
    const three = () => sharp(wanted, { raw: { width: 16, height: 16, channels: 3 } });
    const files: Record<string, Sharp> = {
      "grey8.png": one().toColourspace("b-w").png(),
      "grey16.png": one().toColourspace("grey16").png(),
      "rgb16.png": three().toColourspace("rgb16").png(),
      "palette.png": three().png({ palette: true, colours: 256, dither: 0, effort: 10 }),
      "grey8.tiff": one().toColourspace("b-w").tiff(),
    };
    for (const [name, pipeline] of Object.entries(files)) {
      const path = join(folder, name);
      await Deno.writeFile(path, await pipeline.toBuffer());
      const kind = await sharp(path).metadata();
      if (name.includes("16")) assert.equal(kind.depth, "ushort", name);
      if (name.startsWith("grey")) assert.equal(kind.channels, 1, name);
      const { data, width, height } = await readImage(path);
      assert.deepEqual([width, height, data.length], [16, 16, 768], name);
      const worst = Math.max(...data.map((v, i) => Math.abs(v - wanted[i])));
      assert.ok(worst <= (name === "palette.png" ? 2 : 1), `${name}: off by ${worst}`);
    }
  }));

Deno.test("readImage converts a CMYK JPEG to RGB", () =>
  inFolder(async (folder) => {
    const path = join(folder, "cmyk.jpg");
    await Deno.writeFile(
      path,
      await raw(quarters()).toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer(),
    );
    assert.equal((await sharp(path).metadata()).channels, 4);
    const { data, width } = await readImage(path);
    const at = (
      x: number,
      y: number,
    ) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    assert.equal(data.length, 48 * 32 * 3);
    const [r, g, b] = at(6, 6); // ink cannot show pure red, but red it stays
    assert.ok(r > 200 && g < 70 && b < 70, `${r}, ${g}, ${b}`);
    assert.ok(at(40, 26).every((v) => v > 250));
  }));

Deno.test("readImage lays transparency over the background", () =>
  inFolder(async (folder) => {
    const path = join(folder, "alpha.png");
    const pixels = Buffer.from([10, 20, 30, 255, 200, 100, 0, 0, 0, 0, 0, 128, 9, 9, 9, 255]);
    await Deno.writeFile(
      path,
      await sharp(pixels, { raw: { width: 4, height: 1, channels: 4 } }).png().toBuffer(),
    );
    const white = await readImage(path);
    assert.deepEqual([...white.data], [10, 20, 30, 255, 255, 255, 127, 127, 127, 9, 9, 9]);
    const red = await readImage(path, { background: [255, 0, 0] });
    assert.deepEqual([...red.data.subarray(3, 6)], [255, 0, 0]);
  }));

Deno.test("readImage refuses animations unless the first frame is asked for", () =>
  inFolder(async (folder) => {
    const frames = Buffer.concat([quarters().data, Buffer.alloc(48 * 32 * 3, 128)]);
    const both = () =>
      sharp(frames, { raw: { width: 48, height: 64, channels: 3, pageHeight: 32 } });
    for (
      const [name, pipeline] of [["a.gif", both().gif()], [
        "a.webp",
        both().webp({ lossless: true }),
      ]] as const
    ) {
      const path = join(folder, name);
      await Deno.writeFile(path, await pipeline.toBuffer());
      await refuses(path, "animated", /firstFrame/);
      const first = await readImage(path, { animation: "firstFrame" });
      assert.deepEqual([first.width, first.height], [48, 32], name);
      assert.deepEqual([...first.data.subarray(0, 3)], [255, 0, 0], name);
    }
  }));

Deno.test("readImage refuses an animated PNG, which the decoder takes for a still one", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.png");
    const still = await raw(quarters()).png().toBuffer();
    const control = Buffer.alloc(20); // length 8, acTL, two frames, CRC (not looked at)
    control.writeUInt32BE(8, 0);
    control.write("acTL", 4);
    control.writeUInt32BE(2, 8);
    await Deno.writeFile(path, Buffer.concat([still.subarray(0, 33), control, still.subarray(33)]));
    await refuses(path, "animated", /several frames/);
  }));

Deno.test("readImage refuses a huge picture by its header, without decoding", () =>
  inFolder(async (folder) => {
    const path = join(folder, "huge.png");
    await Deno.writeFile(path, pngOfSize(60_000, 60_000)); // its pixels are not even there
    await refuses(path, "tooLarge", /60000 × 60000.*100000000.*maxPixels/);
    const small = join(folder, "small.png");
    await Deno.writeFile(small, await raw(quarters()).png().toBuffer());
    await assert.rejects(readImage(small, { maxPixels: 48 * 32 - 1 }), /48 × 32/);
    assert.equal((await readImage(small, { maxPixels: 48 * 32 })).width, 48);
    await assert.rejects(readImage(small, { maxPixels: 0 }), RangeError);
    const jpeg = join(folder, "small.jpg");
    await Deno.writeFile(jpeg, await raw(quarters()).jpeg().toBuffer());
    await assert.rejects(readImage(jpeg, { maxPixels: 48 * 32 - 1 }), { problem: "tooLarge" });
    await Deno.writeFile(jpeg, new Uint8Array([0xff, 0xd8, 0xff, 0xe0]));
    await refuses(jpeg, "notAnImage", /JPEG, PNG/);
  }));

Deno.test("readImage says which of the bad files it met", () =>
  inFolder(async (folder) => {
    const file = async (name: string, bytes: Uint8Array | string) => {
      const path = join(folder, name);
      await Deno.writeFile(
        path,
        typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes,
      );
      return path;
    };
    await refuses(join(folder, "absent.png"), "missing", /no such file/);
    await refuses(folder, "notAFile", /not a file/);
    await refuses(await file("zero.jpg", ""), "empty", /empty/);
    await refuses(await file("text.png", "This is not a picture.\n"), "notAnImage", /JPEG, PNG/);
    await refuses(
      await file("drawn.png", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      "notAnImage",
      /./,
    );
    const photograph = await Deno.readFile(demoPhotographs()[0]);
    for (const share of [0.3, 0.7, 0.99]) {
      const cut = photograph.subarray(0, Math.floor(photograph.length * share));
      await refuses(await file(`cut${share}.jpg`, cut), "damaged", /cut short/);
    }
    const png = await raw(quarters()).png({ compressionLevel: 0 }).toBuffer();
    await refuses(await file("cut.png", png.subarray(0, 2000)), "damaged", /cut short/);
    await Deno.symlink("round.png", join(folder, "round.png"));
    await refuses(join(folder, "round.png"), "missing", /circle/);
  }));

Deno.test("readImage takes file names as they are, and contents over endings", () =>
  inFolder(async (folder) => {
    const bytes = await raw(quarters()).jpeg().toBuffer();
    const names = [
      "with space.jpg",
      "q'uo\"te.jpg",
      "new\nline.jpg",
      "面孔 лицо.jpg",
      "a[page=3].jpg",
      "100%.jpg",
      "jpeg.png",
    ];
    for (const name of names) {
      await Deno.writeFile(join(folder, name), bytes);
      assert.equal((await readImage(join(folder, name))).width, 48, name);
    }
  }));

Deno.test("writeImage writes whole files that read back equal", () =>
  inFolder(async (folder) => {
    const { data, width, height } = quarters();
    const image = { data: new Uint8Array(data), width, height };
    const path = join(folder, "new", "out.png");
    await writeImage(path, image);
    assert.deepEqual(await readImage(path), image);
    await writeImage(path, image); // replaces
    await writeImage(join(folder, "out.jpg"), image);
    assert.equal((await sharp(join(folder, "out.jpg")).metadata()).chromaSubsampling, "4:4:4");
    const mask = { data: Uint8Array.from({ length: 12 }, (_, i) => i * 20), width: 4, height: 3 };
    await writeImage(join(folder, "mask.png"), mask);
    assert.equal((await sharp(join(folder, "mask.png")).metadata()).channels, 1);
    assert.deepEqual(await readMask(join(folder, "mask.png")), mask);
    assert.deepEqual([...Deno.readDirSync(join(folder, "new"))].map((e) => e.name), ["out.png"]);
  }));

Deno.test("writeImage refuses what it cannot write and leaves nothing behind", () =>
  inFolder(async (folder) => {
    const image = { data: new Uint8Array(12), width: 2, height: 2 };
    await assert.rejects(writeImage(join(folder, "a.bmp"), image), /\.png or \.jpg/);
    await assert.rejects(writeImage(join(folder, "a.jpg"), image, { quality: 0 }), RangeError);
    await assert.rejects(writeImage(join(folder, "a.png"), { ...image, width: 3 }), TypeError);
    await Deno.mkdir(join(folder, "taken.png"));
    await assert.rejects(writeImage(join(folder, "taken.png"), image), /Cannot write.*taken\.png/);
    assert.deepEqual([...Deno.readDirSync(folder)].map((e) => e.name), ["taken.png"]);
  }));

Deno.test("readImage with a size gives the pixels that resizeImage gives after it", () =>
  inFolder(async (folder) => {
    const photograph = () =>
      sharp(demoPhotographs()[0]).extract({ left: 600, top: 200, width: 450, height: 400 });
    const grey = photograph().greyscale();
    const alpha = await photograph().ensureAlpha(0.4).png().toBuffer();
    const files: Record<string, Sharp> = {
      "plain.jpg": photograph().jpeg({ quality: 90 }),
      "full chroma.jpg": photograph().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
      "progressive.jpg": photograph().jpeg({ progressive: true }),
      "turned.jpg": photograph().withMetadata({ orientation: 6 }).jpeg(),
      "profile.jpg": photograph().withIccProfile("p3").jpeg(),
      "grey.jpg": grey.clone().jpeg(),
      "plain.png": photograph().png(),
      "transparent.png": sharp(alpha).png(),
      "deep.png": photograph().toColourspace("rgb16").png(),
      "plain.webp": photograph().webp(),
    };
    for (const [name, file] of Object.entries(files)) {
      const path = join(folder, name);
      await file.toFile(path);
      const whole = await readImage(path);
      for (
        const [width, height] of [[448, 399], [300, 300], [224, 224], [96, 96], [500, 64], [
          900,
          800,
        ]]
      ) {
        const expected = await resizeImage(whole, { width, height });
        const found = await readImage(path, { size: { width, height } });
        assert.deepEqual([found.width, found.height], [width, height]);
        // No deepEqual: its message about 400,000 values takes minutes.
        const same = expected.data.every((value, i) => value === found.data[i]);
        assert.ok(same, `${name} at ${width} × ${height}`);
      }
    }
    await assert.rejects(
      readImage(join(folder, "plain.jpg"), { size: { width: 0, height: 8 } }),
      /two positive whole numbers, not 0 × 8/,
    );
    const bytes = await Deno.readFile(join(folder, "plain.jpg"));
    const cut = join(folder, "cut.jpg");
    await Deno.writeFile(cut, bytes.subarray(0, bytes.length * 0.9));
    await assert.rejects(
      readImage(cut, { size: { width: 300, height: 300 } }),
      { name: "ImageError", problem: "damaged" },
    );
  }));

Deno.test("readImage reads a JPEG that lacks only its end, and refuses one whose scan ends early", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.jpg");
    for (const progressive of [false, true]) {
      const photograph = sharp(demoPhotographs()[0]).resize(160, 120).jpeg({ progressive });
      const bytes = new Uint8Array(await photograph.toBuffer());
      await Deno.writeFile(path, bytes);
      const whole = await readImage(path);
      await Deno.writeFile(path, bytes.subarray(0, -2));
      assert.deepEqual(await readImage(path), whole);
      const middle = Math.floor(bytes.length * 0.6);
      await Deno.writeFile(path, Uint8Array.from(bytes).fill(0, middle));
      await refuses(path, "damaged", /copy or extract it again/);
      const ended = Uint8Array.from(bytes);
      ended.set([0xff, 0xd9], middle);
      await Deno.writeFile(path, ended);
      await refuses(path, "damaged", /copy or extract it again/);
    }
  }));

/** A TIFF of 32-bit values, R, G, B of each of two pixels. TIFF 6.0, sections 2 and 6. */
function tiffOf32Bits(values: Float32Array | Uint32Array): Uint8Array {
  const format = values instanceof Float32Array ? 3 : 1,
    entries = 11,
    data = 8 + 2 + entries * 12 + 4;
  const file = new Uint8Array(data + 12 + values.byteLength), view = new DataView(file.buffer);
  file.set([0x49, 0x49, 42, 0, 8, 0, 0, 0, entries, 0]);
  const tags = [
    ...[[256, 4, 1, 2], [257, 4, 1, 1], [258, 3, 3, data], [259, 3, 1, 1], [262, 3, 1, 2]],
    ...[[273, 4, 1, data + 12], [277, 3, 1, 3], [278, 4, 1, 1], [279, 4, 1, values.byteLength]],
    ...[[284, 3, 1, 1], [339, 3, 3, data + 6]],
  ];
  for (const [i, [tag, type, count, value]] of tags.entries()) {
    const at = 10 + 12 * i;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, count, true);
    view.setUint32(at + 8, value, true);
  }
  new Uint16Array(file.buffer, data, 6).set([32, 32, 32, format, format, format]);
  file.set(new Uint8Array(values.buffer), data + 12);
  return file;
}

Deno.test("readImage takes floating-point values for shares of 255, and refuses what has no such meaning", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.tif");
    const floats = [0.5, 0.25, 1, 0, 0.75, 0.1];
    await Deno.writeFile(path, tiffOf32Bits(Float32Array.from(floats)));
    assert.deepEqual([...(await readImage(path)).data], [128, 64, 255, 0, 191, 26]);
    const resized = await readImage(path, { size: { width: 4, height: 2 } });
    assert.equal(resized.data.length, 24);
    await Deno.writeFile(path, tiffOf32Bits(Float32Array.from([0, 64, 128, 255, 1, 2])));
    await refuses(path, "unsupported", /outside 0 to 1/);
    await Deno.writeFile(path, tiffOf32Bits(Uint32Array.from([0, 64, 128, 255, 1, 2])));
    await refuses(path, "unsupported", /values of type "uint".*Save it as PNG/);
  }));

Deno.test("readImage names the format of a file that is something else, and what to do", () =>
  inFolder(async (folder) => {
    const begins: Record<string, [ImageProblem, RegExp]> = {
      "BM\x36\x0c\0\0\0\0\0\0\x36": ["unsupported", /it is a BMP picture\. Save it as PNG or JPEG/],
      "\0\0\0\x18ftypheic\0\0\0\0mif1heic": ["unsupported", /HEIC.*Export it as JPEG or PNG/],
      "\0\0\0\x18ftypisom\0\0\0\0isom": ["notAnImage", /an MP4 video/],
      "%PDF-1.7": ["notAnImage", /a PDF document/],
    };
    for (const [begin, [problem, words]] of Object.entries(begins)) {
      const path = join(folder, "photo.jpeg");
      await Deno.writeFile(path, Uint8Array.from(begin.padEnd(64, "\0"), (c) => c.charCodeAt(0)));
      await refuses(path, problem, words);
      await assert.rejects(
        readImage(path),
        ({ message }) => !/os error|heif:|source:/.test(message),
      );
    }
  }));
