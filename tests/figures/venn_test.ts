import assert from "node:assert/strict";
import { venn } from "lib/figures/venn.ts";
import type { VennRow } from "lib/figures/venn_diagram.ts";
import { entropy } from "lib/information/entropy.ts";
import { jointFromFunction } from "lib/information/joint.ts";
import { vennRegions } from "lib/information/venn_regions.ts";

const clues = jointFromFunction(
  { y: 2, z1: 2, z2: 2 },
  (y, a, b) => (a === y ? 0.95 : 0.05) * (b === y ? 0.8 : 0.2) / 2,
);
const xor = jointFromFunction({ y: 2, z1: 2, z2: 2 }, (y, a, b) => y === (a ^ b) ? 1 / 4 : 0);
const circles = { y: "y", z1: "z1", z2: "z2" };
const rowsOf = (diagram: string, joint: typeof xor): VennRow[] =>
  vennRegions(joint, circles).map((row) => ({ diagram, ...row }));

type Drawn = ReturnType<typeof venn>;
const textsOf = (figure: Drawn) => (figure.layout.annotations ?? []).map((a) => a.text);

Deno.test("venn draws circles whose areas are in the ratio of the entropies, and round", () => {
  const uneven = jointFromFunction(
    { y: 2, z1: 4, z2: 2 },
    (y, a, b) => (a >> 1 === y ? 0.45 : 0.05) * (b === y ? 0.8 : 0.2) / 2,
  );
  const { layout } = venn(rowsOf("uneven", uneven), {});
  const { t = 0, b = 0, l = 0, r = 0 } = layout.margin ?? {};
  const shapes = layout.shapes!, [, right] = layout.xaxis!.range as number[];
  const [, top] = layout.yaxis!.range as number[];
  assert.equal(right, layout.width - l - r); // one unit is one pixel both ways
  assert.equal(top, layout.height - t - b);
  const area = shapes.map(({ x0, x1, y0, y1 }) => {
    const [wide, high] = [Number(x1) - Number(x0), Number(y1) - Number(y0)];
    assert(Math.abs(wide - high) < 0.21); // coordinates are rounded to a tenth
    return wide * wide;
  });
  const h = ["y", "z1", "z2"].map((name) => entropy(uneven, name));
  assert(Math.abs(area[1] / area[0] - h[1] / h[0]) < 0.02);
  assert(Math.abs(area[2] / area[0] - h[2] / h[0]) < 0.02);
});

Deno.test("venn lists all seven values, and writes those with room into their region", () => {
  const figure = venn(rowsOf("two clues", clues), {});
  const texts = textsOf(figure);
  assert(texts.includes("I(y; z<sub>1</sub> | z<sub>2</sub>) = 0.49"));
  assert(texts.includes("I(y; z<sub>1</sub>; z<sub>2</sub>) = 0.22"));
  assert.equal(texts.filter((text) => text?.includes(" = ")).length, 7);
  assert(texts.includes("0.49"));
  assert.match(figure.altText, /H\(y \| z1, z2\) = 0\.23/);
});

Deno.test("venn says that no diagram can be drawn where the triple overlap is negative", () => {
  const figure = venn([...rowsOf("two clues", clues), ...rowsOf("exclusive or", xor)], {});
  const said = textsOf(figure).filter((text) =>
    text?.replaceAll("<br>", " ").startsWith("no Venn")
  );
  assert.equal(said.length, 1);
  assert(textsOf(figure).some((text) => text?.includes("= −1.00")));
  assert.match(figure.altText, /exclusive or: no Venn diagram can be drawn/);
  const dotted = figure.layout.shapes!.filter((shape) => shape.line?.dash === "dot");
  assert.equal(dotted.length, 3);
});

Deno.test("venn says where the middle's drawn area is not its value", () => {
  const texts = textsOf(venn(rowsOf("two clues", clues), {}));
  assert(texts.some((text) => /middle: drawn area 0\.\d\d, true 0\.22/.test(text ?? "")));
});

Deno.test("venn refuses missing regions and negative areas", () => {
  const rows = rowsOf("two clues", clues);
  assert.throws(() => venn(rows.slice(1), {}), { name: "TypeError", message: /seven regions/ });
  const bad = rows.map((row) => row.symbol === "H(y | z1, z2)" ? { ...row, value: -0.1 } : row);
  assert.throws(() => venn(bad, {}), { name: "RangeError", message: /H\(y \| z1, z2\) is -0.1/ });
});
