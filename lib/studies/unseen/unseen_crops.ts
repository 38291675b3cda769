/**
 * The benchmark's pictures: of each portrait some crops, of each crop a fake by each forger, in three
 * splits that share no person, donors included.
 */
import type { Crop, Sample, Split } from "lib/data/samples.ts";
import { chooseDonor, type DonorFace, mirrorCrop } from "lib/forgeries/choose_donor.ts";
import { forgerOf } from "lib/forgeries/forgers.ts";
import type { FaceCrop } from "lib/forgeries/face_crop.ts";
import { cropDemoFace } from "lib/forgeries/stand_ins/demo_crops.ts";
import { openDigest } from "lib/io/sha256.ts";
import type { Mask } from "lib/media/image.ts";
import { createRandom } from "lib/random.ts";
import type { Portrait } from "./portraits.ts";
import { splitPeople } from "./split_people.ts";

/** What is made of the portraits. */
export interface UnseenSizes {
  /** Side of the crops in pixels. */
  readonly size: number;
  /** Crops of a portrait to train on; each is shifted and scaled a little, but the first. */
  readonly crops: number;
  /** As many for the self-blended images, which are all that a detector trained on them alone sees. */
  readonly selfBlendedCrops: number;
}

/** The manipulations in the manner of FaceForensics++'s. */
export const STAND_INS = ["DF", "F2F", "FS", "NT"] as const;

/** The self-blended images. */
export const SELF_BLENDED = "SBI";

/** Margin around the face, as a share of its box: the kit's own. */
export const MARGIN = 0.15;
/** Decides people, crops, donors and forgeries: the same for every row and every seed of training. */
const SEED = 1;

/** The splits, in the order of the pictures. */
const SPLITS: readonly Split[] = ["train", "validation", "test"];

/** All pictures, in an order that depends on the portraits alone. */
export interface UnseenCrops {
  /** By split; `source` of a fake is the `path` of the real picture beside it. */
  readonly crops: Readonly<Record<Split, readonly Crop[]>>;
  /** How many people there are in each. */
  readonly people: Readonly<Record<Split, number>>;
  /** SHA-256 of all pixels and records, in hexadecimal: what results are keyed by. */
  readonly content: string;
}

/** A portrait's crops, one after the other. */
interface Cropped {
  readonly portrait: Portrait;
  readonly crops: readonly FaceCrop[];
}

/**
 * Cuts and forges. Each photograph is let go once it is cut.
 *
 * @param portraits Of `portraitsIn` or `demoPortraits`.
 * @throws RangeError for too few people, as `splitPeople`.
 */
export async function makeUnseenCrops(
  portraits: AsyncIterable<Portrait>,
  sizes: UnseenSizes,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Crop[]> {
  const variants = Math.max(sizes.crops, sizes.selfBlendedCrops), cropped: Cropped[] = [];
  for await (const portrait of portraits) {
    signal?.throwIfAborted();
    const options = { margin: MARGIN, size: sizes.size, seed: SEED };
    const crops = Array.from(
      { length: variants },
      (_, variant) => cropDemoFace(portrait, { ...options, variant }),
    );
    const { id, unit, box, landmarks, profile } = portrait;
    const nothing = { data: new Uint8Array(0), width: 0, height: 0 };
    cropped.push({
      portrait: { id, unit, box, landmarks, profile, photograph: nothing },
      crops: await Promise.all(crops),
    });
  }
  const splitOf = splitPeople(cropped.map(({ portrait }) => portrait.unit), SEED);
  const made: Crop[] = [];
  for (const split of SPLITS) {
    const own = cropped.filter(({ portrait }) => splitOf.get(portrait.unit) === split);
    const { crops: ofEach, selfBlendedCrops } = split === "train"
      ? sizes
      : { crops: 1, selfBlendedCrops: Math.min(1, sizes.selfBlendedCrops) };
    for (let variant = 0; variant < Math.max(ofEach, selfBlendedCrops); variant++) {
      for (const each of own) {
        signal?.throwIfAborted();
        const methods = [
          ...variant < ofEach ? STAND_INS : [],
          ...variant < selfBlendedCrops ? [SELF_BLENDED] : [],
        ];
        made.push(...await pairs(each, { own, variant, split, methods }));
      }
    }
  }
  return made;
}

/** A real crop and its fakes; a forger that changes the real picture too has one of its own. */
async function pairs(
  { portrait, crops }: Cropped,
  { own, variant, split, methods }: {
    own: readonly Cropped[];
    variant: number;
    split: Split;
    methods: readonly string[];
  },
): Promise<Crop[]> {
  const target = crops[variant], made: Crop[] = [];
  const { width, height } = target.image;
  const nowhere: Mask = { data: new Uint8Array(width * height), width, height };
  const record = (name: string, label: 0 | 1): Sample => ({
    path: `unseen/${portrait.id}/${name}-${variant}`,
    label,
    dataset: "unseen",
    method: label === 1 ? name : "real",
    video: `${portrait.id}/${label === 1 ? name : "real"}`,
    split,
    frame: variant,
    identities: [portrait.unit],
  });
  const real = record("real", 0);
  if (methods.some((method) => method !== SELF_BLENDED)) {
    made.push({ image: target.image, mask: nowhere, sample: real });
  }
  const size = width, { unit } = portrait;
  const faceOf = (face: Cropped): DonorFace & { crop: FaceCrop } => {
    const crop = face.crops[variant], { landmarks } = crop;
    return { people: [face.portrait.unit], split, landmarks, size, crop };
  };
  const faces = own.map(faceOf);
  for (const method of methods) {
    const forger = forgerOf(method), sample = record(method, 1);
    const random = createRandom(SEED, "unseen", method, portrait.id, variant);
    const donor = forger.donor === "none"
      ? undefined
      : chooseDonor(faceOf({ portrait, crops }), faces, { kind: forger.donor, random });
    const other = donor && (donor.mirrored ? mirrorCrop(donor.face.crop) : donor.face.crop);
    const { real: before, fake, mask } = await forger.forge(target, {
      random,
      ...other ? { donor: other } : {},
    });
    const isOwn = before !== target.image, source = isOwn ? record(`${method}-real`, 0) : real;
    if (isOwn) made.push({ image: before, mask: nowhere, sample: source });
    const identities = [unit, ...donor ? donor.face.people : []];
    made.push({ image: fake, mask, sample: { ...sample, identities, source: source.path } });
  }
  return made;
}

/** The pictures by split, with what is to be said of them. */
export function unseenCrops(crops: readonly Crop[]): UnseenCrops {
  const of = <Value>(make: (own: readonly Crop[]) => Value) =>
    Object.fromEntries(
      SPLITS.map((split) => [split, make(crops.filter(({ sample }) => sample.split === split))]),
    ) as Record<Split, Value>;
  const content = openDigest();
  for (const { image, sample } of crops) {
    content.add(JSON.stringify([sample.path, sample.split, sample.label, sample.method]));
    content.add(image.data);
  }
  return {
    crops: of((own) => own),
    people: of((own) => new Set(own.map(({ sample }) => sample.identities[0])).size),
    content: content.hex(),
  };
}
