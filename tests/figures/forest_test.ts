import assert from "node:assert/strict";
import { forest } from "lib/figures/forest.ts";

const row = (label: string, series: string, value: number) => ({
  label,
  series,
  value,
  low: value - 0.1,
  high: value + 0.3,
});

Deno.test("forest puts lines under each other in their order, with whiskers to both ends", () => {
  const rows = [row("b", "ours", 1), row("a", "ours", 2), row("b", "theirs", 3)];
  const { data, layout } = forest(rows, { valueTitle: "difference", level: 0 });
  assert.equal(data.length, 2);
  const ours = data[0] as { x: number[]; y: number[]; error_x: { array: number[] } };
  const theirs = data[1] as { y: number[] };
  assert.deepEqual(ours.x, [1, 2]);
  assert.ok(ours.y[0] < 0.5 && ours.y[1] > 0.5);
  assert.ok(theirs.y[0] > ours.y[0] && theirs.y[0] < 0.5); // the same line, a little lower
  assert.ok(ours.error_x.array.every((above) => Math.abs(above - 0.3) < 1e-12));
  assert.deepEqual(layout.yaxis!.ticktext, ["b", "a"]);
  assert.deepEqual(layout.yaxis!.range, [1.5, -0.5]); // the first line on top
  assert.equal(layout.shapes!.length, 1);
});

Deno.test("forest grows with its lines and draws no whisker where there is no interval", () => {
  const few = [row("a", "ours", 1)], many = "abcdefghij".split("").map((l) => row(l, "ours", 1));
  const height = (rows: typeof few) => forest(rows, { valueTitle: "v" }).layout.height!;
  assert.ok(height(many) > height(few) + 100);
  const { data } = forest([{ label: "a", series: "s", value: 1, low: null }], { valueTitle: "v" });
  assert.ok(Number.isNaN((data[0] as { error_x: { array: number[] } }).error_x.array[0]));
});

Deno.test("forest gives a series the colour and mark of its place in the list, and no two of seven a mark", () => {
  const names = "abcdefg".split(""), all = names.map((name) => row("line", name, 1));
  const markers = (rows: typeof all, series?: string[]) =>
    forest(rows, { valueTitle: "v", ...series ? { series } : {} }).data.map((trace) => {
      const { name, marker } = trace as { name: string; marker: { color: string; symbol: string } };
      return { name, ...marker };
    });
  const whole = markers(all);
  for (const what of ["color", "symbol"] as const) {
    assert.equal(new Set(whole.map((marker) => marker[what])).size, names.length);
  }
  const some = markers([all[5], all[2]], names); // another order of rows, and gaps
  assert.deepEqual(some, [whole[2], whole[5]]);
});

Deno.test("forest puts a group's lines together under its heading, also where two groups have a label in common", () => {
  const rows = [
    { ...row("a", "ours", 1), group: "one" },
    { ...row("a", "ours", 2), group: "two" },
    { ...row("b", "ours", 3), group: "one" },
  ];
  const { data, layout } = forest(rows, { valueTitle: "v" });
  assert.deepEqual(layout.yaxis!.ticktext, ["<b>one</b>", "a", "b", "<b>two</b>", "a"]);
  assert.deepEqual((data[0] as { y: number[] }).y, [1, 4, 2]);
  assert.deepEqual(layout.yaxis!.range, [4.5, -0.5]);
});
