/** What a person sees in JupyterLab, seen by a real browser. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { launchChrome } from "lib/figures/chrome.ts";
import { runNotebook } from "lib/tasks/notebooks.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { type LabServer, startLab } from "./lab_server.ts";
import { MADE_FOR_TESTS, temporaryNotebook } from "./temporary_notebook.ts";

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

/** The kernel of the notebook on the page, as Lab has it. */
const KERNEL = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel";

async function openNotebook(
  page: Page,
  address: string,
  { height = 900 }: { height?: number } = {},
): Promise<void> {
  await page.setViewport({ width: 1200, height });
  await page.goto(address, { waitUntil: "domcontentloaded" });
  await page.waitForSelector(".jp-NotebookPanel .jp-CodeCell", { timeout: 60_000 });
  await page.waitForFunction(
    `${KERNEL}?.name === "deno" && ${KERNEL}.connectionStatus === "connected" && ${KERNEL}.status === "idle"`,
    { timeout: 60_000 },
  );
}

/** Runs the selected cell and goes to the next, as Shift-Enter does. */
async function runCell(page: Page): Promise<void> {
  await page.evaluate("jupyterapp.commands.execute('notebook:run-cell-and-select-next')");
}

/** Waits until the figures on the page show `count` traces in all. */
async function waitForTraces(page: Page, count: number): Promise<void> {
  const traces = ".js-plotly-plot .main-svg .scatterlayer .trace";
  await page.waitForFunction(`document.querySelectorAll("${traces}").length === ${count}`, {
    timeout: 60_000,
  });
}

async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = join(PROJECT.cache, "screenshots");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(join(folder, name), await page.screenshot());
}

/** Waits until an output on the page has these words. */
async function waitForWords(page: Page, words: string): Promise<void> {
  await page.waitForFunction(
    `[...document.querySelectorAll(".jp-OutputArea-output")].some((output) =>
      output.textContent.includes(${JSON.stringify(words)}))`,
    { timeout: 60_000 },
  );
}

/** The sights, each in a page of its own of one Lab and one browser: both take seconds to start. */
const SIGHTS: Record<string, (lab: LabServer, browser: Browser) => Promise<void>> = {
  "JupyterLab draws a Plotly figure, and a later cell changes it in place": async (
    lab,
    browser,
  ) => {
    await using notebook = await temporaryNotebook("figure.ipynb", [
      BEGIN.trim(),
      UPDATE.trim(),
    ]);
    const page = await browser.newPage();
    try {
      await openNotebook(page, lab.address(notebook.path));
      await page.evaluate("jupyterapp.commands.execute('notebook:move-cursor-down')"); // past the heading
      await runCell(page);
      await waitForTraces(page, 1);
      const box = "document.querySelector('.js-plotly-plot').getBoundingClientRect()";
      const height = Number(await page.evaluate(`${box}.height`));
      assert.ok(height > 200, `the figure is ${height} pixels high`);
      await runCell(page);
      await waitForTraces(page, 2);
      const figures = await page.evaluate("document.querySelectorAll('.js-plotly-plot').length");
      assert.equal(figures, 1, "the update drew a second figure");
    } finally {
      await keepScreenshot(page, "lab.png"); // of a failure too: it shows why
    }
  },

  "JupyterLab shows a syntax error; Stop ends a loop and an await, and the kernel lives on": async (
    lab,
    browser,
  ) => {
    const words = ["SyntaxError: Expression expected", "Stop ended this cell.", "it lives"];
    await using notebook = await temporaryNotebook("stop.ipynb", [
      "const first: number = 1;\nconst second = ;",
      "while (Date.now() > 0);",
      "await new Promise(() => {});",
      'console.log("it", "lives");',
    ]);
    const page = await browser.newPage();
    try {
      await openNotebook(page, lab.address(notebook.path));
      await page.evaluate("jupyterapp.commands.execute('notebook:move-cursor-down')"); // past the heading
      await runCell(page);
      await waitForWords(page, words[0]!);
      for (const count of [1, 2]) {
        void runCell(page);
        await page.waitForFunction(`${KERNEL}.status === "busy"`, { timeout: 60_000 });
        await page.evaluate("jupyterapp.commands.execute('notebook:interrupt-kernel')");
        await page.waitForFunction(`${KERNEL}.status === "idle"`, { timeout: 60_000 });
        const stopped = `document.body.innerText.split(${JSON.stringify(words[1])}).length - 1`;
        await page.waitForFunction(`${stopped} === ${count}`, { timeout: 60_000 });
      }
      await runCell(page);
      await waitForWords(page, words[2]!);
    } finally {
      await keepScreenshot(page, "stop.png");
    }
  },

  "kept outputs: a figure opens as its picture and becomes Plotly of the same size, rows are a table":
    async (lab, browser) => {
      await using notebook = await temporaryNotebook("kept.ipynb", [
        `${BEGIN.trim()}\nawait live.finish(trainingCurves(rows, {}));`,
        TABLE.trim(),
        ALONE.trim(),
      ]);
      assert.equal(await runNotebook(notebook.path, { profile: "smoke" }), 0);
      const page = await browser.newPage();
      try {
        await openNotebook(page, lab.address(notebook.path));
        const picture = await page.waitForSelector(".jp-RenderedPlotly img.plot-img[src^=data]");
        const sizeOf = (selector: string) =>
          page.evaluate(`(({ width, height }) => [width, height])(
          document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`);
        const pictured = await sizeOf(".jp-RenderedPlotly img.plot-img");
        await picture!.hover();
        await waitForTraces(page, 1);
        const drawn = await sizeOf(".js-plotly-plot .main-svg");
        assert.deepEqual(pictured, drawn, "the chart is as large as the picture that it follows");
        const cells = await page.evaluate(
          `[...document.querySelectorAll(".jp-RenderedHTML td")].map((cell) => cell.textContent)`,
        );
        assert.deepEqual(cells, ["<b>DF</b>", "0.99", "FS", "–"]);
        const [width] = await sizeOf(".jp-RenderedImage img") as number[];
        assert.equal(width, 321, "a picture alone is as wide as a column, whatever its pixels");
      } finally {
        await keepScreenshot(page, "kept.png");
      }
    },

  "a kept figure's slider moves without a kernel": async (lab, browser) => {
    await using notebook = await temporaryNotebook("slider.ipynb", [SLIDER.trim()]);
    assert.equal(await runNotebook(notebook.path, { profile: "smoke" }), 0);
    const page = await browser.newPage();
    try {
      await openNotebook(page, lab.address(notebook.path));
      const picture = await page.waitForSelector(".jp-RenderedPlotly img.plot-img[src^=data]");
      await picture!.hover();
      await waitForTraces(page, 1);
      await page.evaluate(`${KERNEL}.shutdown()`);
      await page.locator(".slider-labels .slider-label-group:last-child").click();
      const values = "document.querySelector('.js-plotly-plot').data[0].y.join()";
      await page.waitForFunction(`${values} === "0,2,4"`, { timeout: 60_000 });
    } finally {
      await keepScreenshot(page, "slider.png");
    }
  },

  "the first notebook opens with all its pictures, and its charts become Plotly": async (
    lab,
    browser,
  ) => {
    await using copy = await temporaryNotebook("copy.ipynb", []); // Lab may save what it opens
    await Deno.copyFile(join(PROJECT.root, "notebooks", "00_start_here.ipynb"), copy.path);
    const page = await browser.newPage();
    try {
      await openNotebook(page, lab.address(copy.path), { height: 12_000 }); // all cells in view
      const pictures = "[...document.querySelectorAll('.jp-OutputArea-output img')]";
      await page.waitForFunction(
        `${pictures}.length >= 3 && ${pictures}.every((picture) => picture.naturalWidth > 100)`,
        { timeout: 60_000 },
      );
      const chart = await page.waitForSelector(".jp-RenderedPlotly img.plot-img[src^=data]");
      await chart!.hover();
      await page.waitForSelector(".js-plotly-plot .main-svg", { timeout: 60_000 });
    } finally {
      await keepScreenshot(page, "start_here.png");
    }
  },
};

Deno.test("JupyterLab", async (t) => {
  await Deno.mkdir(MADE_FOR_TESTS, { recursive: true });
  await using lab = await startLab();
  await using browser = await launchChrome();
  for (const [name, fn] of Object.entries(SIGHTS)) {
    // Lab and browser are busy meanwhile; what is left of them at the end the whole test sees.
    const sanitize = { sanitizeOps: false, sanitizeResources: false };
    await t.step({ name, fn: () => fn(lab, browser), ...sanitize });
  }
});
