import assert from "node:assert/strict";
import { createRandom } from "lib/random.ts";
import { METHODS } from "lib/data/samples.ts";
import type { FaceCrop } from "lib/forgeries/face_crop.ts";
import type { Forger, Forgery } from "lib/forgeries/forger.ts";
import { forgerOf, FORGERS } from "lib/forgeries/forgers.ts";
import { drawnFace } from "../faces/drawn_face.ts";

import { fuzzedFaces, holdsFace } from "./fuzzed_faces.ts";

/** A grey crop with a drawn face's landmarks, scaled to its size. */
function faceCrop(size: number): FaceCrop {
  return {
    image: { data: new Uint8Array(size * size * 3).fill(120), width: size, height: size },
    landmarks: drawnFace(2).map(([x, y]) => [x * size / 100, y * size / 100]),
  };
}

Deno.test("FORGERS are named by their keys, and METHODS spells all of them out", () => {
  for (const [name, forger] of Object.entries(FORGERS)) {
    assert.equal(forger.name, name);
    assert.ok(METHODS[name], `${name} in METHODS`);
    assert.ok(forger.is && forger.source);
    assert.equal(forgerOf(name), forger);
  }
});

Deno.test("forgerOf names what there is", () => {
  assert.throws(() => forgerOf("toString"), /no forger "toString".*DF, F2F, FS, NT/);
});

Deno.test("forge refuses to work without the other face it needs, or with one of another size", async () => {
  const target = faceCrop(64), random = createRandom(1);
  for (const forger of Object.values(FORGERS).filter(({ donor }) => donor !== "none")) {
    await assert.rejects(forger.forge(target, { random }), /RangeError.*another person's face/s);
    const donor = faceCrop(48);
    await assert.rejects(forger.forge(target, { random, donor }), /RangeError.*one size.*48/s);
  }
});

/** These send both pictures through a JPEG at times, or through another size. */
const SAME_WAY = new Set(["SBI", "BI", "I2G"]);

/** One forger on one fuzzed face: a pair that holds what the seam promises, or a RangeError. */
async function checkFace(forger: Forger, seed: number): Promise<"pair" | "refused"> {
  const { target, donor } = fuzzedFaces(seed);
  const before = [target.image.data.slice(), donor.image.data.slice()];
  const make = () => forger.forge(target, { random: createRandom(seed, "fuzz"), donor });
  let pair: Forgery;
  try {
    pair = await make();
  } catch (error) {
    const { name } = forger, needed = forger.donor === "none" ? [target] : [target, donor];
    assert.ok(error instanceof RangeError, `${name} ${seed}: ${(error as Error).stack}`);
    assert.ok(!needed.every(holdsFace), `${name} ${seed}: ${error.message}`);
    return "refused";
  }
  const { width } = target.image;
  for (const picture of [pair.real, pair.fake, pair.mask]) {
    assert.deepEqual([picture.width, picture.height], [width, width]);
  }
  assert.deepEqual([pair.fake.data.length, pair.mask.data.length], [3 * width ** 2, width ** 2]);
  assert.ok(pair.mask.data.some((value) => value > 0), `${forger.name} ${seed}: empty mask`);
  assert.deepEqual([target.image.data, donor.image.data], before);
  if (!SAME_WAY.has(forger.name)) {
    const outside = pair.fake.data.findIndex((value, i) =>
      pair.mask.data[Math.floor(i / 3)] === 0 && value !== pair.real.data[i]
    );
    assert.equal(outside, -1, `${forger.name} ${seed}: a pixel outside of the mask differs`);
  }
  if (seed % 5 === 0) assert.deepEqual(await make(), pair);
  return "pair";
}

Deno.test("every forger makes a pair of any face that a crop can hold, or says why not", async () => {
  const forgers = Object.values(FORGERS), made = { pair: 0, refused: 0 };
  // By hand: FUZZ=1000 takes so many faces, each by all forgers.
  const count = Number(Deno.env.get("FUZZ") ?? 0);
  for (let seed = 0; seed < (count || 60); seed++) {
    const some = count ? forgers : [forgers[seed % forgers.length]];
    for (const forger of some) made[await checkFace(forger, seed)]++;
  }
  // deno-lint-ignore no-console
  if (count) console.log(made);
  assert.ok(made.pair > made.refused, JSON.stringify(made));
});
