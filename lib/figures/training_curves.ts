/** Training curves: loss terms, rates or scores by step, of one run or several. */
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
  wrapText,
} from "./chart_style.ts";
import {
  type PanelReference,
  referenceLabels,
  referenceLines,
  referencesOf,
  referenceWords,
} from "./reference_lines.ts";
import { seriesLine, seriesMarker } from "./series_style.ts";

/** One number recorded at one step. */
export interface TrainingRow {
  /** Name of the run, such as `"with local information loss"`. */
  readonly run: string;
  /** What was recorded, with its unit, such as `"cross-entropy (nats)"`. */
  readonly term: string;
  /** Training step, from 0. */
  readonly step: number;
  /** The number; `null` leaves a gap in the line. */
  readonly value: number | null;
}

/** How training curves are laid out. */
export interface TrainingCurvesOptions extends LookOptions {
  /**
   * What a panel holds: one `"term"`, with a line for each run (the default with several runs), or
   * one `"run"`, with a line for each term (the default with one).
   */
  readonly panels?: "term" | "run";
  /** Title of the axis that panels of runs share, with the unit. Default: `"loss (nats)"`. */
  readonly valueTitle?: string;
  /** Steps whose mean is drawn in the place of each, 1 (the default) or more; the window looks back. */
  readonly smooth?: number;
  /** Panels beside one another before a new line of panels begins. Default: 1 at column width, else 3. */
  readonly columns?: number;
  /** Levels to compare with, drawn across their panel, such as ln 2 for a cross-entropy. Default: none. */
  readonly references?: readonly PanelReference[];
}

/** Means over the last `window` values; gaps stay gaps and are not counted. */
function trailingMeans(values: readonly (number | null)[], window: number): (number | null)[] {
  return values.map((value, i) => {
    if (value === null) return null;
    const seen = values.slice(Math.max(0, i - window + 1), i + 1).filter((v) => v !== null);
    return seen.reduce((sum, v) => sum + v, 0) / seen.length;
  });
}

/**
 * Lines of value over step, in panels. Panels of terms have a scale of their own each; panels of runs
 * share one, so that runs can be compared.
 *
 * @throws RangeError when `smooth` or `columns` is not a positive whole number.
 *
 * @example
 * ```ts
 * import { trainingCurves } from "lib/figures/training_curves.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = [0, 1, 2].map((step) => ({ run: "seed 1", term: "cross-entropy", step, value: 1 / (step + 1) }));
 * assert.equal(trainingCurves(rows, { title: "A run" }).data.length, 1);
 * ```
 */
export const trainingCurves: Chart<TrainingRow, TrainingCurvesOptions> = defineChart(
  "trainingCurves",
  (rows: readonly TrainingRow[], options: TrainingCurvesOptions) => {
    const runs = [...new Set(rows.map((row) => row.run))];
    const terms = [...new Set(rows.map((row) => row.term))];
    const { size = "page", valueTitle = "loss (nats)", smooth = 1, references = [] } = options;
    const { panels = runs.length > 1 ? "term" : "run", columns = size === "column" ? 1 : 3 } =
      options;
    for (const [name, value] of Object.entries({ smooth, columns })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new RangeError(`Training curves: ${name} is ${value}, not a whole number from 1.`);
      }
    }
    const [panelNames, lineNames] = panels === "term" ? [terms, runs] : [runs, terms];
    const across = Math.max(1, Math.min(columns, panelNames.length));
    const down = Math.max(1, Math.ceil(panelNames.length / across));
    const headed = panelNames.length > 1 || lineNames.length === 1;
    const above = { legend: lineNames.length > 1 ? lineNames : [], headings: headed };
    const { t = 0, b = 0, l = 0, r = 0 } = baseLayout(options, above).margin ?? {};
    const fontSize = FONT_SIZES[size];
    const sideGap = fontSize * 4.2;
    const room = WIDTHS[size] - l - r;
    const panelWidth = (room - (across - 1) * sideGap) / across;
    const headings = panelNames.map((name) => wrapText(name, { width: panelWidth, fontSize }));
    const headingLines = Math.max(1, ...headings.map((heading) => heading.split("<br>").length));
    const more = headed ? (headingLines - 1) * fontSize * 1.3 : 0; // than the one line kept
    const gap = sideGap + more;
    const panelHeight = across === 1 ? WIDTHS[size] * 0.36 : 130;
    const needed = t + more + down * panelHeight + (down - 1) * gap + b;
    const height = options.height ?? Math.round(needed);
    const base = baseLayout({ ...options, height }, above);
    const layout: Record<string, unknown> = { ...base, margin: { ...base.margin, t: t + more } };
    const data: Data[] = [];
    const horizontal = panelDomains(across, { room, gap: sideGap });
    const vertical = panelDomains(down, { room: height - t - more - b, gap }).reverse();
    panelNames.forEach((panel, p) => {
      const suffix = p === 0 ? "" : String(p + 1);
      const [column, line] = [p % across, Math.floor(p / across)];
      const lowest = p + across >= panelNames.length;
      layout[`xaxis${suffix}`] = axis(lowest ? "step" : "", {
        domain: horizontal[column],
        anchor: `y${suffix}` as "y",
        nticks: 5,
      });
      layout[`yaxis${suffix}`] = axis(panels === "run" && column === 0 ? valueTitle : "", {
        domain: vertical[line],
        anchor: `x${suffix}` as "x",
        nticks: 5,
        ...(panels === "run" && p > 0 ? { matches: "y" as const } : {}),
      });
      lineNames.forEach((name, l) => {
        const drawn = rows
          .filter((row) =>
            row[panels] === panel && (panels === "term" ? row.run : row.term) === name
          )
          .sort((a, b) => a.step - b.step);
        if (drawn.length === 0) return;
        data.push({
          type: "scatter",
          mode: drawn.length === 1 ? "markers" : "lines",
          name,
          legendgroup: name,
          showlegend: lineNames.length > 1 &&
            !data.some((trace) => (trace as { name?: string }).name === name),
          x: drawn.map((row) => row.step),
          y: trailingMeans(drawn.map((row) => row.value), smooth),
          line: seriesLine(l),
          marker: seriesMarker(l),
          xaxis: `x${suffix}` as "x",
          yaxis: `y${suffix}` as "y",
        });
      });
    });
    const within = panelNames.map((panel) =>
      referencesOf(references, { panel, panels: panelNames })
    );
    const shapes = within.flatMap((of, p) => referenceLines(of, p + 1));
    const labels = within.flatMap((of, p) =>
      referenceLabels(of, { axisNumber: p + 1, where: "inside" })
    );
    const annotations = headed
      ? headings.map((heading, p) => ({
        ...panelHeading(`<b>${heading}</b>`, p + 1),
        align: "left" as const,
      }))
      : [];
    return {
      data,
      layout: { ...layout, shapes, annotations: [...annotations, ...labels] } as typeof base,
      altText: `Lines of ${terms.join(", ")} by step, for ${runs.join(", ")}.` +
        referenceWords(references),
    };
  },
);
