import assert from "node:assert/strict";
import { entropy, mutualInformation } from "lib/information/entropy.ts";
import { jointFromFunction } from "lib/information/joint.ts";
import { randomJoint } from "lib/information/random_joint.ts";
import { vennRegions } from "lib/information/venn_regions.ts";
import { createRandom } from "lib/random.ts";
import { near } from "./near.ts";

Deno.test("vennRegions sum to each circle's entropy and each pair's information", () => {
  const random = createRandom(9, "venn");
  const joint = randomJoint({ y: 2, a: 2, b: 3, c: 2 }, { random });
  const circles = { y: "y", z1: ["a", "b"], z2: "c" };
  const regions = vennRegions(joint, circles);
  assert.equal(regions.length, 7);
  const total = (...inside: string[]) =>
    regions.filter((r) => inside.every((c) => r.inside.includes(c))).reduce(
      (s, r) => s + r.value,
      0,
    );
  Object.entries(circles).forEach(([c, names]) => near(total(c), entropy(joint, names)));
  near(total("y", "z1"), mutualInformation(joint, ["y", ["a", "b"]]));
  near(total("y", "z2"), mutualInformation(joint, ["y", "c"]));
  near(total("z1", "z2"), mutualInformation(joint, [["a", "b"], "c"]));
  near(total(), entropy(joint, joint.names));
});

Deno.test("vennRegions names each region and shows a negative triple overlap for XOR", () => {
  const xor = jointFromFunction({ y: 2, z1: 2, z2: 2 }, (y, a, b) => y === (a ^ b) ? 1 / 4 : 0);
  const regions = vennRegions(xor, { y: "y", z1: "z1", z2: "z2" });
  assert.deepEqual(regions.map((r) => [r.symbol, r.value]), [
    ["H(y | z1, z2)", 0],
    ["H(z1 | y, z2)", 0],
    ["H(z2 | y, z1)", 0],
    ["I(y; z1 | z2)", 1],
    ["I(y; z2 | z1)", 1],
    ["I(z1; z2 | y)", 1],
    ["I(y; z1; z2)", -1],
  ]);
  assert.throws(() => vennRegions(xor, { y: "y", z1: "z1" }), /three circles, not 2/);
});
