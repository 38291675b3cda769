import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { disposeParameters } from "lib/networks/parameters.ts";
import { fromTorchLayout } from "lib/networks/weights/torch_layout.ts";
import { fill, fillImages, fillParameters, readFixture, torchValues } from "./fixture_formula.ts";

await tf.setBackend("cpu");

const { tensors, images, raw } = await readFixture<{
  tensors: { key: string; shape: number[]; gain: number; fnv1a_of_le_bytes: number }[];
  images: { name: string; shape: [number, 3, number, number]; fnv1a_of_le_bytes: number }[];
  raw: { name: string; n: number; a: number; off: number; bits: number[] }[];
}>("formula_check.json");

/** FNV-1a of the numbers' bytes. */
function hashOfBytes(values: Float32Array): number {
  let h = 0x811c9dc5;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

Deno.test("fill gives the fixtures' numbers bit for bit", () => {
  for (const { name, n, a, off, bits } of raw) {
    const values = fill(name, n, { amplitude: a, offset: off });
    assert.deepEqual([...new Uint32Array(values.buffer)], bits, name);
  }
});

Deno.test("fillParameters fills whole tensors of all backbones bit for bit", () => {
  for (const { key, shape, gain, fnv1a_of_le_bytes } of tensors) {
    const size = shape.reduce((a, b) => a * b, 1);
    const here = fromTorchLayout({ shape, values: new Float32Array(size) }).shape;
    const parameters = { [key]: tf.tidy(() => tf.variable(tf.zeros([...here]))) };
    fillParameters(parameters, gain);
    const values = torchValues(parameters[key], "weight");
    assert.equal(hashOfBytes(values), fnv1a_of_le_bytes, key);
    disposeParameters(parameters);
  }
});

Deno.test("fillImages gives the fixtures' images bit for bit", () => {
  for (const { name, shape: [batch, , size], fnv1a_of_le_bytes } of images) {
    const x = fillImages(name, batch, size);
    const values = torchValues(x, "activation");
    assert.equal(hashOfBytes(values), fnv1a_of_le_bytes, name);
    x.dispose();
  }
});
