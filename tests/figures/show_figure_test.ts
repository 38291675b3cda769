/** What a notebook gets of a figure. Deno's kernel is stood in for by a list of what it would display. */
import assert from "node:assert/strict";
import { heatMapGrid } from "lib/figures/heat_map_grid.ts";
import { show, showLive } from "lib/figures/show_figure.ts";
import { EXAMPLE_FIGURES } from "./example_figures.ts";

type Bundle = Record<string, unknown>;
type Sent = [Bundle, { raw: boolean; display_id: string; update: boolean }];

async function inKernel(work: () => Promise<void>): Promise<Sent[]> {
  const before = Deno;
  const put = (value: unknown) =>
    // Deno's own property is read only
    Object.defineProperty(globalThis, "Deno", { value, configurable: true, enumerable: false });
  const sent: Sent[] = [];
  const display = (...call: Sent) => Promise.resolve(void sent.push(call));
  put(Object.create(before, { jupyter: { value: { display } } }));
  try {
    await work();
  } finally {
    put(before);
  }
  return sent;
}

const PLOTLY = "application/vnd.plotly.v1+json";

Deno.test("show does nothing outside of a notebook", async () => {
  await show(EXAMPLE_FIGURES.bars_page);
  const live = showLive();
  await live.update(EXAMPLE_FIGURES.bars_page);
  await live.finish(EXAMPLE_FIGURES.bars_page);
});

Deno.test("show sends Plotly's JSON, a PNG and words", async () => {
  const figure = EXAMPLE_FIGURES.bars_page;
  const [[bundle, options]] = await inKernel(() => show(figure, { altText: "Bars." }));
  assert.deepEqual(Object.keys(bundle).sort(), [PLOTLY, "image/png", "text/plain"].sort());
  assert.deepEqual((bundle[PLOTLY] as { data: unknown }).data, figure.data);
  assert.deepEqual([...Uint8Array.fromBase64(String(bundle["image/png"])).slice(1, 4)], [
    80,
    78,
    71,
  ]);
  assert.equal(bundle["text/plain"], "Bars.");
  assert.equal(options.raw, true);
  assert.ok(
    JSON.stringify(bundle).length < 60_000,
    "a chart must leave room in a notebook of 300 kB",
  );
});

Deno.test("show sends photographs as JPEG, and leaves Plotly's JSON out where they make it long", async () => {
  const photograph = `data:image/jpeg;base64,${"A".repeat(60_000)}`;
  const rows = ["block 1", "block 2"].map((column) => ({
    row: "DF",
    column,
    image: photograph,
    map: null,
  }));
  const [[bundle]] = await inKernel(() => show(heatMapGrid(rows, { size: "column" })));
  assert.deepEqual(Object.keys(bundle).sort(), ["image/jpeg", "text/plain"]);
});

Deno.test("show says why there is no picture where no Chrome starts", async () => {
  const before = Deno.env.get("CHROME");
  Deno.env.set("CHROME", "/no/chrome");
  try {
    const [[bundle]] = await inKernel(() => show(EXAMPLE_FIGURES.bars_page));
    assert.deepEqual(Object.keys(bundle).sort(), [PLOTLY, "text/plain"].sort());
    assert.match(String(bundle["text/plain"]), /did not start/);
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
  assert.equal(new Set(sent.map(([, options]) => options.display_id)).size, 1);
  assert.deepEqual(sent.map(([, options]) => options.update), sent.map((_, i) => i > 0));
  const pictures = sent.map(([bundle]) => "image/png" in bundle);
  assert.deepEqual(pictures, sent.map((_, i) => i === sent.length - 1));
});
