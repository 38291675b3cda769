/**
 * One real face becomes its pairs: for each variant and kind the fake, its mask and the real picture beside it,
 * written by one encoder with one quality, real and fake alike.
 */
import { join } from "node:path";
import { contentName } from "lib/data/fingerprint.ts";
import { landmarkFile, landmarksInCrop } from "lib/faces/landmark_file.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { distort, type Distortion } from "lib/media/distortions.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { ImageError } from "lib/media/image_error.ts";
import { encodeImage, type Encoding } from "lib/media/write_image.ts";
import { createRandom } from "lib/random.ts";
import { type DonorChoice, mirrorCrop } from "../choose_donor.ts";
import type { FaceCrop } from "../face_crop.ts";
import { forgerOf } from "../forgers.ts";
import { cutSquare, variantSquare } from "../variants.ts";
import type { ForgedFace, ForgedFile } from "./forged_record.ts";
import type { RealFace } from "./real_face.ts";

/** How faces become pairs. */
export interface FaceForging extends Encoding {
  /** Side of the pictures that are made, in pixels. */
  readonly size: number;
  /** Crops of a face. */
  readonly variants: number;
  /** Names of forgers. */
  readonly kinds: readonly string[];
  /** Decides all that is drawn. */
  readonly seed: number;
  /** What is done to real and fake alike. */
  readonly distortion?: Distortion | undefined;
}

/** Who gives a face, by variant and then in the order of the kinds; undefined where nobody does. */
export type DonorPlan = readonly (readonly (DonorChoice<RealFace> | undefined)[])[];

/** A face's crop of some variant. The file shows more than the exact crop where there are several variants. */
async function cropOf(
  face: RealFace,
  variant: number,
  { size, seed }: FaceForging,
): Promise<FaceCrop> {
  const image = await readImage(face.crop);
  if (image.width !== face.size || image.height !== face.size) {
    const is = `${image.width} × ${image.height} pixels, not ${face.size} × ${face.size}`;
    throw new ImageError(
      "damaged",
      face.crop,
      `it has ${is} as its set says. Prepare the set anew.`,
    );
  }
  const edge = (face.size - size) / 2, exact = { left: edge, top: edge, side: size };
  const random = createRandom(seed, "forge variant", face.name, variant);
  const square = variant === 0 ? exact : variantSquare(exact, random);
  return await cutSquare({ ...face, image }, { square, size });
}

const isSame = (a: RgbImage, b: RgbImage) =>
  a.width === b.width && a.data.every((value, i) => value === b.data[i]);

/** Writes one face's pictures; each only once. */
class FaceWriter {
  readonly files: ForgedFile[] = [];
  readonly #face: RealFace;
  readonly #folder: string;
  readonly #how: FaceForging;

  constructor(face: RealFace, folder: string, how: FaceForging) {
    this.#face = face;
    this.#folder = folder;
    this.#how = how;
  }

  /** Distorts, encodes and writes a picture; gives its record as far as all have it. */
  async #picture(name: string, image: RgbImage, variant: number) {
    const { seed, distortion, format } = this.#how, file = `${name}.${format}`;
    // One stream for a variant: what is drawn is the same for the real picture and its fakes.
    const random = createRandom(seed, "forge distortion", this.#face.name, variant);
    const seen = distortion === undefined ? image : await distort(image, distortion, random);
    const bytes = await encodeImage(seen, this.#how);
    await writeWhole(join(this.#folder, file), bytes);
    return { file, content: contentName(bytes), variant };
  }

  /** A real picture by this name, unless it is there; `crop` tells of its landmarks where they are known. */
  async real(
    name: string,
    image: RgbImage,
    { variant, crop }: { variant: number; crop?: FaceCrop },
  ): Promise<string> {
    const file = `${name}.${this.#how.format}`;
    if (this.files.some((other) => other.file === file)) return file;
    const picture = await this.#picture(name, image, variant);
    let landmarks = {};
    if (crop?.box !== undefined) {
      const { size } = this.#how, square = { left: 0, top: 0, side: size };
      const kept = landmarkFile(
        name,
        landmarksInCrop({ ...crop, box: crop.box }, { square, size }),
      );
      await writeWhole(join(this.#folder, kept.name), kept.bytes);
      landmarks = { landmarks: kept.name };
    }
    this.files.push({ ...picture, ...landmarks, method: "real", people: this.#face.people });
    return file;
  }

  /**
   * A fake with its mask.
   *
   * @throws RangeError when its file would be the real picture's, byte for byte: nothing has changed.
   */
  async fake(
    { fake, mask }: { fake: RgbImage; mask: Parameters<typeof encodeImage>[0] },
    rest: Pick<ForgedFile, "method" | "variant" | "people"> & { readonly source: string },
  ): Promise<void> {
    const name = `${rest.method}-${rest.variant}`, maskFile = `${name}_mask.png`;
    const picture = await this.#picture(name, fake, rest.variant);
    if (this.files.find(({ file }) => file === rest.source)?.content === picture.content) {
      await Deno.remove(join(this.#folder, picture.file));
      throw new RangeError("the fake is the same picture as the real one");
    }
    const bytes = await encodeImage(mask, { format: "png", quality: 100 });
    await writeWhole(join(this.#folder, maskFile), bytes);
    this.files.push({ ...picture, ...rest, mask: maskFile });
  }
}

/**
 * Makes all pairs of a face.
 *
 * @param face With whom to choose from already chosen: `donors`.
 * @param options `folder`: where the files go, it need not exist; `how`: what they look like.
 * @returns The record but for its mark. What a forger cannot do, and a picture that cannot be read, is
 * remarked upon, not thrown.
 * @throws Error when a file cannot be written.
 */
export async function forgeFace(
  { face, donors }: { readonly face: RealFace; readonly donors: DonorPlan },
  { folder, how }: { readonly folder: string; readonly how: FaceForging },
): Promise<Omit<ForgedFace, "mark">> {
  const writer = new FaceWriter(face, folder, how), remarks: ForgedFace["remarks"][number][] = [];
  const cut = new Map<string, Promise<FaceCrop>>(); // kinds share the target, and often the donor
  const cropFor = (one: RealFace, variant: number) => {
    const key = `${variant} ${one.name}`, known = cut.get(key) ?? cropOf(one, variant, how);
    cut.set(key, known);
    return known;
  };
  for (let variant = 0; variant < how.variants; variant++) {
    for (const [k, kind] of how.kinds.entries()) {
      const forger = forgerOf(kind), choice = donors[variant][k];
      if (forger.donor !== "none" && choice === undefined) {
        const detail = `${kind}: there is no other person in ${face.split}`;
        remarks.push({ what: "no donor", detail });
        continue;
      }
      try {
        const target = await cropFor(face, variant);
        const given = choice && await cropFor(choice.face, 0);
        const donor = choice?.mirrored ? mirrorCrop(given!) : given;
        const random = createRandom(how.seed, "forge", kind, face.name, variant);
        const { real, fake, mask } = await forger.forge(target, { random, ...donor && { donor } });
        const source = isSame(real, target.image)
          ? await writer.real(`real-${variant}`, real, { variant, crop: target })
          : await writer.real(`real-${kind}-${variant}`, real, { variant });
        const people = [...face.people, ...choice?.face.people ?? []];
        await writer.fake({ fake, mask }, { method: kind, variant, people, source });
      } catch (error) {
        if (!(error instanceof RangeError || error instanceof ImageError)) throw error;
        const what = error instanceof ImageError ? "unreadable" : "cannot be forged";
        const why = error instanceof ImageError ? error.explanation : error.message;
        remarks.push({ what, detail: `${kind}: ${why}` });
      }
    }
  }
  return { files: writer.files, remarks };
}
