/**
 * Charts: their specifications against snapshots, and what they refuse. After a change on purpose:
 * UPDATE_SNAPSHOTS=1 deno test -A tests/figures, then look at the figures.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rocAuc, rocCurve } from "lib/evaluation/roc.ts";
import { bars } from "lib/figures/bars.ts";
import { heatMapGrid } from "lib/figures/heat_map_grid.ts";
import { WIDTHS, wrapText } from "lib/figures/chart_style.ts";
import { rocCurves } from "lib/figures/roc_curves.ts";
import { table } from "lib/figures/table.ts";
import { trainingCurves } from "lib/figures/training_curves.ts";
import { EXAMPLE_FIGURES } from "./example_figures.ts";

const SNAPSHOTS = fileURLToPath(new URL("snapshots", import.meta.url));

Deno.test("charts give the specifications of the snapshots, twice, without changing their rows", async () => {
  for (const [name, figure] of Object.entries(EXAMPLE_FIGURES)) {
    const specification = JSON.parse(JSON.stringify(figure));
    const path = join(SNAPSHOTS, `${name}.json`);
    if (Deno.env.get("UPDATE_SNAPSHOTS")) {
      await Deno.mkdir(SNAPSHOTS, { recursive: true });
      await Deno.writeTextFile(path, JSON.stringify(specification, null, 2) + "\n");
    }
    assert.deepEqual(specification, JSON.parse(await Deno.readTextFile(path)), name);
  }
});

Deno.test("every figure has words, white paper and the width that it names", () => {
  for (const [name, figure] of Object.entries(EXAMPLE_FIGURES)) {
    assert.ok(figure.altText.length > 20, name);
    assert.equal(figure.layout.paper_bgcolor, "white");
    assert.equal(figure.layout.width, name.endsWith("column") ? WIDTHS.column : WIDTHS.page);
  }
});

Deno.test("trainingCurves takes trailing means, keeps gaps and refuses a window of 0", () => {
  const rows = [4, 2, null, 6].map((value, step) => ({ run: "a", term: "loss", step, value }));
  const [trace] = trainingCurves(rows, { smooth: 2 }).data;
  assert.deepEqual((trace as { y: unknown }).y, [4, 3, null, 6]);
  assert.throws(() => trainingCurves(rows, { smooth: 0 }), /smooth is 0/);
});

Deno.test("heatMapGrid shares one scale, says where there is no evidence, and refuses broken maps", () => {
  const cell = { row: "DF", column: "block 1", image: "data:image/png;base64,", map: [[0.25]] };
  const other = { ...cell, column: "block 2", map: [[-1, 4]] };
  const none = { ...cell, column: "block 3", map: [[-1, 0]] };
  const { layout, data } = heatMapGrid([cell, other, none], { size: "column" });
  assert.deepEqual([layout.coloraxis?.cmin, layout.coloraxis?.cmax], [0, 4]);
  assert.equal(data.length, 2);
  assert.ok(layout.annotations?.some((note) => note.text === "no positive<br>evidence"));
  assert.throws(() => heatMapGrid([{ ...cell, map: [[NaN]] }], {}), /DF, block 1 holds NaN/);
  assert.throws(() => heatMapGrid([{ ...cell, map: [[1], [1, 2]] }], {}), TypeError);
  assert.throws(() => heatMapGrid([{ ...cell, map: [] }], {}), TypeError);
  const many = Array.from({ length: 20 }, (_, i) => ({ ...cell, column: `block ${i}` }));
  assert.throws(() => heatMapGrid(many, {}), /20 columns at page width/);
});

Deno.test("rocCurves names the area that rocAuc computes", () => {
  const [scores, labels] = [[0.1, 0.6, 0.4, 0.9, 0.4, 0.2], [0, 0, 1, 1, 0, 1]];
  const rows = rocCurve(scores, labels).map((point) => ({ series: "ours", ...point }));
  const [, line] = rocCurves(rows, {}).data as { name?: string }[];
  assert.equal(line.name, `ours (AUC ${rocAuc(scores, labels).toFixed(3)})`);
});

Deno.test("bars and tables say what is undefined, and never draw it as a number", () => {
  const [bar] = bars([{ group: "DF", series: "ours", value: null }], { valueTitle: "AUC" }).data;
  assert.deepEqual((bar as { text: string[] }).text, ["undefined"]);
  const cell = { row: "DF", column: "AUC", source: "ours", reason: "needs FF++" } as const;
  const { annotations = [] } = table([{ ...cell, value: null }], {}).layout;
  const texts = annotations.map(({ text }) => text);
  assert.ok(texts.includes("–<sup>1</sup>") && texts.includes("<sup>1</sup> needs FF++"));
  const known = table([{ ...cell, value: 0.5, low: 0.25, high: 0.75 }], { decimals: 2 }).layout;
  assert.ok(known.annotations?.some(({ text }) => text === "0.50 [0.25, 0.75]"));
});

Deno.test("wrapText breaks at spaces only, and does not count tags", () => {
  assert.equal(wrapText("one two three", { width: 52, fontSize: 10 }), "one two<br>three");
  assert.equal(wrapText("indivisible", { width: 20, fontSize: 10 }), "indivisible");
  assert.equal(wrapText("<b>one</b> two", { width: 52, fontSize: 10 }), "<b>one</b> two");
});
