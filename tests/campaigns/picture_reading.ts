/** What the campaigns of pictures share: a mutant is read both ways, and the two must agree. */
import { readPicture } from "lib/batches/loader/read_picture.ts";
import { libraryInUse, startEngine } from "lib/engine/engine.ts";
import { openJpegDecoder } from "lib/engine/jpeg_decoder.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { type Original, type Subject, WrongValue } from "./mutation_campaign.ts";

/** A picture, or the error that came instead. */
type Read = { readonly image: RgbImage } | { readonly error: unknown };

const orError = (work: Promise<RgbImage>): Promise<Read> =>
  work.then((image) => ({ image }), (error) => ({ error }));

const sameImage = (a: RgbImage, b: RgbImage) =>
  a.width === b.width && a.height === b.height && a.data.every((value, i) => value === b.data[i]);

/** Side of the originals in pixels. */
export const SIDE = 64;

/**
 * A subject that reads pictures with `readImage` and as training does.
 *
 * @param isSealed Whether a mutant whose checksums were not mended may never be another picture.
 */
export async function pictureSubject(
  originals: readonly Original[],
  { isSealed }: { isSealed: boolean },
): Promise<Subject> {
  await startEngine();
  const decoder = openJpegDecoder(libraryInUse()!), square = { width: SIDE, height: SIDE };
  const whole = new Map<Original, RgbImage>();
  for (const original of originals) {
    const path = await Deno.makeTempFile();
    await Deno.writeFile(path, original.bytes);
    whole.set(original, await readImage(path));
    await Deno.remove(path);
  }
  return {
    originals,
    read: async ({ path, original, isRepaired }) => {
      const first = await orError(readImage(path));
      const slow = await orError(readImage(path, { size: square }));
      const fast = await orError(readPicture(path, { size: SIDE, decoder }));
      if ("error" in slow !== "error" in fast || "error" in slow !== "error" in first) {
        const said = [first, slow, fast].map((one) =>
          "error" in one ? String(one.error) : "pixels"
        );
        throw new WrongValue(`readImage and the loader do not agree: ${said.join(" | ")}`);
      }
      if ("image" in slow && "image" in fast && !sameImage(slow.image, fast.image)) {
        throw new WrongValue("readImage and the loader give other pixels");
      }
      if ("error" in first) throw first.error;
      const { data, width, height } = first.image;
      if (data.length !== 3 * width * height) throw new WrongValue("pixels do not fit the size");
      if (sameImage(first.image, whole.get(original)!)) return "the same";
      if (isSealed && !isRepaired) throw new WrongValue("another picture than was written");
      return "another";
    },
  };
}
