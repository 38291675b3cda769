/** Pictures of figures, drawn in a real Chrome. */
import assert from "node:assert/strict";
import sharp from "sharp";
import { openExporter } from "lib/figures/export_figure.ts";
import { EXAMPLE_FIGURES } from "./example_figures.ts";

Deno.test("openExporter draws SVG and PNG of the layout's size, the same bytes each time", async () => {
  const draw = async () => {
    await using exporter = await openExporter();
    // All at once: they take turns in one page.
    return await Promise.all(
      Object.values(EXAMPLE_FIGURES).flatMap((
        figure,
      ) => [exporter.svg(figure), exporter.png(figure)]),
    );
  };
  const [first, second] = [await draw(), await draw()];
  assert.deepEqual(first, second);
  for (const [i, [name, { layout }]] of Object.entries(EXAMPLE_FIGURES).entries()) {
    const svg = new TextDecoder().decode(first[2 * i]);
    assert.match(
      svg,
      new RegExp(`^<svg [^>]*height="${layout.height}"[^>]* width="${layout.width}"`),
      name,
    );
    const { format, width, height } = await sharp(first[2 * i + 1]).metadata();
    assert.deepEqual([format, width, height], ["png", 2 * layout.width, 2 * layout.height], name);
  }
});

Deno.test("openExporter draws a figure in the same bytes whatever it has drawn before", async () => {
  const { bars_page: figure, ...others } = EXAMPLE_FIGURES;
  await using exporter = await openExporter();
  const first = await exporter.svg(figure);
  for (const other of Object.values(others)) await exporter.png(other);
  await exporter.png(figure);
  assert.deepEqual(await exporter.svg(figure), first);
});

Deno.test("openExporter makes PNGs of another scale, and smaller ones of few colours", async () => {
  await using exporter = await openExporter();
  const figure = EXAMPLE_FIGURES.bars_page;
  const { width } = await sharp(await exporter.png(figure, { scale: 1 })).metadata();
  assert.equal(width, figure.layout.width);
  const drawn = [{}, { colours: 256 }, { colours: 16 }].map((options) =>
    exporter.png(figure, options)
  );
  const [all, few, fewest] = (await Promise.all(drawn)).map(({ length }) => length);
  assert.ok(few < 0.7 * all && fewest < 0.8 * few, `${all}, ${few} and ${fewest} bytes`);
});

Deno.test("openExporter says what Plotly refuses, and goes on", async () => {
  await using exporter = await openExporter();
  const figure = EXAMPLE_FIGURES.bars_page;
  const flat = { ...figure, layout: { ...figure.layout, height: -1 } };
  await assert.rejects(exporter.svg(flat), /Plotly could not draw the figure.*[Hh]eight/);
  assert.ok((await exporter.svg(figure)).length > 1000);
});
