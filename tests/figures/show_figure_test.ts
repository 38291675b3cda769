/** What a notebook gets of a figure. */
import assert from "node:assert/strict";
import { heatMapGrid } from "lib/figures/heat_map_grid.ts";
import sharp from "sharp";
import { curves } from "lib/figures/curves.ts";
import { show, showLive, showPicture } from "lib/figures/show_figure.ts";
import { withSlider } from "lib/figures/with_slider.ts";
import { EXAMPLE_FIGURES } from "./example_figures.ts";
import { inKernel } from "./stand_in_kernel.ts";

const PLOTLY = "application/vnd.plotly.v1+json";

Deno.test("show does nothing outside of a notebook", async () => {
  await show(EXAMPLE_FIGURES.bars_page);
  const live = showLive();
  await live.update(EXAMPLE_FIGURES.bars_page);
  await live.finish(EXAMPLE_FIGURES.bars_page);
});

/** Width and height that a PNG's header has, in pixels. */
function pixelsOf(base64: unknown): [number, number] {
  const bytes = Uint8Array.fromBase64(String(base64));
  assert.deepEqual([...bytes.slice(1, 4)], [...new TextEncoder().encode("PNG")]);
  const header = new DataView(bytes.buffer, 16);
  return [header.getUint32(0), header.getUint32(4)];
}

Deno.test("show sends Plotly's JSON, a PNG of the same size, and words", async () => {
  const figure = EXAMPLE_FIGURES.bars_page!, { width, height } = figure.layout;
  const [{ data, metadata, kind }] = await inKernel(() => show(figure, { altText: "Bars." }));
  assert.equal(kind, "display_data");
  assert.deepEqual(Object.keys(data).sort(), [PLOTLY, "image/png", "text/plain"].sort());
  assert.deepEqual((data[PLOTLY] as { data: unknown }).data, figure.data);
  assert.deepEqual(metadata, { "image/png": { width, height } });
  assert.deepEqual(pixelsOf(data["image/png"]), [width, height]);
  assert.equal(data["text/plain"], "Bars.");
  assert.ok(
    JSON.stringify(data).length < 60_000,
    "a chart must leave room in a notebook of 300 kB",
  );
});

Deno.test("show sends a PNG alone with half again the pixels, and its size on the page beside it", async () => {
  const figure = EXAMPLE_FIGURES.bars_column!, { width, height } = figure.layout;
  const [{ data, metadata }] = await inKernel(() => show(figure, { interactive: false }));
  assert.deepEqual(Object.keys(data).sort(), ["image/png", "text/plain"]);
  assert.deepEqual(pixelsOf(data["image/png"]), [
    Math.floor(1.5 * width),
    Math.floor(1.5 * height),
  ]);
  assert.deepEqual(metadata, { "image/png": { width, height } });
  assert.match(String(data["text/plain"]), /^A title .*AUC \(95 % interval\).*DF, F2F.*without/);
});

Deno.test("show sends photographs as JPEG alone, however long they are", async () => {
  for (const length of [60, 60_000]) {
    const photograph = `data:image/jpeg;base64,${"A".repeat(length)}`;
    const rows = ["block 1", "block 2"].map((column) => ({
      row: "DF",
      column,
      image: photograph,
      map: null,
    }));
    const figure = heatMapGrid(rows, { size: "column" }), { width, height } = figure.layout;
    const [{ data, metadata }] = await inKernel(() => show(figure));
    assert.deepEqual(Object.keys(data).sort(), ["image/jpeg", "text/plain"]);
    assert.deepEqual(metadata, { "image/jpeg": { width, height } });
  }
});

Deno.test("show says why there is no picture where no Chrome starts", async () => {
  const before = Deno.env.get("CHROME");
  Deno.env.set("CHROME", "/no/chrome");
  try {
    const [{ data }] = await inKernel(() => show(EXAMPLE_FIGURES.bars_page));
    assert.deepEqual(Object.keys(data).sort(), [PLOTLY, "text/plain"].sort());
    assert.match(String(data["text/plain"]), /did not start/);
  } finally {
    if (before === undefined) Deno.env.delete("CHROME");
    else Deno.env.set("CHROME", before);
  }
});

Deno.test("showLive changes one place and ends with a picture", async () => {
  const figure = EXAMPLE_FIGURES.training_of_one_run_column;
  const sent = await inKernel(async () => {
    const live = showLive();
    await live.update(figure);
    await live.update(figure);
    await live.finish(figure);
  });
  assert.equal(new Set(sent.map(({ id }) => id)).size, 1);
  assert.deepEqual(
    sent.map(({ kind }) => kind),
    sent.map((_, i) => i > 0 ? "update_display_data" : "display_data"),
  );
  const pictures = sent.map(({ data }) => "image/png" in data);
  assert.deepEqual(pictures, sent.map((_, i) => i === sent.length - 1));
});

Deno.test("show sends a figure with a slider as Plotly's JSON, however long, and its first sight as PNG", async () => {
  const rows = ["1", "2", "3"].flatMap((stop) =>
    Array.from({ length: 4000 }, (_, x) => {
      return { stop, panel: "sine", series: "a", x, value: Math.sin(Number(stop) * x / 1000) };
    })
  );
  const figure = withSlider(curves)(rows, { xTitle: "x", sliderTitle: "frequency", start: "2" });
  const { width, height } = figure.layout;
  const [{ data, metadata }] = await inKernel(() => show(figure));
  assert.ok(JSON.stringify(data[PLOTLY]).length > 100_000);
  assert.deepEqual(pixelsOf(data["image/png"]), [width, height]);
  assert.deepEqual(metadata, { "image/png": { width, height } });
});

Deno.test("showPicture sends a picture with its size on the page, never wider than a figure", async () => {
  for (const [pixels, shown] of [[[200, 100], [200, 100]], [[1322, 500], [661, 250]]]) {
    const [width, height] = pixels as [number, number];
    const png = await sharp({ create: { width, height, channels: 3, background: "red" } })
      .png().toBuffer();
    const uri = `data:image/png;base64,${new Uint8Array(png).toBase64()}`;
    const [{ data, metadata }] = await inKernel(() => showPicture(uri, "Red."));
    assert.equal(data["text/plain"], "Red.");
    assert.deepEqual(metadata, { "image/png": { width: shown![0], height: shown![1] } });
  }
});

Deno.test("showPicture refuses what is no picture", async () => {
  await assert.rejects(showPicture("https://example.org/a.png", "A."), /data:image/);
  const text = `data:image/png;base64,${btoa("words")}`;
  await assert.rejects(inKernel(() => showPicture(text, "A.")), /unsupported image format/);
});
