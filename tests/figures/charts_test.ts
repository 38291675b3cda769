/**
 * Charts: their specifications against snapshots, and what they refuse. After a change on purpose:
 * UPDATE_SNAPSHOTS=1 deno test -A tests/figures, then look at the figures.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rocAuc, rocCurve } from "lib/evaluation/roc.ts";
import { bars } from "lib/figures/bars.ts";
import { curves } from "lib/figures/curves.ts";
import type { Figure } from "lib/figures/figure.ts";
import { heatMapGrid } from "lib/figures/heat_map_grid.ts";
import { FONT_SIZES, WIDTHS, wrapText } from "lib/figures/chart_style.ts";
import { lineIntervals } from "lib/figures/line_intervals.ts";
import { rocCurves } from "lib/figures/roc_curves.ts";
import { settingSweep } from "lib/figures/setting_sweep.ts";
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
  const scaled = heatMapGrid([cell, other, none], { size: "column", maximum: 2 });
  assert.deepEqual([scaled.layout.coloraxis?.cmax, scaled.data.length], [2, 3]);
  assert.equal(scaled.layout.annotations!.length, layout.annotations!.length);
  assert.throws(() => heatMapGrid([{ ...cell, map: [[NaN]] }], {}), /DF, block 1 holds NaN/);
  assert.throws(() => heatMapGrid([{ ...cell, map: [[1], [1, 2]] }], {}), TypeError);
  assert.throws(() => heatMapGrid([{ ...cell, map: [] }], {}), TypeError);
  const columns = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...none, column: `photograph ${i}` }));
  const small = heatMapGrid(columns(14), {}).layout.annotations!;
  assert.ok(small.some(({ text }) => text === "nothing<br>positive"));
  const sizeOf = (column: string) => small.find(({ text }) => text === column)!.font!.size!;
  assert.ok(sizeOf("photograph<br>1") < FONT_SIZES.small);
  const many = columns(20);
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

Deno.test("table sets what is printed, marks best and second, and tells groups with equal lines apart", () => {
  const cell = { row: "Xception", column: "AUC", source: "paper" } as const;
  const figure = table([
    { ...cell, group: "FF++", value: 0.75, text: "0.750*", mark: "second" },
    { ...cell, group: "CD2", value: 0.98, mark: "best" },
  ], { decimals: 2 });
  const texts = figure.layout.annotations?.map(({ text }) => text) ?? [];
  const wanted = ["<b>FF++</b>", "<i><u>0.750*</u></i>", "<b>CD2</b>", "<i><b>0.98</b></i>"];
  assert.deepEqual(texts.filter((text) => wanted.includes(text!)), wanted);
  assert.equal(texts.filter((text) => text === "Xception").length, 2);
  assert.match(figure.altText, /Xception \(FF\+\+\), Xception \(CD2\)/);
});

/** Six series in two panels, the second panel in another order and without the first series. */
function linesOfEveryChart(): Record<string, Figure> {
  const names = ["a", "b", "c", "d", "e", "f"];
  const places = [["first", names], ["second", names.slice(1).reverse()]] as const;
  const points = places.flatMap(([panel, series]) =>
    series.flatMap((name) => [0, 1].map((x) => ({ panel, name, x, value: x })))
  );
  return {
    curves: curves(points.map((p) => ({ ...p, series: p.name })), { xTitle: "x" }),
    trainingCurves: trainingCurves(
      points.map(({ panel, name, x, value }) => ({ term: panel, run: name, step: x, value })),
      {},
    ),
    settingSweep: settingSweep(
      points.map(({ panel, name, x, value }) => (
        { quantity: panel, series: name, setting: x, value, low: null, high: null }
      )),
      {},
    ),
    lineIntervals: lineIntervals(
      points.slice(0, 12).map(({ name, x, value }) => ({ series: name, x, value })),
      { xTitle: "x", valueTitle: "y" },
    ),
  };
}

Deno.test("six lines differ without colour, and a name looks the same in every panel", () => {
  for (const [chart, { data }] of Object.entries(linesOfEveryChart())) {
    const looks = new Map<string, Set<string>>();
    for (const trace of data) {
      const { name, line } = trace as { name: string; line: { color: string; dash: string } };
      looks.set(name, (looks.get(name) ?? new Set()).add(`${line.color} ${line.dash}`));
    }
    assert.equal(looks.size, 6, chart);
    const each = [...looks.values()].map((of) => [...of]);
    assert.ok(each.every((of) => of.length === 1), chart);
    assert.equal(new Set(each.map(([look]) => look!.split(" ")[1])).size, 6, `${chart}: dashes`);
  }
});

Deno.test("reference lines lie in the panel that they name, and are named beside their line and in words", () => {
  const rows = ["AUC", "loss (nats)"].map((panel) => ({ panel, series: "a", x: 0, value: 0.9 }));
  const chance = { panel: "AUC", value: 0.5, label: "chance" };
  const { layout, altText } = curves(rows, { xTitle: "x", references: [chance, { value: 1 }] });
  const lines = layout.shapes!.map(({ xref, yref, y0, y1 }) => [xref, yref, y0, y1]);
  assert.deepEqual(lines, [
    ["x domain", "y", 0.5, 0.5],
    ["x domain", "y", 1, 1],
    ["x2 domain", "y2", 1, 1],
  ]);
  const labels = layout.annotations!.filter(({ text }) => text === "chance");
  assert.deepEqual(labels.map(({ x, yref, y }) => [x, yref, y]), [[1, "y", 0.5]]);
  const left = curves(rows, { xTitle: "x", references: [{ ...chance, labelAt: "left" }] });
  assert.deepEqual(
    left.layout.annotations!.filter(({ text }) => text === "chance").map((
      { x, xanchor },
    ) => [x, xanchor]),
    [[0, "left"]],
  );
  assert.match(altText, /Reference lines: chance at 0\.5 in AUC, 1\./);
  const lost = { ...chance, panel: "auc" };
  assert.throws(
    () => curves(rows, { xTitle: "x", references: [lost] }),
    /panel "auc". There are "AUC", "loss \(nats\)"/,
  );
  assert.throws(() => curves(rows, { xTitle: "x", references: [{ value: NaN }] }), RangeError);
  const bar = bars([{ group: "DF", series: "a", value: 0.9 }], {
    valueTitle: "AUC",
    references: [chance],
  });
  assert.deepEqual(bar.layout.shapes!.map(({ y0 }) => y0), [0.5]);
  assert.equal(bar.layout.annotations![0]!.xanchor, "left", "beside the bars, not on them");
});

Deno.test("bars name groups in the figure's own type, and keep room for their lines alone", () => {
  const of = (group: string, count = 4) =>
    bars(
      Array.from({ length: count }, (_, i) => ({ group: `${group} ${i}`, series: "a", value: i })),
      {
        valueTitle: "pictures",
      },
    ).layout;
  const [short, long] = [of("DF"), of("a name that needs more than one line")];
  assert.equal(short.xaxis!.tickfont!.size, FONT_SIZES.page);
  assert.ok(short.margin!.b! < 2.5 * FONT_SIZES.page, `${short.margin!.b} pixels below`);
  assert.ok(long.margin!.b! > short.margin!.b!);
  assert.equal(of("unbreakable-and-long-name", 12).xaxis!.tickfont!.size, FONT_SIZES.small);
});

Deno.test("wrapText breaks at spaces, words that do not fit at hyphens, and does not count tags", () => {
  assert.equal(wrapText("one two three", { width: 52, fontSize: 10 }), "one two<br>three");
  assert.equal(wrapText("indivisible", { width: 20, fontSize: 10 }), "indivisible");
  assert.equal(wrapText("<b>one</b> two", { width: 52, fontSize: 10 }), "<b>one</b> two");
  const narrow = { width: 42, fontSize: 10 };
  assert.equal(wrapText("a Multi-Attentional", narrow), "a<br>Multi-<br>Attentional");
  assert.equal(wrapText("X-ray −0.5", narrow), "X-ray<br>−0.5");
});
