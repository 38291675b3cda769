/** One figure of every chart, at both widths, of made-up rows: what the tests of figures draw. */
import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { rocCurve } from "lib/evaluation/roc.ts";
import { bars } from "lib/figures/bars.ts";
import { curves } from "lib/figures/curves.ts";
import { encodingScatter } from "lib/figures/encoding_scatter.ts";
import type { Figure } from "lib/figures/figure.ts";
import { flowDiagram, type FlowRow } from "lib/figures/flow_diagram.ts";
import { forest } from "lib/figures/forest.ts";
import { gradientField } from "lib/figures/gradient_field.ts";
import { heatMapGrid, type HeatMapRow } from "lib/figures/heat_map_grid.ts";
import { lineIntervals } from "lib/figures/line_intervals.ts";
import type { Size } from "lib/figures/chart_style.ts";
import { rocCurves } from "lib/figures/roc_curves.ts";
import { settingSweep } from "lib/figures/setting_sweep.ts";
import { table } from "lib/figures/table.ts";
import type { TableRow } from "lib/figures/table_cells.ts";
import { trainingCurves } from "lib/figures/training_curves.ts";
import { venn } from "lib/figures/venn.ts";
import { jointFromFunction } from "lib/information/joint.ts";
import { vennRegions } from "lib/information/venn_regions.ts";
import { paperFramework } from "lib/studies/paper_framework.ts";

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

/** In the manner of the paper's Figs. 4 and 7: blocks with the loss, without it, and other detectors. */
function paperGridRows(): HeatMapRow[] {
  const others = ["one block", "one wide block", "cropped evenly"];
  const groups = [...RUNS, "other detectors"];
  return gridRows(groups, ["1", "2", "3", "4"])
    .filter(({ group, column }) => group !== groups[2] || column !== "4")
    .map((row) =>
      row.group === groups[2] ? { ...row, column: others[Number(row.column) - 1] } : row
    );
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

function forestRows() {
  return ["none", "one block with as many parameters", "cropping evenly, both losses"].flatMap((
    label,
    l,
  ) =>
    RUNS.map((series, s) => {
      const value = (l - 1) / 32 + s / 64;
      return { label, series, value, low: s === 0 ? value - 0.0625 : null, high: value + 0.03125 };
    })
  );
}

function curveRows() {
  return ["D (nats)", "a heading that needs two lines"].flatMap((panel) =>
    RUNS.flatMap((series, s) => [0, 0.5, 1].map((x) => ({ panel, series, x, value: x * x + s })))
  );
}

/** In the manner of the paper's Fig. 5. */
function sweepRows() {
  return ["AUC on FF++ (C23)", "AUC on Celeb-DF v2"].flatMap((quantity, q) =>
    RUNS.flatMap((series, s) =>
      [2, 3, 4, 5, 6, 7].map((setting) => {
        const value = 0.75 + setting / 64 - q / 16 - s / 32;
        return { series, quantity, setting, value, low: value - 0.02, high: value + 0.02 };
      })
    )
  );
}

function vennRows(diagrams: readonly string[]) {
  const two = jointFromFunction(
    { y: 2, z1: 2, z2: 2 },
    (y, a, b) => (a === y ? 0.95 : 0.05) * (b === y ? 0.8 : 0.2) / 2,
  );
  const regions = vennRegions(two, { y: "y", z1: "z1", z2: "z2" });
  return diagrams.flatMap((diagram) => regions.map((region) => ({ diagram, ...region })));
}

function encodingRows() {
  return [0.25, 0.5, 0.75, 1].map((information, i) => ({
    information,
    objective: information * (i === 3 ? 2 : 0.75),
    count: 10 ** (3 - i),
    mark: i === 3 ? "shared secret" : null,
  }));
}

function fieldRows(panels: readonly string[]) {
  const places = [-4, -2, 0, 2, 4];
  return panels.flatMap((panel) =>
    places.flatMap((x) => places.map((y) => ({ panel, x, y, value: x * y + 0, dx: y, dy: x })))
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
    [`training_of_terms_${size}`]: trainingCurves(trainingRows(RUNS), {
      ...{ title, size, smooth: 2 },
      references: [{ panel: "validation AUC", value: 0.5, label: "chance" }],
    }),
    [`training_of_one_run_${size}`]: trainingCurves(trainingRows(["seed 1"]), { size }),
    [`heat_map_grid_${size}`]: heatMapGrid(grid, { title, size }),
    [`roc_curves_${size}`]: rocCurves(rocRows(), { title, size }),
    [`bars_${size}`]: bars(barRows(), {
      title,
      size,
      valueTitle: "AUC (95 % interval)",
      references: [{ value: 0.5, label: "chance" }],
    }),
    [`curves_${size}`]: curves(curveRows(), {
      title,
      size,
      xTitle: "probability of fake",
      references: [{ panel: "D (nats)", value: Math.LN2, label: "ln 2" }],
    }),
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
    [`setting_sweep_${size}`]: settingSweep(sweepRows(), {
      title,
      size,
      settingTitle: "number of blocks",
      fromZero: false,
    }),
    [`venn_${size}`]: venn(vennRows(size === "page" ? ["two clues", "again"] : ["two clues"]), {
      title,
      size,
    }),
    [`encoding_scatter_${size}`]: encodingScatter(encodingRows(), { title, size }),
    [`table_${size}`]: table(tableRows(), { title, size }),
    [`forest_${size}`]: forest(forestRows(), {
      title,
      size,
      valueTitle: "difference of AUC (95 % interval)",
      level: 0,
    }),
    [`line_intervals_${size}`]: lineIntervals(lineRows(), {
      size,
      xTitle: "number of blocks",
      valueTitle: "AUC (95 % interval)",
    }),
  };
}

/** Four ways from a face to a score. */
function shortFlow(): FlowRow[] {
  const box = (from: string, [left, right, top, bottom]: number[], kind = ""): FlowRow => ({
    ...{ from, to: null, label: from, kind },
    ...{ left: left!, right: right!, top: top!, bottom: bottom! },
  });
  const nowhere = { label: "", kind: "", left: null, right: null, top: null, bottom: null };
  const blocks = [1, 2, 3, 4].map((i) => `block ${i}`);
  const arrow = (from: string, to: string): FlowRow => ({ from, to, ...nowhere });
  return [
    box("face", [0, 0.22, 0, 4]),
    ...blocks.map((block, i) => box(block, [0.37, 0.63, i, i + 1], "networks")),
    box("score", [0.78, 1, 0, 4], "heads"),
    ...blocks.flatMap((block) => [arrow("face", block), arrow(block, "score")]),
  ];
}

/** The figures, by name. */
export const EXAMPLE_FIGURES: Readonly<Record<string, Figure>> = {
  ...ofSize("page"),
  ...ofSize("column"),
  flow_diagram_page: flowDiagram(paperFramework(PAPER.detector), { title: "The framework" }),
  flow_diagram_column: flowDiagram(shortFlow(), {
    title: "From a face to a score",
    size: "column",
  }),
  heat_map_grid_of_detectors_page: heatMapGrid(paperGridRows(), { size: "page" }),
};
