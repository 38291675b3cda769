import assert from "node:assert/strict";
import { encodingScatter } from "lib/figures/encoding_scatter.ts";

Deno.test("encodingScatter keeps marked encodings apart, named, and sizes markers by count", () => {
  const figure = encodingScatter([
    { information: 0.5, objective: 0.4, count: 100, mark: null },
    { information: 0.7, objective: 1.4, count: 1, mark: "secret" },
  ], {});
  const [diagonal, all, marked] = figure.data as {
    x: number[];
    y: number[];
    marker: { size: number[] };
  }[];
  assert.deepEqual(diagonal.x, diagonal.y);
  assert.deepEqual([all.x, all.y], [[0.5], [0.4]]);
  assert.deepEqual([marked.x, marked.y], [[0.7], [1.4]]);
  assert(all.marker.size[0] > marked.marker.size[0]);
  assert(figure.layout.annotations!.some(({ text }) => text === "secret"));
  assert.match(figure.altText, /^101 encodings .* secret: 0\.70 and 1\.40\./);
});
