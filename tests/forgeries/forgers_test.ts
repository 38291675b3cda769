import assert from "node:assert/strict";
import { createRandom } from "lib/random.ts";
import { METHODS } from "lib/data/samples.ts";
import type { FaceCrop } from "lib/forgeries/face_crop.ts";
import { forgerOf, FORGERS } from "lib/forgeries/forgers.ts";
import { drawnFace } from "../faces/drawn_face.ts";

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
