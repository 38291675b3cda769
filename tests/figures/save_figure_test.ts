/** Saving figures, and drawing them again from their rows. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { bars } from "lib/figures/bars.ts";
import { openExporter } from "lib/figures/export_figure.ts";
import type { Chart, Figure } from "lib/figures/figure.ts";
import { WIDTHS } from "lib/figures/chart_style.ts";
import { redraw, RESULTS, saveFigure, specificationHash } from "lib/figures/save_figure.ts";
import { trainingCurves } from "lib/figures/training_curves.ts";
import { withSlider } from "lib/figures/with_slider.ts";
import { EXAMPLE_FIGURES } from "./example_figures.ts";

/** Every chart that lib/figures exports, by name. */
async function allCharts(): Promise<Map<string, Chart<object, object>>> {
  const charts = new Map<string, Chart<object, object>>();
  const folder = new URL("../../lib/figures/", import.meta.url);
  for await (const { name } of Deno.readDir(folder)) {
    for (const exported of Object.values(await import(new URL(name, folder).href))) {
      if (typeof exported === "function" && "chart" in exported) {
        charts.set(String(exported.chart), exported as Chart<object, object>);
      }
    }
  }
  return charts;
}

/** The chart of that name, with a slider where the name says so. */
function chartCalled(
  name: string,
  charts: ReadonlyMap<string, Chart<object, object>>,
): Chart<object, object> | undefined {
  const [base = "", slider] = name.split(/(?= with a slider$)/), chart = charts.get(base);
  return chart && slider ? withSlider(chart) as unknown as Chart<object, object> : chart;
}

async function filesIn(folder: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for await (const { name } of Deno.readDir(folder)) {
    files[name] = await Deno.readFile(join(folder, name));
  }
  return files;
}

Deno.test("saveFigure writes four whole files, and the same bytes when it is run again", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const figure = EXAMPLE_FIGURES.training_of_terms_page;
    const paths = await saveFigure("training", figure, { folder });
    assert.deepEqual(
      paths,
      ["svg", "png", "csv", "json"].map((e) => join(folder, `training.${e}`)),
    );
    const first = await filesIn(folder);
    assert.deepEqual(
      Object.keys(first).sort(),
      ["csv", "json", "png", "svg"].map((e) => `training.${e}`),
    );
    await saveFigure("training", figure, { folder });
    assert.deepEqual(await filesIn(folder), first);
    const csv = new TextDecoder().decode(first["training.csv"]);
    assert.ok(
      csv.startsWith(
        "run,term,step,value\nwith local information loss,cross-entropy of the joint head (nats),0,1\n",
      ),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("every chart has an example, at the width of a page and of a column", async () => {
  for (const chart of (await allCharts()).keys()) {
    const widths = Object.values(EXAMPLE_FIGURES).filter((figure) => figure.source.chart === chart)
      .map((figure) => figure.layout.width);
    assert.deepEqual([...new Set(widths)].sort(), Object.values(WIDTHS).sort(), chart);
  }
});

Deno.test("redraw gives the same figure from the rows alone, for every chart", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using exporter = await openExporter();
    const charts = await allCharts();
    for (const [name, figure] of Object.entries(EXAMPLE_FIGURES)) {
      await saveFigure(name, figure, { folder, exporter });
      const again: Figure = await redraw(name, charts.get(figure.source.chart)!, { folder });
      assert.deepEqual([again.data, again.layout], [figure.data, figure.layout], name);
    }
    await assert.rejects(
      redraw("bars_page", trainingCurves, { folder }),
      /drawn by bars, not by training/,
    );
    await assert.rejects(redraw("nothing", bars, { folder }), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("saveFigure keeps rows and recipe where no Chrome starts, and leaves no half file", async () => {
  const folder = await Deno.makeTempDir();
  const before = Deno.env.get("CHROME");
  Deno.env.set("CHROME", join(folder, "no-chrome"));
  try {
    await assert.rejects(
      saveFigure("study/bars", EXAMPLE_FIGURES.bars_page, { folder }),
      /CHROME names, .*no-chrome, did not start/,
    );
    assert.deepEqual(Object.keys(await filesIn(join(folder, "study"))).sort(), [
      "bars.csv",
      "bars.json",
    ]);
    const again = await redraw("study/bars", bars, { folder });
    assert.deepEqual(again.data, EXAMPLE_FIGURES.bars_page.data);
  } finally {
    if (before === undefined) Deno.env.delete("CHROME");
    else Deno.env.set("CHROME", before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("saveFigure refuses names that lead out of its folder", async () => {
  for (const name of ["../bars", "/bars", "bars.svg", "", "a//b"]) {
    await assert.rejects(saveFigure(name, EXAMPLE_FIGURES.bars_page), RangeError, name);
  }
});

async function* recipes(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory && entry.name !== "runs") yield* recipes(path);
    else if (entry.name.endsWith(".json")) yield path.slice(RESULTS.length + 1, -".json".length);
  }
}

Deno.test("redraw gives the specification of every figure in results/", async () => {
  if (!await Deno.stat(RESULTS).then(() => true, () => false)) return;
  const charts = await allCharts();
  for await (const name of recipes(RESULTS)) {
    const recipe = JSON.parse(await Deno.readTextFile(join(RESULTS, `${name}.json`)));
    if (!("specification" in recipe)) continue; // not a figure's
    const chart = chartCalled(recipe.chart, charts);
    assert.ok(chart, `${name} was drawn by ${recipe.chart}, which lib/figures does not export`);
    const hash = await specificationHash(await redraw(name, chart));
    assert.equal(
      hash,
      recipe.specification,
      `${name} looks otherwise than its pictures: save it anew`,
    );
  }
});
