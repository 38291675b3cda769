/**
 * The stand-ins: the demo photographs' faces, real and manipulated in four ways, as two splits that
 * share no face. Made in seconds, kept on disk. They show that the pipeline works on real pixels; they
 * are no benchmark. The manipulations themselves are in stand_ins/manipulations.ts.
 */
import { createRandom } from "lib/random.ts";
import type { Sample } from "lib/data/samples.ts";
import { chooseDonor, mirrorCrop } from "./choose_donor.ts";
import { splitFaces } from "./stand_ins/choose_faces.ts";
import { keptOnDisk } from "./stand_ins/stand_in_cache.ts";
import { cropDemoFace } from "./stand_ins/demo_crops.ts";
import { type DemoFace, findDemoFaces } from "./stand_ins/demo_faces.ts";
import { MANIPULATIONS } from "./stand_ins/manipulations.ts";
import { standInForger } from "./stand_ins/stand_in_forger.ts";
import type { StandIn, StandIns } from "./stand_ins/stand_in.ts";

/** A short name of one of the four manipulations. */
export type StandInMethod = keyof typeof MANIPULATIONS;

/** What is made. */
export interface StandInOptions {
  /** Side of a crop in pixels, 32 or more. Default 224. */
  readonly size?: number;
  /** Margin around the face's box, as a share of its longer side. Default 0.15. */
  readonly margin?: number;
  /** Decides split, donors, strengths and the crops' small shifts. Default 1. */
  readonly seed?: number;
  /** Crops a face; each gives one real sample and one of each method. Default 2. */
  readonly variants?: number;
  /** The manipulations. Default all four. */
  readonly methods?: readonly StandInMethod[];
  /** Folder for what is kept between runs; null keeps nothing. Default .cache/stand_ins of the project. */
  readonly cache?: string | null;
  /** Hears that kept stand-ins were damaged and are made again. Default: nobody does. */
  readonly notice?: (line: string) => void;
}

/** The options with every default in its place. */
type FullStandInOptions = Required<StandInOptions>;

async function makeSplit(
  faces: readonly DemoFace[],
  split: "train" | "test",
  options: FullStandInOptions,
): Promise<StandIn[]> {
  const { methods, seed, size, variants } = options;
  const made: StandIn[] = [];
  for (let variant = 0; variant < variants; variant++) {
    const crops = await Promise.all(
      faces.map((face) => cropDemoFace(face, { ...options, variant })),
    );
    const known = faces.map((face, i) => ({
      face,
      crop: crops[i],
      people: [face.unit],
      split,
      landmarks: crops[i].landmarks,
      size,
    }));
    for (const target of known) {
      const { face, crop } = target;
      const record = (method: string): Sample => ({
        path: `stand-ins/${face.id}/${method}-${variant}`,
        label: method === "real" ? 0 : 1,
        dataset: "stand-ins",
        method,
        video: face.id,
        split,
        frame: 0,
        identities: [face.unit],
      });
      const nothing = { data: new Uint8Array(size * size), width: size, height: size };
      made.push({ image: crop.image, mask: nothing, sample: record("real"), donor: undefined });
      for (const method of methods) {
        const random = createRandom(seed, "stand-in", method, face.id, variant);
        const { donor: kind, forge } = standInForger(method);
        const choice = chooseDonor(target, known, { kind, random })!; // a split has several people
        const donor = choice.mirrored ? mirrorCrop(choice.face.crop) : choice.face.crop;
        const { fake, mask } = await forge(crop, { donor, random });
        const sample = record(method);
        made.push({
          image: fake,
          mask,
          sample: {
            ...sample,
            identities: [face.unit, choice.face.face.unit],
            mask: `${sample.path}-mask`,
            source: record("real").path,
          },
          donor: choice.face.face.id,
        });
      }
    }
  }
  return made;
}

function checked(options: StandInOptions): FullStandInOptions {
  const all = Object.keys(MANIPULATIONS) as StandInMethod[];
  const { size = 224, margin = 0.15, seed = 1, variants = 2, methods = all } = options;
  const { cache = "", notice = () => {} } = options;
  const whole = (name: string, value: number, least: number) => {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new RangeError(`Stand-ins: ${name} is a whole number from ${least}, not ${value}.`);
    }
  };
  whole("size", size, 32);
  whole("variants", variants, 1);
  whole("seed", seed, 0);
  if (!(margin >= 0 && margin <= 2)) {
    throw new RangeError(`Stand-ins: margin is a share of the face's side, 0 to 2, not ${margin}.`);
  }
  const unknown = methods.filter((method) => !all.includes(method));
  if (unknown.length > 0 || new Set(methods).size !== methods.length) {
    throw new RangeError(
      `Stand-ins: methods are ${all.join(", ")}, each once, not ${methods.join(", ")}.`,
    );
  }
  return { size, margin, seed, variants, methods, cache, notice };
}

/**
 * The stand-ins of both splits. For each face and variant there is one real crop and one of each
 * method, made from this very crop.
 *
 * Splits are by face: no face, and no two faces that look alike, is in both, be it as target, as donor
 * or at the edge of another's crop. The one face in profile is left out, as its landmarks cannot be
 * trusted.
 *
 * @returns Ordered by variant, face and method; the same options give the same pixels. The first call
 * finds faces and takes seconds; later ones, also of other runs, read the kept result.
 * @throws RangeError for an option out of range, or a margin so wide that no split keeps faces apart.
 */
export async function makeStandIns(options: StandInOptions = {}): Promise<StandIns> {
  const full = checked(options);
  return await keptOnDisk(full, async () => {
    const { train, test } = splitFaces(await findDemoFaces(), full);
    return {
      train: await makeSplit(train, "train", full),
      test: await makeSplit(test, "test", full),
    };
  });
}
