/**
 * The seam of all that makes fakes: a forger is a value with one function, from a real face to a pair. The
 * same function works online in the loader's threads and beforehand in `task forge`.
 */
import type { Mask, RgbImage } from "lib/media/image.ts";
import type { Random } from "lib/random.ts";
import { assertHoldsFace, type FaceCrop } from "./face_crop.ts";

/** What a forger works with besides the face. */
export interface ForgeryMeans {
  /** Decides all that is drawn: the same numbers give the same pixels. */
  readonly random: Random;
  /** Another person's face, a crop of the same size; given wherever `Forger.donor` is not "none". */
  readonly donor?: FaceCrop;
}

/** A pair: what comes out of a forger. All three have the target's size. */
export interface Forgery {
  /** The real picture to stand beside the fake: the target, or the target with what both are given alike. */
  readonly real: RgbImage;
  /** The fake. */
  readonly fake: RgbImage;
  /**
   * Weight of the change at each pixel: 0 is `real`, 255 is all new. Never 0 everywhere. At 0 both pictures
   * are equal; only where both went through a JPEG or another size alike, their pixels differ a little
   * there too.
   */
  readonly mask: Mask;
}

/** Makes fakes of real faces. */
export interface Forger {
  /** The method's name in manifests, a key of `FORGERS`. */
  readonly name: string;
  /** What it does, in words. */
  readonly is: string;
  /** The paper and code that it follows. */
  readonly source: string;
  /**
   * What kind of other face it wants: none; one whose appearance suits (alike in shape); one whose
   * expression differs; or the one nearest in landmarks.
   */
  readonly donor: "none" | "appearance" | "expression" | "nearest";
  /**
   * Makes a pair. Never changes its inputs.
   *
   * @throws RangeError when the face cannot be forged (see `assertHoldsFace`), or there is no donor.
   */
  forge(target: FaceCrop, means: ForgeryMeans): Promise<Forgery>;
}

/**
 * The other face that a forger needs.
 *
 * @param name The forger's, for the error.
 * @throws RangeError when there is none, when its crop has another size than the target's, or when that
 * cannot hold its face.
 */
export function assertDonor(
  name: string,
  target: FaceCrop,
  donor: FaceCrop | undefined,
): FaceCrop {
  const { width, height } = target.image;
  if (!donor) throw new RangeError(`${name} needs another person's face: means.donor.`);
  if (donor.image.width !== width || donor.image.height !== height) {
    throw new RangeError(
      `${name} needs both faces in one size, not ${donor.image.width} × ${donor.image.height} for a ` +
        `target of ${width} × ${height}.`,
    );
  }
  assertHoldsFace(donor, `${name} with another face`);
  return donor;
}
