/** JupyterLab's page as a person uses it: opens a notebook, runs cells, looks, moves the mouse. */

import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { PROJECT } from "lib/tasks/setup/project.ts";

/** The longest that anything may take, in milliseconds: the machine may have much else to do. */
const LONGEST = 120_000;

/** Between two tries to wake a picture with the mouse, in milliseconds. */
const MOUSE_REST = 5000;

/** The kernel of the notebook on the page, as Lab has it. */
export const KERNEL = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel";

/** Opens a notebook in a page of its own and waits until its kernel is ready. */
export async function openNotebook(
  browser: Browser,
  address: string,
  { height = 900 }: { height?: number } = {},
): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(LONGEST);
  await page.setViewport({ width: 1200, height });
  await page.goto(address, { waitUntil: "domcontentloaded" });
  await page.waitForSelector(".jp-NotebookPanel .jp-CodeCell");
  await page.waitForFunction(
    `${KERNEL}?.name === "deno" && ${KERNEL}.connectionStatus === "connected" && ${KERNEL}.status === "idle"`,
  );
  return page;
}

/** Does what a menu or a key does, by the command's name, and does not wait for what comes of it. */
export async function press(page: Page, command: string): Promise<void> {
  await page.evaluate(`void jupyterapp.commands.execute(${JSON.stringify(command)})`);
}

/** Runs the selected cell and goes to the next, as Shift-Enter does. */
export const runCell = (page: Page): Promise<void> =>
  press(page, "notebook:run-cell-and-select-next");

/** Presses Stop once the kernel runs something, and waits until it is idle. */
export async function stop(page: Page): Promise<void> {
  await page.waitForFunction(`${KERNEL}.status === "busy"`);
  await press(page, "notebook:interrupt-kernel");
  await page.waitForFunction(`${KERNEL}.status === "idle"`);
}

/** Waits until the figures on the page show `count` traces in all. */
export async function waitForTraces(page: Page, count: number): Promise<void> {
  const traces = ".js-plotly-plot .main-svg .scatterlayer .trace";
  await page.waitForFunction(`document.querySelectorAll("${traces}").length === ${count}`);
}

/** Waits until outputs on the page have these words so often. */
export async function waitForWords(page: Page, words: string, count = 1): Promise<void> {
  const outputs = `[...document.querySelectorAll(".jp-OutputArea-output")]`;
  await page.waitForFunction(
    `${outputs}.map((output) => output.textContent).join("\\n")
      .split(${JSON.stringify(words)}).length - 1 >= ${count}`,
  );
}

/** How large the first such element is on the screen: width and height in CSS pixels. */
export const sizeOf = (page: Page, selector: string): Promise<[number, number]> =>
  page.evaluate(`(({ width, height }) => [width, height])(
    document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`) as Promise<
    [number, number]
  >;

/**
 * Moves the mouse over the first picture that stands for a chart, until the chart is there. Lab may still be
 * laying out the page, so that the picture slides away from under the mouse and does not see it come.
 */
export async function wakeChart(page: Page): Promise<void> {
  const picture = ".jp-RenderedPlotly img.plot-img[src^=data]";
  const chart = ".js-plotly-plot .main-svg";
  await page.waitForSelector(picture, { visible: true });
  for (let tries = LONGEST / MOUSE_REST; tries > 0; tries--) {
    await page.mouse.move(0, 0);
    await page.hover(picture).catch(() => {}); // it may have been drawn anew, or become the chart
    const last = tries === 1;
    const timeout = MOUSE_REST;
    if (last) await page.waitForSelector(chart, { timeout });
    else if (await page.waitForSelector(chart, { timeout }).then(() => true, () => false)) return;
  }
}

/** Keeps what the page shows in .cache/screenshots; of a failure too: it shows why. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = join(PROJECT.cache, "screenshots");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(join(folder, name), await page.screenshot());
}
