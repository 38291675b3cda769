/** Drawing again where what was drawn leaves nothing of a fake. */
import type { Random } from "lib/random.ts";
import type { Forgery } from "../forger.ts";

const DRAWS = 5;

/**
 * The first forgery whose mask is not empty.
 *
 * @param maker Who makes it, for the error.
 * @param make Draws and makes one; undefined where what it drew cannot be made.
 * @throws RangeError after five empty ones.
 */
export async function drawnUntilSeen(
  maker: string,
  random: Random,
  make: (random: Random) => Promise<Forgery | undefined>,
): Promise<Forgery> {
  for (let i = 0; i < DRAWS; i++) {
    const forgery = await make(random);
    if (forgery?.mask.data.some((value) => value > 0)) return forgery;
  }
  throw new RangeError(
    `${maker} cannot use this face: ${DRAWS} masks in a row were empty. Its landmarks are too close ` +
      "together or at the crop's edge.",
  );
}
