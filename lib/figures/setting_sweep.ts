/**
 * Outcomes over the values of one setting, such as a loss's weight, in a panel for each quantity. The
 * values stand at equal distances, so that 0, 0.3 and 10 fit one axis; for one quantity over a number
 * on its own scale see line_intervals.ts.
 */
import type { Data } from "plotly.js-dist";
import { type Chart, defineChart } from "./figure.ts";
import {
  axis,
  baseLayout,
  FONT_SIZES,
  type LookOptions,
  panelDomains,
  panelHeading,
  WIDTHS,
} from "./chart_style.ts";
import {
  type PanelReference,
  referenceLabels,
  referenceLines,
  referencesOf,
  referenceWords,
} from "./reference_lines.ts";
import { seriesLine, seriesMarker } from "./series_style.ts";

/** One outcome at one value of the setting. */
export interface SweepRow {
  /** Name of the line, such as `"official form"`. */
  readonly series: string;
  /** What was measured, with the unit, such as `"I(y; Z) (bits)"`: one panel each. */
  readonly quantity: string;
  /** The setting's value. Values stand at equal distances in ascending order. */
  readonly setting: number;
  /** The outcome, such as the mean over seeds. */
  readonly value: number;
  /** Lower and upper end of its bar, such as the smallest and largest over seeds; `null` for no bar. */
  readonly low: number | null;
  /** See `low`. */
  readonly high: number | null;
}

/** How a sweep is laid out. */
export interface SweepOptions extends LookOptions {
  /** Title of the horizontal axis, with the unit. Default: `"setting"`. */
  readonly settingTitle?: string;
  /** Whether vertical axes begin at 0; an AUC's may begin where its values do. Default: true. */
  readonly fromZero?: boolean;
  /** Levels to compare with, drawn across their panel, such as a ceiling in bits. Default: none. */
  readonly references?: readonly PanelReference[];
}

/**
 * Lines with bars over a setting, panels side by side with a scale each.
 *
 * @throws RangeError for a row with only one end of its bar.
 *
 * @example
 * ```ts
 * import { settingSweep } from "lib/figures/setting_sweep.ts";
 * import assert from "node:assert/strict";
 *
 * const row = { series: "A", quantity: "AUC", setting: 0.1, value: 0.8, low: 0.7, high: 0.9 };
 * const figure = settingSweep([row, { ...row, setting: 1 }], { settingTitle: "weight" });
 * assert.equal(figure.data.length, 1);
 * ```
 */
export const settingSweep: Chart<SweepRow, SweepOptions> = defineChart(
  "settingSweep",
  (rows: readonly SweepRow[], options: SweepOptions) => {
    const halfBar = rows.find((row) => (row.low === null) !== (row.high === null));
    if (halfBar) {
      throw new RangeError(
        `A bar of "${halfBar.series}" has one end: give low and high, or neither.`,
      );
    }
    const quantities = [...new Set(rows.map((row) => row.quantity))];
    const series = [...new Set(rows.map((row) => row.series))];
    const settings = [...new Set(rows.map((row) => row.setting))].sort((a, b) => a - b);
    const { size = "page", settingTitle = "setting", fromZero = true, references = [] } = options;
    const above = { legend: series, headings: true };
    const { t = 0, b = 0, l = 0, r = 0 } = baseLayout(options, above).margin ?? {};
    const height = options.height ?? Math.round(t + 160 + b);
    const base = baseLayout({ ...options, height }, above);
    const layout: Record<string, unknown> = { ...base };
    const domains = panelDomains(Math.max(1, quantities.length), {
      room: WIDTHS[size] - l - r,
      gap: FONT_SIZES[size] * 4.2,
    });
    const data: Data[] = [];
    quantities.forEach((quantity, p) => {
      const suffix = p === 0 ? "" : String(p + 1);
      layout[`xaxis${suffix}`] = axis(settingTitle, {
        domain: domains[p],
        anchor: `y${suffix}` as "y",
        tickvals: settings.map((_, i) => i),
        ticktext: settings.map(String),
      });
      layout[`yaxis${suffix}`] = axis("", {
        anchor: `x${suffix}` as "x",
        nticks: 6,
        rangemode: fromZero ? "tozero" : "normal",
      });
      series.forEach((name, s) => {
        const drawn = rows
          .filter((row) => row.quantity === quantity && row.series === name)
          .sort((a, b) => a.setting - b.setting);
        if (drawn.length === 0) return;
        const shift = (s - (series.length - 1) / 2) * 0.08; // so that bars do not hide one another
        data.push({
          type: "scatter",
          mode: "lines+markers",
          name,
          legendgroup: name,
          showlegend: p === 0,
          x: drawn.map((row) => settings.indexOf(row.setting) + shift),
          y: drawn.map((row) => row.value),
          error_y: {
            type: "data",
            symmetric: false,
            array: drawn.map((row) => (row.high ?? row.value) - row.value),
            arrayminus: drawn.map((row) => row.value - (row.low ?? row.value)),
            thickness: 1,
            width: 2,
          },
          line: seriesLine(s),
          marker: seriesMarker(s),
          xaxis: `x${suffix}` as "x",
          yaxis: `y${suffix}` as "y",
        });
      });
    });
    const within = quantities.map((panel) =>
      referencesOf(references, { panel, panels: quantities })
    );
    const shapes = within.flatMap((of, p) => referenceLines(of, p + 1));
    const labels = within.flatMap((of, p) =>
      referenceLabels(of, { axisNumber: p + 1, where: "inside" })
    );
    const annotations = quantities.map((name, p) => panelHeading(`<b>${name}</b>`, p + 1));
    return {
      data,
      layout: { ...layout, shapes, annotations: [...annotations, ...labels] } as typeof base,
      altText: `${quantities.join(", ")} over ${settingTitle} from ${settings[0]} to ` +
        `${settings.at(-1)}, for ${series.join(", ")}.` + referenceWords(references),
    };
  },
);
