/** The paper's detector trained on WebGPU, against TensorFlow. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { provideAdapter } from "../engine/webgpu_adapter.ts";
import { type SmallPaperSteps, smallPaperSteps } from "./small_paper_steps.ts";

/**
 * How far numbers may be apart. Measured on lavapipe: 2.5e-6, 6.5e-6, 5e-7, 2e-5; on SwiftShader: 0.026, 0.21 (each
 * layer down adds to it), 6e-5, 5e-5.
 */
const LARGEST = (await provideAdapter()).roughness === 1
  ? { gradients: 3e-5, each: 1e-4, losses: 1e-5, scores: 3e-4 }
  : { gradients: 0.1, each: 0.5, losses: 1e-3, scores: 1e-3 };

/** The same steps in a process whose environment names another backend. */
async function stepsOn(backend: string): Promise<SmallPaperSteps> {
  const program = fileURLToPath(new URL("./small_paper_steps.ts", import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", program],
    env: { FORGERY_CLUES_BACKEND: backend, NO_COLOR: "1" },
  }).output();
  const [text, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.ok(success, errors);
  return JSON.parse(text.trim().split("\n").at(-1)!);
}

/** Euclidean length. */
const length = (values: readonly number[]) => Math.hypot(...values);

/** How far numbers are from others, as a share of the length of those. */
function distance(actual: readonly number[], expected: readonly number[]): number {
  assert.equal(actual.length, expected.length);
  return length(actual.map((x, i) => x - expected[i])) / length(expected);
}

Deno.test("train with FORGERY_CLUES_BACKEND=webgpu has TensorFlow's gradients, losses and scores", async () => {
  const expected = await smallPaperSteps(), actual = await stepsOn("webgpu");
  assert.deepEqual([actual.backend, expected.backend === "webgpu"], ["webgpu", false]);
  const names = Object.keys(expected.gradients);
  assert.deepEqual(Object.keys(actual.gradients), names);
  const all = ({ gradients }: SmallPaperSteps) => names.flatMap((name) => gradients[name]);
  const apart = distance(all(actual), all(expected));
  assert.ok(apart < LARGEST.gradients, `gradients are ${apart} apart`);
  for (const name of names) {
    const own = distance(actual.gradients[name], expected.gradients[name]);
    // The gradient of a bias before a batch norm is nothing but rounding.
    const isNothing = length(expected.gradients[name]) < 1e-6;
    assert.ok(isNothing || own < LARGEST.each, `${name} is ${own} apart`);
  }
  const losses = distance(actual.totals, expected.totals);
  assert.ok(losses < LARGEST.losses, `losses are ${losses} apart`);
  const scores = distance(actual.scores, expected.scores);
  assert.ok(scores < LARGEST.scores, `scores are ${scores} apart`);
});
