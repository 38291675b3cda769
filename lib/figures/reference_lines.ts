/** Levels to compare with, drawn across a plot: chance, a ceiling, the loss of knowing nothing. */
import type { Annotation, Shape } from "plotly.js-dist";
import { FONT_SIZES } from "./chart_style.ts";

/** A level to compare with. */
export interface Reference {
  /** Where it lies on the axis of values, such as 0.5 for an AUC's chance. */
  readonly value: number;
  /** What it is, such as `"chance"` or `"ln 2"`. Default: the line stands alone. */
  readonly label?: string;
  /** At which end of the line its label stands inside of a plot. Default: `"right"`. */
  readonly labelAt?: "left" | "right";
}

/** A level in one panel of several. */
export interface PanelReference extends Reference {
  /** Heading of the panel that it belongs to. Default: every panel. */
  readonly panel?: string;
}

/** Of lines to compare with: dark enough for small text on white paper, and unlike every series. */
export const REFERENCE_GREY = "#666666";

/**
 * The lines across one panel. Each reaches from end to end; the axis of values is widened to show it
 * unless its range is given.
 *
 * @param axisNumber The panel's, from 1.
 * @throws RangeError for a value that is not a finite number.
 */
export function referenceLines(
  references: readonly Reference[],
  axisNumber: number,
): Partial<Shape>[] {
  const suffix = axisNumber === 1 ? "" : String(axisNumber);
  return references.map(({ value, label }) => {
    if (!Number.isFinite(value)) {
      throw new RangeError(`The reference line ${label ?? ""} lies at ${value}, not at a number.`);
    }
    return {
      type: "line",
      xref: `x${suffix} domain` as "paper",
      yref: `y${suffix}` as "y",
      x0: 0,
      x1: 1,
      y0: value,
      y1: value,
      line: { color: REFERENCE_GREY, width: 1, dash: "dot" },
    };
  });
}

/**
 * Their labels, at the right end of each line unless it says otherwise.
 *
 * @param place `axisNumber`: the panel's, from 1. `where`: inside above the line, or beside the plot,
 * where `referenceMargin` keeps the room, for plots that are filled.
 */
export function referenceLabels(
  references: readonly Reference[],
  { axisNumber, where }: { axisNumber: number; where: "inside" | "beside" },
): Partial<Annotation>[] {
  const suffix = axisNumber === 1 ? "" : String(axisNumber);
  const inside = where === "inside";
  const anchors = (at: "left" | "right") =>
    inside
      ? { xanchor: at, yanchor: "bottom", bgcolor: "rgba(255,255,255,0.7)" } as const
      : { xanchor: "left", yanchor: "middle", xshift: 3 } as const;
  return references.filter(({ label }) => label !== undefined).map((
    { value, label, labelAt = "right" },
  ) => ({
    text: label!,
    showarrow: false,
    xref: `x${suffix} domain` as "paper",
    yref: `y${suffix}` as "y",
    x: inside && labelAt === "left" ? 0 : 1,
    y: value,
    ...anchors(labelAt),
    borderpad: 0,
    font: { size: FONT_SIZES.small, color: REFERENCE_GREY },
  }));
}

/** The room in CSS pixels that labels beside the plot take. */
export function referenceMargin(references: readonly Reference[]): number {
  const longest = Math.max(0, ...references.map(({ label = "" }) => label.length));
  return longest === 0 ? 0 : Math.ceil(longest * 0.56 * FONT_SIZES.small) + 6;
}

/**
 * The references of one panel.
 *
 * @throws RangeError when a reference names a panel that is not there, with those that are.
 */
export function referencesOf(
  references: readonly PanelReference[],
  { panel, panels }: { panel: string; panels: readonly string[] },
): PanelReference[] {
  const lost = references.find((r) => r.panel !== undefined && !panels.includes(r.panel));
  if (lost !== undefined) {
    throw new RangeError(
      `A reference line is for the panel ${JSON.stringify(lost.panel)}. There are ` +
        `${panels.map((name) => JSON.stringify(name)).join(", ")}.`,
    );
  }
  return references.filter((r) => r.panel === undefined || r.panel === panel);
}

/** The references in words, with a space before; nothing where there are none. */
export function referenceWords(references: readonly PanelReference[]): string {
  if (references.length === 0) return "";
  const each = references.map(({ value, label, panel }) =>
    (label === undefined ? "" : `${label} at `) + Number(value.toPrecision(4)) +
    (panel === undefined ? "" : ` in ${panel}`)
  );
  return ` Reference lines: ${each.join(", ")}.`;
}
