/** One figure of every chart, at both widths, of made-up rows: what the tests of figures draw. */
import { rocCurve } from "lib/evaluation/roc.ts";
import { bars } from "lib/figures/bars.ts";
import { curves } from "lib/figures/curves.ts";
import type { Figure } from "lib/figures/figure.ts";
import { gradientField } from "lib/figures/gradient_field.ts";
import { heatMapGrid, type HeatMapRow } from "lib/figures/heat_map_grid.ts";
import { lineIntervals } from "lib/figures/line_intervals.ts";
import type { Size } from "lib/figures/look.ts";
import { rocCurves } from "lib/figures/roc_curves.ts";
import { table, type TableRow } from "lib/figures/table.ts";
import { trainingCurves } from "lib/figures/training_curves.ts";

/** A grey pixel, as PNG. */
const GREY =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGOoBwAAgQCAOxbRbgAAAABJRU5ErkJggg==";
const RUNS = ["with local information loss", "without"];

function trainingRows(runs: readonly string[]) {
  const terms = [
    "cross-entropy of the joint head (nats)",
    "local information loss",
    "validation AUC",
  ];
  return runs.flatMap((run, r) =>
    terms.flatMap((term, t) =>
      [0, 40, 80, 120].map((step) => ({ run, term, step, value: (t + 1) / (1 + step * (r + 1)) }))
    )
  );
}

function gridRows(groups: readonly string[], columns: readonly string[]): HeatMapRow[] {
  return ["DF", "F2F", "FS", "NT"].flatMap((row, r) => [
    { row, column: "photograph", image: GREY, map: null, note: "0.93" },
    ...groups.flatMap((group, g) =>
      columns.map((column, c) => ({
        row,
        column,
        group,
        image: null,
        note: c === 1 ? "0.12" : null,
        map: g === 1 && c === 1 ? [[-1, 0], [0, 0]] : [[r, c, g], [0.125, -0.5, 1]],
      }))
    ),
  ]);
}

function rocRows() {
  return RUNS.flatMap((series, s) =>
    rocCurve([0.1, 0.3 + s / 2, 0.4, 0.7, 0.5, 0.9], [0, 0, 1, 0, 1, 1])
      .map((point) => ({ series, ...point }))
  );
}

function barRows() {
  return ["DF", "F2F", "FS", "NT", "all methods"].flatMap((group, g) =>
    RUNS.map((series, s) => ({
      group,
      series,
      value: g === 2 && s === 1 ? null : 0.9 - g / 32 - s / 8,
      low: 0.85 - g / 32 - s / 8,
      high: 0.95 - g / 32 - s / 8,
    }))
  );
}

function lineRows() {
  return [2, 3, 4, 5].flatMap((x) =>
    RUNS.map((series, s) => ({
      series,
      x,
      value: 0.75 + x / 32 - s / 16,
      low: 0.75 - s / 16,
      high: 0.95,
    }))
  );
}

function curveRows() {
  return ["D (nats)", "a heading that needs two lines"].flatMap((panel) =>
    RUNS.flatMap((series, s) => [0, 0.5, 1].map((x) => ({ panel, series, x, value: x * x + s })))
  );
}

function fieldRows(panels: readonly string[]) {
  const places = [-4, -2, 0, 2, 4];
  return panels.flatMap((panel) =>
    places.flatMap((x) => places.map((y) => ({ panel, x, y, value: x * y, dx: y, dy: x })))
  );
}

function tableRows(): TableRow[] {
  return ["no information loss", "local", "global", "local and global"].flatMap((row, r) =>
    ["AUC on FF++ (C23)", "AUC on Celeb-DF v2"].flatMap((column, c): TableRow[] => {
      const value = 0.816 + r / 64 + c / 16;
      const ours = { row, column, source: "ours" } as const;
      return [
        { row, column, source: "paper", value },
        c === 1
          ? { ...ours, value: null, reason: "Needs Celeb-DF v2: see data/README.md." }
          : { ...ours, value, low: value - 0.02, high: value + 0.01 },
      ];
    })
  );
}

function ofSize(size: Size): Record<string, Figure> {
  const title =
    "A title that is long enough to need a second line where the figure is a column wide";
  const columns = ["block 1", "block 2", "block 3", "block 4", "whole"];
  const grid = size === "page"
    ? gridRows(RUNS, columns)
    : gridRows(RUNS.slice(0, 1), columns.slice(1));
  return {
    [`training_of_terms_${size}`]: trainingCurves(trainingRows(RUNS), { title, size, smooth: 2 }),
    [`training_of_one_run_${size}`]: trainingCurves(trainingRows(["seed 1"]), { size }),
    [`heat_map_grid_${size}`]: heatMapGrid(grid, { title, size }),
    [`roc_curves_${size}`]: rocCurves(rocRows(), { title, size }),
    [`bars_${size}`]: bars(barRows(), {
      title,
      size,
      valueTitle: "AUC (95 % interval)",
      level: 0.5,
    }),
    [`curves_${size}`]: curves(curveRows(), { title, size, xTitle: "probability of fake" }),
    [`gradient_field_${size}`]: gradientField(
      fieldRows(size === "page" ? ["paper", "official code, joint free", "official"] : ["paper"]),
      {
        title,
        size,
        xTitle: "logit of the joint head",
        yTitle: "logit of another head",
        valueTitle: "local information loss",
      },
    ),
    [`table_${size}`]: table(tableRows(), { title, size }),
    [`line_intervals_${size}`]: lineIntervals(lineRows(), {
      size,
      xTitle: "number of blocks",
      valueTitle: "AUC (95 % interval)",
    }),
  };
}

/** The figures, by name. */
export const EXAMPLE_FIGURES: Readonly<Record<string, Figure>> = {
  ...ofSize("page"),
  ...ofSize("column"),
};
