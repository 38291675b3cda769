import assert from "node:assert/strict";
import { createRandom } from "lib/random.ts";
import { featureInformation } from "lib/studies/planted_clues/feature_information.ts";

/** Pictures with two blocks; the label is the sum of two hidden numbers' sign, seen through noise. */
function pictures(features: (a: number, b: number) => number[][]) {
  const random = createRandom(2, "information");
  const labels: number[] = [];
  const outputs = Array.from({ length: 2000 }, () => {
    const a = random.normal(), b = random.normal();
    labels.push(a + b + 0.5 * random.normal() > 0 ? 1 : 0);
    return { global: 0, joint: 0, leaveOneOut: [], features: features(a, b) };
  });
  return { outputs, labels };
}

Deno.test("featureInformation finds nothing unique in blocks that repeat each other", () => {
  const { outputs, labels } = pictures((a, b) => [[a, b], [b + a, a - b]]);
  const { all, bestSingle, unique } = featureInformation(outputs, labels)!;
  assert.ok(Math.abs(all - bestSingle) < 0.01);
  assert.ok(Math.abs(unique) < 0.01, `${unique}`);
});

Deno.test("featureInformation finds what each of two different blocks adds", () => {
  const { outputs, labels } = pictures((a, b) => [[a], [b]]);
  const { all, bestSingle, unique } = featureInformation(outputs, labels)!;
  assert.ok(all < bestSingle - 0.2 && bestSingle < Math.LN2);
  assert.ok(unique > 0.4, `${unique}`);
});

Deno.test("featureInformation of one block is what it knows above chance", () => {
  const { outputs, labels } = pictures((a) => [[a]]);
  const { all, unique } = featureInformation(outputs, labels)!;
  assert.ok(Math.abs(unique - (Math.LN2 - all)) < 1e-12);
});

Deno.test("featureInformation is not measured on more features than so few pictures can tell apart", () => {
  const { outputs, labels } = pictures(() => [new Array(257).fill(0)]);
  assert.equal(featureInformation(outputs, labels), undefined);
});
