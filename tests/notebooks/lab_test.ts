/** What a person sees in JupyterLab, seen by a real browser. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { launchChrome } from "lib/figures/chrome.ts";
import { runNotebook } from "lib/tasks/notebooks.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import {
  keepScreenshot,
  KERNEL,
  openNotebook,
  press,
  runCell,
  sizeOf,
  stop,
  waitForTraces,
  waitForWords,
  wakeChart,
} from "./lab_page.ts";
import { startLab } from "./lab_server.ts";
import { MADE_FOR_TESTS, temporaryNotebook } from "./temporary_notebook.ts";
import { trainingCell } from "./training_cell.ts";

const BEGIN = `
import { trainingCurves } from "lib/figures/training_curves.ts";
import { showLive } from "lib/figures/show_figure.ts";
const row = (term: string, step: number, first: number) =>
  ({ run: "a", term, step, value: first / (step + 1) });
const rows = [0, 1, 2].map((step) => row("cross-entropy", step, 1));
const live = showLive();
await live.update(trainingCurves(rows, {}));`;

const UPDATE = `
rows.push(...[0, 1, 2].map((step) => row("local information", step, 0.5)));
await live.update(trainingCurves(rows, {}));`;

const TABLE = `
import { showRows } from "lib/figures/show_rows.ts";
await showRows([{ method: "<b>DF</b>", auc: 0.98765 }, { method: "FS", auc: null }], { digits: 2 });`;

const ALONE = `
import { show } from "lib/figures/show_figure.ts";
await show(trainingCurves(rows, { size: "column" }), { interactive: false });`;

const SLIDER = `
import { curves } from "lib/figures/curves.ts";
import { show } from "lib/figures/show_figure.ts";
import { withSlider } from "lib/figures/with_slider.ts";
const rows = ["1", "2"].flatMap((stop) => [0, 1, 2].map((x) =>
  ({ stop, panel: "line", series: "a", x, value: x * Number(stop) })));
await show(withSlider(curves)(rows, { xTitle: "x", sliderTitle: "slope" }));`;

/** A notebook, and what is seen of it. */
interface Sight {
  /** Its code cells, or the name of a notebook of the project. */
  readonly cells: readonly string[] | string;
  /** Whether it is run before it is opened, so that it is seen with its kept outputs. */
  readonly kept?: boolean;
  /** Height of the window in pixels. Default 900. */
  readonly height?: number;
  readonly look: (page: Page) => Promise<void>;
}

/** Goes past the heading, to the first cell with code. */
const toFirstCell = (page: Page) => press(page, "notebook:move-cursor-down");

/** By the names of their screenshots. Each has a page of its own in one Lab and one browser, which take seconds to start. */
const SIGHTS: Record<string, Sight & { readonly name: string }> = {
  live_chart: {
    name: "a cell draws a Plotly figure, and a later cell changes it in place",
    cells: [BEGIN.trim(), UPDATE.trim()],
    async look(page) {
      await toFirstCell(page);
      await runCell(page);
      await waitForTraces(page, 1);
      const [, height] = await sizeOf(page, ".js-plotly-plot");
      assert.ok(height > 200, `the figure is ${height} pixels high`);
      await runCell(page);
      await waitForTraces(page, 2);
      const figures = await page.evaluate("document.querySelectorAll('.js-plotly-plot').length");
      assert.equal(figures, 1, "the update drew a second figure");
    },
  },

  errors: {
    name: "a syntax error is shown with its line, and an error at run time with the cell's lines",
    cells: [
      "const first: number = 1;\nconst second = ;",
      'function look(): never {\n  throw new RangeError("too far");\n}\nlook();',
      'console.log("it", "lives");',
    ],
    async look(page) {
      await toFirstCell(page);
      await runCell(page);
      await waitForWords(page, "SyntaxError: Expression expected");
      await waitForWords(page, "at line 2, column 16 of the cell");
      await runCell(page);
      await waitForWords(page, "RangeError: too far");
      await waitForWords(page, "<anonymous>:2:");
      await runCell(page);
      await waitForWords(page, "it lives");
    },
  },

  stop: {
    name: "Stop ends a busy loop and an await, and the kernel lives on",
    cells: [
      "const before = 41;\nwhile (Date.now() > 0);",
      "await new Promise(() => {});",
      'console.log("it", "lives", before + 1);',
    ],
    async look(page) {
      await toFirstCell(page);
      for (const count of [1, 2]) {
        await runCell(page);
        await stop(page);
        await waitForWords(page, "Stop ended this cell.", count);
      }
      await runCell(page);
      await waitForWords(page, "it lives 42");
    },
  },

  training: {
    name: "Stop ends a training between two steps; the same cell goes on where it was",
    cells: [trainingCell("run")],
    height: 1500,
    async look(page) {
      await toFirstCell(page);
      for (const words of ["begun", "of 100000 steps of an earlier sitting."]) {
        await press(page, "notebook:run-cell");
        await waitForWords(page, words);
        await page.waitForSelector(".js-plotly-plot .scatterlayer .trace"); // it is redrawn meanwhile
        await stop(page);
        await waitForWords(page, "stopped after");
      }
    },
  },

  restart: {
    name: "Restart gives a fresh kernel, which has forgotten all variables and runs cells",
    cells: ["var counted = 41;\ncounted", "typeof counted"],
    async look(page) {
      await toFirstCell(page);
      await runCell(page);
      await waitForWords(page, "41");
      const kernel = await page.evaluate(`${KERNEL}.id`);
      await press(page, "notebook:restart-kernel");
      await page.locator(".jp-Dialog .jp-mod-accept").click(); // "Restart", as a person is asked
      await page.waitForFunction(
        `${KERNEL}.status === "restarting" || ${KERNEL}.status === "starting"`,
      );
      await page.waitForFunction(`${KERNEL}.status === "idle"`);
      assert.equal(await page.evaluate(`${KERNEL}.id`), kernel, "it is still this notebook's");
      await runCell(page);
      await waitForWords(page, '"undefined"');
    },
  },

  kept: {
    name:
      "kept outputs: a figure opens as its picture and becomes Plotly of the same size, rows are a table",
    cells: [
      `${BEGIN.trim()}\nawait live.finish(trainingCurves(rows, {}));`,
      TABLE.trim(),
      ALONE.trim(),
    ],
    kept: true,
    async look(page) {
      await page.waitForSelector(".jp-RenderedPlotly img.plot-img[src^=data]", { visible: true });
      const pictured = await sizeOf(page, ".jp-RenderedPlotly img.plot-img");
      await keepScreenshot(page, "kept_before.png");
      await wakeChart(page);
      await waitForTraces(page, 1);
      const drawn = await sizeOf(page, ".js-plotly-plot .main-svg");
      assert.deepEqual(pictured, drawn, "the chart is as large as the picture that it follows");
      const cells = await page.evaluate(
        `[...document.querySelectorAll(".jp-RenderedHTML td")].map((cell) => cell.textContent)`,
      );
      assert.deepEqual(cells, ["<b>DF</b>", "0.99", "FS", "–"]);
      const [width] = await sizeOf(page, ".jp-RenderedImage img");
      assert.equal(width, 321, "a picture alone is as wide as a column, whatever its pixels");
    },
  },

  slider: {
    name: "a kept figure's slider moves without a kernel",
    cells: [SLIDER.trim()],
    kept: true,
    async look(page) {
      await wakeChart(page);
      await waitForTraces(page, 1);
      await page.evaluate(`${KERNEL}.shutdown()`);
      await page.locator(".slider-labels .slider-label-group:last-child").click();
      const values = "document.querySelector('.js-plotly-plot').data[0].y.join()";
      await page.waitForFunction(`${values} === "0,2,4"`);
    },
  },

  start_here: {
    name: "the first notebook opens with all its pictures, and its charts become Plotly",
    cells: "00_start_here.ipynb",
    height: 12_000, // all cells in view
    async look(page) {
      const pictures = "[...document.querySelectorAll('.jp-OutputArea-output img')]";
      await page.waitForFunction(
        `${pictures}.length >= 3 && ${pictures}.every((picture) => picture.naturalWidth > 100)`,
      );
      await wakeChart(page);
    },
  },
};

Deno.test("JupyterLab", async (t) => {
  await Deno.mkdir(MADE_FOR_TESTS, { recursive: true });
  await using lab = await startLab();
  await using browser = await launchChrome();
  for (const [picture, { name, cells, kept = false, look, ...window }] of Object.entries(SIGHTS)) {
    const fn = async () => {
      const made = typeof cells === "string" ? [] : cells;
      await using notebook = await temporaryNotebook(`${picture}.ipynb`, made);
      if (typeof cells === "string") { // a copy, as Lab may save what it opens
        await Deno.copyFile(join(PROJECT.root, "notebooks", cells), notebook.path);
      }
      if (kept) assert.equal(await runNotebook(notebook.path, { profile: "smoke" }), 0);
      const page = await openNotebook(browser, lab.address(notebook.path), window);
      try {
        await look(page);
      } finally {
        await keepScreenshot(page, `${picture}.png`);
      }
    };
    // Lab and browser are busy meanwhile; what is left of them at the end the whole test sees.
    await t.step({ name, fn, sanitizeOps: false, sanitizeResources: false });
  }
});
