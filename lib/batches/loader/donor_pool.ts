/** The faces among which donors are sought while one trains: so many that their landmarks fit into memory. */
import { chooseDonor, type DonorFace, type DonorKind } from "lib/forgeries/choose_donor.ts";
import { createRandom, type Random } from "lib/random.ts";
import type { RealFaces } from "./real_faces.ts";

/** So many faces are kept at most, drawn once a run: as many as `chooseDonor` ever compares. */
const MOST = 5000;

/** A face of the pool, or one that seeks a donor. */
interface PoolFace extends DonorFace {
  /** Its place in the list of samples. */
  readonly place: number;
}

/** A donor that was chosen. */
export interface ChosenDonor {
  /** Its place in the list of samples. */
  readonly place: number;
  /** Whether left and right are to be exchanged. */
  readonly mirrored: boolean;
}

/** Where donors come from. */
export interface DonorPool {
  /**
   * A donor for the face at a place; undefined where its own landmarks cannot be read.
   *
   * @param options `without`: places that are not to be taken.
   * @throws RangeError when there is no other person's face left.
   */
  choose(
    place: number,
    options: { kind: DonorKind; random: Random; without: ReadonlySet<number> },
  ): Promise<ChosenDonor | undefined>;
}

/**
 * The pool of these faces. Their landmarks are read when the first donor is sought; a face whose own cannot be
 * read is in no pool.
 *
 * @param options `seed` draws which faces are kept, where there are more than 5000.
 */
export function openDonorPool(faces: RealFaces, { seed }: { seed: number }): DonorPool {
  const faceAt = async (place: number): Promise<PoolFace | undefined> => {
    const { identities, video, split } = faces.sample(place);
    const shape = await faces.shape(place).catch(() => undefined);
    return shape &&
      { place, people: identities.length > 0 ? identities : [video], split, ...shape };
  };
  let pool: Promise<Map<number, PoolFace>> | undefined;
  const open = async () => {
    const { places } = faces;
    const kept = places.length <= MOST
      ? [...places]
      : createRandom(seed, "donor pool").shuffle([...places]).slice(0, MOST);
    const found = await Promise.all(kept.map(faceAt));
    return new Map(found.flatMap((face) => face ? [[face.place, face]] : []));
  };
  return {
    choose: async (place, { kind, random, without }) => {
      const known = await (pool ??= open());
      const target = known.get(place) ?? await faceAt(place);
      const others = [...known.values()].filter((face) => !without.has(face.place));
      const chosen = target && chooseDonor(target, others, { kind, random });
      if (target && !chosen) {
        throw new RangeError(
          `A fake of ${
            JSON.stringify(faces.sample(place).path)
          } takes another person's face, and of the ` +
            `${known.size} whose landmarks can be read none is another's. Add pictures of other people, or ` +
            "make self-blended ones: --set forge=SBI.",
        );
      }
      return chosen && { place: chosen.face.place, mirrored: chosen.mirrored };
    },
  };
}
