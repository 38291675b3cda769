/** A notebook as a page: figures, sliders and equations work in a browser that is offline, and links lead on. */
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { launchChrome } from "lib/figures/chrome.ts";
import { curves } from "lib/figures/curves.ts";
import { withSlider } from "lib/figures/with_slider.ts";
import { writePages } from "lib/tasks/pages.ts";

const GREY =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGOoBwAAgQCAOxbRbgAAAABJRU5ErkJggg==";
const PROSE = `# Why?

A head says $p\\in[0,1]$ and costs \\$5; all of them cost

$$\\sum_i\\underbrace{D_{KL}[\\mathbb P\\Vert\\mathbb Q_i]}_{\\text{each}}$$

[next](01_next.ipynb#Why) and [data](../data/README.md)`;

const rows = ["1", "2"].flatMap((stop) =>
  [0, 1, 2].map((x) => ({ stop, panel: "line", series: "a", x, value: x * Number(stop) }))
);
const { data, layout, altText } = withSlider(curves)(rows, {
  xTitle: "x",
  sliderTitle: "slope",
  title: "A “line” <b>& more</b>",
});

function notebook() {
  const shown = (content: object, metadata = {}) => ({
    output_type: "display_data",
    data: content,
    metadata,
  });
  const plotly = { data, layout, config: { displaylogo: false, responsive: false } };
  const cell = (outputs: object[]) => ({
    cell_type: "code",
    id: crypto.randomUUID().slice(0, 8),
    metadata: {},
    source: "figure",
    execution_count: 1,
    outputs,
  });
  const size = { width: 40, height: 40 };
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "deno", display_name: "Deno", language: "typescript" } },
    cells: [
      { cell_type: "markdown", id: "prose", metadata: {}, source: PROSE },
      cell([shown({
        "application/vnd.plotly.v1+json": plotly,
        "image/png": GREY,
        "text/plain": altText,
      })]),
      cell([shown({ "image/png": GREY, "text/plain": 'A "grey" <dot>' }, { "image/png": size })]),
    ],
  });
}

Deno.test("a page works offline: its slider moves, equations are set, pictures have a size and words", async () => {
  const folder = await Deno.makeTempDir();
  await using browser = await launchChrome();
  try {
    const path = join(folder, "page.ipynb");
    await Deno.writeTextFile(path, notebook());
    const lines: string[] = [];
    const code = await writePages([path], { folder, onLine: (line) => lines.push(line) });
    assert.equal(code, 0, lines.join("\n"));

    const page = await browser.newPage();
    const asked: string[] = [], errors: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(`file://${join(folder, "page.html")}`, { waitUntil: "domcontentloaded" });
    const plot = "document.querySelector('.js-plotly-plot')";
    await page.waitForFunction(`${plot}?.data?.length === 1`);
    assert.deepEqual(await page.evaluate(`${plot}.data[0].y`), [0, 1, 2]);
    const size = `(({ width, height }) => [width, height])(${plot}.querySelector(".main-svg")
      .getBoundingClientRect())`;
    assert.deepEqual(await page.evaluate(size), [layout.width, layout.height]);
    const labels =
      `[...${plot}.querySelectorAll(".slider-labels .slider-label")].map((one) => one.textContent)`;
    assert.deepEqual(await page.evaluate(labels), ["1", "2"]);
    await page.locator(".slider-labels .slider-label-group:last-child").click();
    await page.waitForFunction(`${plot}.data[0].y.join() === "0,2,4"`);
    assert.equal(await page.evaluate(`${plot}.getAttribute("aria-label")`), altText);
    const picture =
      "(({ alt, width, height }) => [alt, width, height])(document.querySelector('img'))";
    assert.deepEqual(await page.evaluate(picture), ['A "grey" <dot>', 40, 40]);
    await page.waitForFunction("document.querySelectorAll('mjx-container > svg').length === 2");
    const words = String(await page.evaluate("document.body.innerText"));
    assert.ok(words.includes("costs $5;") && !words.includes("mathbb"), words.slice(0, 300));
    assert.deepEqual(
      await page.evaluate("[...document.links].map((link) => link.getAttribute('href'))"),
      ["#Why?", "01_next.html#Why", relative(folder, join(folder, "..", "data", "README.md"))],
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(asked.filter((url) => !/^(file|data|blob):/.test(url)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
