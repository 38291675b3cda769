/** Charts under a slider: their stops, their axes, and that they are drawn again as they were. */
import assert from "node:assert/strict";
import { bars } from "lib/figures/bars.ts";
import { curves } from "lib/figures/curves.ts";
import { heatMapGrid } from "lib/figures/heat_map_grid.ts";
import { redraw, saveFigure } from "lib/figures/save_figure.ts";
import { withSlider } from "lib/figures/with_slider.ts";

const rows = ["1", "2", "3"].flatMap((stop) =>
  ["a", "b"].flatMap((series) =>
    [0, 1, 2].map((x) => ({
      stop,
      panel: "value",
      series,
      x,
      value: series === "a" ? x * Number(stop) : x,
    }))
  )
);
const options = { xTitle: "x", sliderTitle: "factor", start: "2" };

interface Step {
  label: string;
  args: [Record<string, unknown[]>, Record<string, unknown>];
}
const stepsOf = (figure: { layout: { sliders?: unknown } }) =>
  (figure.layout.sliders as { active: number; steps: Step[] }[])[0]!;

Deno.test("withSlider shows the rows of the start, and a stop changes only what differs", () => {
  const figure = withSlider(curves)(rows, options);
  const plain = curves(rows.filter(({ stop }) => stop === "2"), { xTitle: "x" });
  assert.deepEqual(figure.data, plain.data);
  const { active, steps } = stepsOf(figure);
  assert.equal(active, 1);
  assert.deepEqual(steps.map(({ label }) => label), ["1", "2", "3"]);
  // b is the same at every stop and is given what it has; x, names and lines are not sent again.
  assert.deepEqual(
    steps.map(({ args }) => args[0]),
    [1, 2, 3].map((factor) => ({
      y: [[0, factor, 2 * factor], [0, 1, 2]],
    })),
  );
  assert.deepEqual(steps.map(({ args }) => args[1]), [{}, {}, {}]);
});

Deno.test("withSlider keeps the ends of axes from stop to stop, those that a chart gives as they are", () => {
  const figure = withSlider(curves)(rows, options);
  const axis = figure.layout.yaxis as { range: number[] };
  assert(axis.range[0]! < 0 && axis.range[1]! > 6, "wide enough for the largest stop");
  const given = withSlider(curves)(rows, { ...options, range: [0, 10] });
  assert.deepEqual((given.layout.yaxis as { range: number[] }).range, [0, 10]);
});

Deno.test("withSlider makes room below, and legend and title stay where they were", () => {
  const figure = withSlider(curves)(rows, { ...options, title: "Lines" });
  const plain = curves(rows.filter(({ stop }) => stop === "2"), { xTitle: "x", title: "Lines" });
  const fromTop = ({ layout }: typeof plain) => (1 - layout.legend!.y!) * layout.height;
  assert(Math.abs(fromTop(figure) - fromTop(plain)) < 1e-9);
  const inside = ({ layout: { height, margin } }: typeof plain) => height - margin!.t! - margin!.b!;
  assert.equal(inside(figure), inside(plain));
  assert(figure.layout.height > plain.layout.height);
});

Deno.test("withSlider carries changes of the layout, such as bars' labels and reference lines", () => {
  const of = (stop: string, value: number | null) => ({ stop, group: "DF", series: "ours", value });
  const figure = withSlider(bars)([of("0.1", 1), of("0.2", null)], {
    valueTitle: "AUC",
    sliderTitle: "level",
  });
  const [first, second] = stepsOf(figure).steps;
  assert.notDeepEqual(first!.args, second!.args);
  assert.match(figure.altText, /A slider sets level: 0\.1, 0\.2; shown: 0\.1\.$/);
});

Deno.test("withSlider goes from map to map over the same photograph, also to one without positive evidence", () => {
  const image = "data:image/png;base64,";
  const cells = [[[0.25, 1]], [[-1, -2]]].flatMap((map, b) => [
    { stop: `block ${b + 1}`, row: "DF", column: "photograph", image, map: null },
    { stop: `block ${b + 1}`, row: "DF", column: "map", image, map },
  ]);
  const figure = withSlider(heatMapGrid)(cells, {
    size: "column",
    maximum: 1,
    sliderTitle: "block",
  });
  const [first, second] = stepsOf(figure).steps;
  assert.deepEqual(first!.args[0], { z: [[[0.25, 1]]] });
  assert.deepEqual(second!.args[0], { z: [[[-1, -2]]] });
  assert.deepEqual(Object.keys(second!.args[1]), ["annotations"]); // the pictures are not sent again
  const words = (step: Step) => JSON.stringify(step.args[1].annotations);
  assert.ok(!words(first!).includes("no positive") && words(second!).includes("no positive"));
});

Deno.test("withSlider's figure is saved with its rows and drawn again from them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const figure = withSlider(curves)(rows, options);
    await saveFigure("slid", figure, { folder, exporter: NO_PICTURES });
    const again = await redraw("slid", withSlider(curves), { folder });
    assert.deepEqual([again.data, again.layout], [figure.data, figure.layout]);
    await assert.rejects(redraw("slid", curves, { folder }), /drawn by curves with a slider/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Pictures are another test's matter. */
const NO_PICTURES = {
  isOpen: true,
  svg: () => Promise.resolve(new Uint8Array()),
  png: () => Promise.resolve(new Uint8Array()),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

Deno.test("withSlider refuses rows that do not fit together", () => {
  const sliding = withSlider(curves);
  assert.throws(() => sliding([], options), /needs rows/);
  assert.throws(
    () => sliding(rows, { ...options, start: "9" }),
    /starts at "9"\. Its stops are 1, 2, 3/,
  );
  const short = rows.filter(({ stop, series }) => stop !== "3" || series !== "b");
  assert.throws(() => sliding(short, options), /At the stop 3 there are other traces than at 1/);
});
