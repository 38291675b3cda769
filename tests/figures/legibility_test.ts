/** Text in figures, measured in a real browser: nothing clipped, nothing over one another. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { launchChrome } from "lib/figures/chrome.ts";
import { openExporter } from "lib/figures/export_figure.ts";
import { RESULTS } from "lib/figures/save_figure.ts";
import { EXAMPLE_FIGURES } from "./example_figures.ts";

/** A rectangle in the page, in CSS pixels. */
interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The part of a browser's page that is asked. */
interface Page {
  document: {
    body: { innerHTML: string };
    querySelectorAll(selector: string): Iterable<{
      textContent: string;
      getBoundingClientRect(): Box;
    }>;
  };
}

/** Runs in the page: what is wrong with the text of this SVG. */
function faultsOf(svg: string): string[] {
  const { document } = globalThis as unknown as Page;
  document.body.innerHTML = svg;
  const [figure] = [...document.querySelectorAll("svg")].map((e) => e.getBoundingClientRect());
  const texts = [...document.querySelectorAll("text")]
    .filter((element) => element.textContent.trim())
    .map((element) => ({ text: element.textContent, box: element.getBoundingClientRect() }));
  if (texts.length < 8) return [`there are only ${texts.length} texts`];
  return texts.flatMap(({ text, box }, i) => {
    const inside = box.left >= figure.left && box.right <= figure.right &&
      box.top >= figure.top && box.bottom <= figure.bottom;
    const hidden = texts.slice(i + 1).filter((other) => {
      const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
      // Boxes of text are as high as the tallest letter there could be: a third may be shared.
      return wide >= 1 && high >= 4;
    });
    return [
      ...(inside ? [] : [`"${text}" reaches out of the figure`]),
      ...hidden.map((other) => `"${text}" and "${other.text}" overlap`),
    ];
  });
}

/** Runs in the page: whether one of the figures' typefaces is there, as widths depend on it. */
function hasTypeface(): boolean {
  const { document } = globalThis as unknown as Page;
  const families = ["monospace", "Open Sans, monospace", "Arial, monospace"];
  document.body.innerHTML = families.map((family) =>
    `<span style="font-family: ${family}">milliwatt</span><br>`
  ).join("");
  const widths = [...document.querySelectorAll("span")].map((element) => {
    const { left, right } = element.getBoundingClientRect();
    return right - left;
  });
  return widths.some((width) => width !== widths[0]);
}

async function* savedFigures(folder: string): AsyncGenerator<[string, string]> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* savedFigures(path);
    else if (name.endsWith(".svg")) yield [path, await Deno.readTextFile(path)];
  }
}

Deno.test("no text of a figure is clipped or overlaps, in columns, on pages, and in results/", async () => {
  await using exporter = await openExporter();
  await using chrome = await launchChrome();
  const page = await chrome.newPage();
  await page.setContent('<!doctype html><body style="margin:0">');
  if (!await page.evaluate(hasTypeface)) return; // with any other typeface nothing can be said
  for (const [name, figure] of Object.entries(EXAMPLE_FIGURES)) {
    const svg = new TextDecoder().decode(await exporter.svg(figure));
    assert.deepEqual(await page.evaluate(faultsOf, svg), [], name);
  }
  if (!await Deno.stat(RESULTS).then(() => true, () => false)) return;
  for await (const [path, svg] of savedFigures(RESULTS)) {
    assert.deepEqual(await page.evaluate(faultsOf, svg), [], path);
  }
});
