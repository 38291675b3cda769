/**
 * The paper's detector trained on WebGPU, against TensorFlow. Needs a WebGPU adapter; where there is no GPU,
 * Mesa's lavapipe is one: `apt-get install mesa-vulkan-drivers`.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type SmallPaperSteps, smallPaperSteps } from "./small_paper_steps.ts";

/** The same steps in a process whose environment names another backend. */
async function stepsOn(backend: string): Promise<SmallPaperSteps> {
  const program = fileURLToPath(new URL("./small_paper_steps.ts", import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", program],
    env: { FORGERY_CLUES_BACKEND: backend, NO_COLOR: "1" },
  }).output();
  const [text, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.ok(success, `It needs a WebGPU adapter (apt-get install mesa-vulkan-drivers): ${errors}`);
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
  assert.ok(apart < 3e-5, `gradients are ${apart} apart`); // measured: 2.5e-6
  for (const name of names) {
    const own = distance(actual.gradients[name], expected.gradients[name]);
    // The gradient of a bias before a batch norm is nothing but rounding.
    const isNothing = length(expected.gradients[name]) < 1e-6;
    assert.ok(isNothing || own < 1e-4, `${name} is ${own} apart`); // measured: 6.5e-6
  }
  const losses = distance(actual.totals, expected.totals);
  assert.ok(losses < 1e-5, `losses are ${losses} apart`); // measured: 5e-7 after two steps
  const scores = distance(actual.scores, expected.scores);
  assert.ok(scores < 3e-4, `scores are ${scores} apart`); // measured: 2e-5 after three steps
});
