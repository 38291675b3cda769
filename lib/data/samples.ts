/**
 * What a sample is: one picture with its label and where it comes from, and the check that no video
 * and no identity is in two splits.
 */
import type { Point } from "lib/faces/face.ts";
import type { Box } from "lib/media/crop.ts";
import type { Mask, RgbImage } from "lib/media/image.ts";
import { NameTable } from "./name_table.ts";

/** What a sample is for. Choices are made on validation, never on test. */
export type Split = "train" | "validation" | "test";

/** One picture of a data set. */
export interface Sample {
  /** The picture: a file's path, or for pictures in memory a name that is theirs alone. */
  readonly path: string;
  /** 0 real, 1 fake. */
  readonly label: 0 | 1;
  /** Name of the data set, such as "stand-ins". */
  readonly dataset: string;
  /** "real", or the manipulation: a key of `METHODS`, or a data set's own word. */
  readonly method: string;
  /** The video with its whole path below the data set's root, never its folder's name alone. */
  readonly video: string;
  /** The split that the data set's publisher, or the kit's rule, gives it. */
  readonly split: Split;
  /** Index of the frame in its video, from 0. */
  readonly frame: number;
  /** Who is in the picture as far as the data set says: target first, then donor. Never names. */
  readonly identities: readonly string[];
  /** The mask's file, or its name in memory, where there is one. */
  readonly mask?: string;
  /** Of a fake, the `path` of the real picture that it was made from, where that is a sample too. */
  readonly source?: string;
  /** The first 32 hexadecimal digits of the SHA-256 of the picture's file, where `prepare` wrote it down. */
  readonly content?: string;
  /** Which way its face was cut, as `cutName` calls it, where `prepare` cut it. */
  readonly cut?: string;
  /** The file with the face's box and landmarks (`readLandmarks`), where there is one. */
  readonly landmarks?: string;
}

/** A picture with its record; a `StandIn` is one. */
export interface Crop {
  /** RGB; all crops of a list have one size. */
  readonly image: RgbImage;
  /** Its label and origin. */
  readonly sample: Sample;
  /** Where it was manipulated, of the picture's size, where that is known; nowhere in a real one. */
  readonly mask?: Mask;
  /** Its face's 68 landmarks, and the face without the crop's margin, in the picture's pixels, where known. */
  readonly face?: { readonly landmarks: readonly Point[]; readonly box?: Box };
}

/** The methods' short names, spelt out: the four of FaceForensics++, and what is made from real pictures. */
export const METHODS: Readonly<Record<string, string>> = Object.freeze({
  real: "not manipulated",
  DF: "DeepFakes: identity swapped by an autoencoder",
  F2F: "Face2Face: expression transferred, own texture",
  FS: "FaceSwap: identity swapped by computer graphics",
  NT: "NeuralTextures: mouth region rendered anew",
  SBI: "self-blended: a picture blended with itself, slightly changed",
  BI: "blended: the most similar other face blended in, as for Face X-ray",
  I2G: "inconsistent: parts of the most similar other face blended in, as for PCL",
  FWA: "warped: the face at a lower resolution, as for DSP-FWA",
});

/** How strict `assertDisjoint` is. */
export interface DisjointOptions {
  /**
   * Whether identities may be in several splits, as in Celeb-DF, whose test list was made by video.
   * Default false. Videos never may.
   */
  readonly allowSharedIdentities?: boolean;
}

/**
 * Check that each video and each identity lies in one split only.
 *
 * @param samples However many; of samples that share data set, video, split and identities one is enough.
 * @returns What is in several splits and was allowed to be, a line each: to be printed with results.
 * @throws RangeError that names the first ones found in two splits.
 *
 * @example
 * ```ts
 * import { assertDisjoint, type Sample } from "lib/data/samples.ts";
 * import assert from "node:assert/strict";
 *
 * const train: Sample = {
 *   path: "a.png", label: 0, dataset: "mine", method: "real", video: "real/a", split: "train",
 *   frame: 0, identities: ["7"],
 * };
 * assertDisjoint([train, { ...train, path: "b.png" }]);
 * const leak: Sample = { ...train, video: "real/b", split: "test" };
 * assert.throws(() => assertDisjoint([train, leak]), /identity "7" .*train and test/);
 * assert.deepEqual(assertDisjoint([train, leak], { allowSharedIdentities: true }), [
 *   'identity "7" of mine is in train and test',
 * ]);
 * ```
 */
export function assertDisjoint(
  samples: Iterable<Sample>,
  { allowSharedIdentities = false }: DisjointOptions = {},
): string[] {
  const names = new NameTable(), splitOf: Split[] = [];
  const leaks = { video: new Set<string>(), identity: new Set<string>() };
  for (const { dataset, video, identities, split } of samples) {
    const note = (kind: keyof typeof leaks, name: string) => {
      const key = `${kind} "${name}" of ${dataset}`;
      const before = splitOf[names.numberOf(key)] ??= split;
      if (before !== split) leaks[kind].add(`${key} is in ${before} and ${split}`);
    };
    note("video", video);
    for (const identity of identities) note("identity", identity);
  }
  const refused = [...leaks.video, ...allowSharedIdentities ? [] : leaks.identity];
  if (refused.length > 0) {
    const shown = refused.slice(0, 5).join("; ");
    throw new RangeError(
      `Splits must not share videos or identities, but ${refused.length} do: ${shown}. ` +
        "Move all samples of each to one split" +
        (leaks.video.size > 0
          ? "."
          : ", or allow shared identities (--allow-shared-identities) where the publisher's own lists " +
            "share them, as those of Celeb-DF and DFDC."),
    );
  }
  return [...leaks.identity];
}
