/** The four manipulations as forgers: what each wants of another face, and its pair. */
import { assertHoldsFace } from "../face_crop.ts";
import { assertDonor, type Forger } from "../forger.ts";
import { MANIPULATIONS } from "./manipulations.ts";

/** What is said of each, beside what it does. */
const DESCRIBED: Record<
  keyof typeof MANIPULATIONS,
  { is: string; donor: "appearance" | "expression" }
> = {
  DF: {
    is: "another face's appearance on this face's geometry, blurred like an autoencoder's output",
    donor: "appearance",
  },
  F2F: { is: "this face's own texture in another face's expression", donor: "expression" },
  FS: { is: "another face's texture on a coarse mesh, with a hard edge", donor: "appearance" },
  NT: { is: "the region of the mouth anew, in another face's expression", donor: "expression" },
};

const SOURCE = "in the manner of the four methods of Rössler et al., FaceForensics++, ICCV 2019";

/**
 * One of the four manipulations as a forger.
 *
 * @example
 * ```ts
 * import { standInForger } from "lib/forgeries/stand_ins/stand_in_forger.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(standInForger("F2F").donor, "expression");
 * ```
 */
export function standInForger(
  name: keyof typeof MANIPULATIONS,
): Forger & { readonly donor: "appearance" | "expression" } {
  return {
    name,
    ...DESCRIBED[name],
    source: SOURCE,
    forge(target, { random, donor }) {
      return Promise.resolve().then(() => {
        assertHoldsFace(target, name);
        const other = assertDonor(name, target, donor);
        const { image, mask } = MANIPULATIONS[name](target, { donor: other, random });
        return { real: target.image, fake: image, mask };
      });
    },
  };
}
