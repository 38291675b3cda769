import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { ImageError } from "lib/media/image_error.ts";
import { plainJpeg } from "lib/batches/loader/plain_jpeg.ts";
import { readPicture } from "lib/batches/loader/read_picture.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { libraryInUse, startEngine } from "lib/engine/engine.ts";
import { type JpegDecoder, openJpegDecoder } from "lib/engine/jpeg_decoder.ts";
import { createRandom } from "lib/random.ts";
import { inFolder } from "../../in_folder.ts";

const { backend } = await startEngine();
const ignore = backend === "cpu";
const SIZE = 48;

async function assertReadAlike(path: string, decoder: JpegDecoder, what: string) {
  const answer = (reading: Promise<RgbImage>) =>
    reading.then(({ data }) => data, (error) => {
      assert.ok(error instanceof ImageError, String(error));
      return error.message;
    });
  const size = { width: SIZE, height: SIZE };
  assert.deepEqual(
    await answer(readPicture(path, { size: SIZE, decoder })),
    await answer(readImage(path, { size })),
    what,
  );
}

/** A photograph's JPEGs of several kinds and sizes, and other files. */
async function someFiles(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const photograph = (side: number) => sharp(demoPhotographs()[0]).resize(side, side + 1);
  for (const side of [SIZE, 31, 65]) {
    const kinds = {
      baseline: photograph(side).jpeg({ quality: 95 }),
      rough: photograph(side).jpeg({ quality: 10 }),
      progressive: photograph(side).jpeg({ progressive: true }),
      "full chroma": photograph(side).jpeg({ chromaSubsampling: "4:4:4" }),
      mozjpeg: photograph(side).jpeg({ mozjpeg: true }),
      turned: photograph(side).withMetadata({ orientation: 8 }).jpeg(),
      profile: photograph(side).withIccProfile("p3").jpeg(),
      CMYK: photograph(side).toColourspace("cmyk").jpeg(),
      grey: photograph(side).toColourspace("b-w").jpeg(),
      PNG: photograph(side).png(),
    };
    for (const [kind, pipeline] of Object.entries(kinds)) {
      files.set(`${kind}, ${side}`, new Uint8Array(await pipeline.toBuffer()));
    }
  }
  return files;
}

/** The file with damage of one of five kinds: cut, bytes changed anywhere or early, ended early, zeroed. */
function damage(
  whole: Uint8Array,
  { kind, random }: { kind: number; random: ReturnType<typeof createRandom> },
): Uint8Array {
  if (kind === 0) return whole.slice(0, random.integer(whole.length));
  const bytes = whole.slice(), at = 2 + random.integer(bytes.length - 4);
  if (kind === 3) bytes.set([0xff, 0xd9], at);
  else if (kind === 4) bytes.fill(0, at);
  else {
    const end = kind === 1 ? bytes.length : Math.min(bytes.length, 700);
    for (let k = 0; k < 3; k++) bytes[random.integer(end)] = random.integer(256);
  }
  return bytes;
}

Deno.test("readPicture gives readImage's pixels, bit for bit, with a decoder or without", {
  ignore,
}, () =>
  inFolder(async (folder) => {
    const decoder = openJpegDecoder(libraryInUse()!);
    for (const [what, bytes] of await someFiles()) {
      const path = join(folder, "picture.jpg");
      await Deno.writeFile(path, bytes);
      await assertReadAlike(path, decoder, what);
      const alone = await readPicture(path, { size: SIZE, decoder: undefined });
      assert.deepEqual(alone, await readPicture(path, { size: SIZE, decoder }), what);
    }
  }));

Deno.test(
  "readPicture shrinks a crop to the pixels that sharp alone would give",
  { ignore },
  () =>
    inFolder(async (folder) => {
      const decoder = openJpegDecoder(libraryInUse()!), path = join(folder, "crop.jpg");
      await sharp(demoPhotographs()[0]).resize(256, 256).jpeg({ quality: 95 }).toFile(path);
      const { data, info: { width, height } } = await sharp(path).raw()
        .toBuffer({ resolveWithObject: true });
      const wanted = await sharp(data, { raw: { width, height, channels: 3 } })
        .resize(224, 224, { fit: "fill", kernel: "lanczos3" }).raw().toBuffer();
      const picture = await readPicture(path, { size: 224, decoder });
      assert.ok(wanted.equals(picture.data));
      assert.deepEqual([picture.width, picture.height], [224, 224]);
    }),
);

Deno.test(
  "readPicture reads and refuses 400 damaged files as readImage does",
  { ignore },
  () =>
    inFolder(async (folder) => {
      const decoder = openJpegDecoder(libraryInUse()!), random = createRandom(4, "damage");
      const files = [...await someFiles()].filter(([, bytes]) => plainJpeg(bytes));
      for (let i = 0; i < 400; i++) {
        const [what, whole] = files[i % files.length];
        const bytes = damage(whole, { kind: i % 5, random });
        const path = join(folder, "damaged.jpg");
        await Deno.writeFile(path, bytes);
        await assertReadAlike(path, decoder, `${what}, damage ${i}`);
      }
    }),
);

Deno.test("readPicture names a file that is not there", async () => {
  await assert.rejects(readPicture("no such file.jpg", { size: SIZE, decoder: undefined }), {
    name: "ImageError",
    message: /no such file\.jpg/,
  });
});
