/**
 * Which demo faces go into which split. Who gives a face to whom is left to choose_donor.ts.
 */
import { createRandom } from "lib/random.ts";
import { reachOf } from "./demo_crops.ts";
import type { DemoFace } from "./demo_faces.ts";

/** Share of the faces that go into the test split. */
const TEST_SHARE = 0.3;

/** Whether some crop of `a` may show part of the face `b`. */
function shows(a: DemoFace, b: DemoFace, margin: number): boolean {
  if (a.photograph !== b.photograph) return false;
  const [x0, y0, x1, y1] = reachOf(a, margin), [u0, v0, u1, v1] = b.box;
  return x0 < u1 && u0 < x1 && y0 < v1 && v0 < y1;
}

/** Faces that may not be parted: of one unit, or in each other's crops; directly or through others. */
export function inseparable(faces: readonly DemoFace[], margin: number): DemoFace[][] {
  const groups: DemoFace[][] = [];
  for (const face of faces) {
    const linked = groups.filter((group) =>
      group.some((other) =>
        other.unit === face.unit || shows(face, other, margin) || shows(other, face, margin)
      )
    );
    for (const group of linked) groups.splice(groups.indexOf(group), 1);
    groups.push([...linked.flat(), face]);
  }
  return groups;
}

/**
 * The faces that are not in profile, in two groups that share no unit and do not show in each other's
 * crops; about `TEST_SHARE` of them in the second. Test faces come from as many photographs as
 * possible, so that both groups see every light.
 *
 * @throws RangeError when the margin is so wide that the faces cannot be kept apart.
 */
export function splitFaces(
  faces: readonly DemoFace[],
  options: { seed: number; margin: number },
): { train: DemoFace[]; test: DemoFace[] } {
  const { seed, margin } = options;
  const frontal = faces.filter(({ profile }) => !profile);
  const groups = createRandom(seed, "stand-in split").shuffle(inseparable(faces, margin))
    .map((group) => group.filter(({ profile }) => !profile)).filter((group) => group.length > 0);
  const room = Math.round(TEST_SHARE * frontal.length);
  const test: DemoFace[] = [];
  const take = (allowed: (group: DemoFace[]) => boolean) => {
    for (const group of groups) {
      const fits = test.length + group.length <= room && !test.includes(group[0]);
      if (fits && allowed(group)) test.push(...group);
    }
  };
  const isNew = (face: DemoFace) => test.every((other) => other.photograph !== face.photograph);
  take((group) => group.every(isNew));
  take(() => true);
  if (new Set(test.map(({ unit }) => unit)).size < 2) {
    throw new RangeError(
      `At a margin of ${margin} the crops of one photograph show each other's faces, so that no ` +
        "split keeps faces apart. Use a smaller margin; up to 0.3 is safe.",
    );
  }
  return {
    train: frontal.filter((face) => !test.includes(face)),
    test: frontal.filter((face) => test.includes(face)),
  };
}
