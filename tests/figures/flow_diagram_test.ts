/** Boxes and arrows stand where the rows say. */
import assert from "node:assert/strict";
import { flowDiagram, type FlowRow } from "lib/figures/flow_diagram.ts";

const box = (from: string, place: Partial<FlowRow> = {}): FlowRow => ({
  ...{ from, to: null, label: from, kind: "", left: 0, right: 0.2, top: 0, bottom: 1 },
  ...place,
});
const arrow = (from: string, to: string): FlowRow => ({
  ...{ from, to, label: "", kind: "", left: null, right: null, top: null, bottom: null },
});
const right = { left: 0.5, right: 0.7 }, below = { top: 2, bottom: 3 };

/** Where the one arrow of a diagram begins and ends, in pixels. */
function arrowOf(rows: readonly FlowRow[]) {
  const { layout } = flowDiagram(rows, {});
  const [{ ax, ay, x, y }] = layout.annotations!.filter(({ showarrow }) => showarrow);
  return { from: [ax as number, ay as number], to: [x as number, y as number] };
}

Deno.test("flowDiagram's arrows go from edge to edge: level, straight down, or across", () => {
  const level = arrowOf([box("a"), box("b", right), arrow("a", "b")]);
  assert.equal(level.from[1], level.to[1]);
  assert.ok(level.to[0] > level.from[0]);
  const down = arrowOf([box("a"), box("b", below), arrow("a", "b")]);
  assert.equal(down.from[0], down.to[0]);
  assert.ok(down.to[1] < down.from[1], "Plotly's y grows upwards");
  const across = arrowOf([box("a"), box("b", { ...right, ...below }), arrow("a", "b")]);
  assert.ok(across.to[0] > across.from[0] && across.to[1] < across.from[1]);
  const tall = arrowOf([
    box("a", { bottom: 4 }),
    box("b", { ...right, ...below }),
    arrow("a", "b"),
  ]);
  assert.equal(tall.from[1], tall.to[1], "at the height of the smaller box");
});

Deno.test("flowDiagram has a legend of kinds, and says all of it in words", () => {
  const rows = [
    box("a", { kind: "networks" }),
    box("b", { ...right, kind: "losses" }),
    arrow("a", "b"),
  ];
  const { data, altText, layout } = flowDiagram(rows, { title: "Framework" });
  assert.deepEqual(data.map((trace) => (trace as { name: string }).name), ["networks", "losses"]);
  assert.equal(layout.shapes!.length, 2);
  assert.match(altText, /^Framework\. Diagram of boxes a, b\. Arrows: a to b\./);
});

Deno.test("flowDiagram refuses boxes and arrows that cannot be drawn", () => {
  const draw = (...rows: FlowRow[]) => flowDiagram(rows, {});
  assert.throws(() => draw(box("a"), box("a")), /Two boxes are called "a"/);
  assert.throws(() => draw(box("a"), arrow("a", "c")), /from "a" to "c": there is no such box/);
  assert.throws(() => draw(box("a", { left: 0.3 })), /edges that are the wrong way round/);
  assert.throws(() => draw(box("a", { top: null })), /"a" has no place/);
});
