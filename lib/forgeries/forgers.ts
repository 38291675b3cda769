/** The register of all that make fakes of real faces. A new forger is a file and a row here. */
import { blended } from "./blended.ts";
import { faceWarping } from "./face_warping.ts";
import type { Forger } from "./forger.ts";
import { inconsistent } from "./inconsistent.ts";
import { selfBlended } from "./self_blended.ts";
import { standInForger } from "./stand_ins/stand_in_forger.ts";

/** All forgers by name; the names stand in manifests, and `METHODS` spells them out. */
export const FORGERS: Readonly<Record<string, Forger>> = Object.freeze(
  Object.fromEntries(
    [
      standInForger("DF"),
      standInForger("F2F"),
      standInForger("FS"),
      standInForger("NT"),
      selfBlended,
      blended,
      inconsistent,
      faceWarping,
    ].map((forger) => [forger.name, Object.freeze(forger)]),
  ),
);

/**
 * A forger by its name.
 *
 * @throws RangeError that lists the names, for one that is not among them.
 *
 * @example
 * ```ts
 * import { forgerOf } from "lib/forgeries/forgers.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(forgerOf("DF").donor, "appearance");
 * assert.throws(() => forgerOf("GAN"), /no forger "GAN".*DF, F2F, FS, NT/);
 * ```
 */
export function forgerOf(name: string): Forger {
  if (!Object.hasOwn(FORGERS, name)) {
    throw new RangeError(
      `There is no forger "${name}". There are ${Object.keys(FORGERS).join(", ")}.`,
    );
  }
  return FORGERS[name];
}
