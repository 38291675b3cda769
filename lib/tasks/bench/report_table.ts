/** Tables in Markdown, and how memory, ratios and times are written in them. */
import type { Summary } from "./statistics.ts";
import type { SideResult } from "./time_case.ts";

/** A table of cells. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}

/** The largest resident size in GB; in brackets while timed. */
export function memory({ peakMemory, stepMemory }: SideResult): string {
  if (peakMemory === null || stepMemory === null) return "unknown";
  return `${(peakMemory / 1e9).toFixed(2)} (${(stepMemory / 1e9).toFixed(2)})`;
}

/** A ratio: median and quartiles. */
export const ratioText = ({ median, lower, upper }: Summary): string =>
  `**${median.toFixed(2)}** (${lower.toFixed(2)}–${upper.toFixed(2)})`;

/** A time in milliseconds; nothing of one that was not measured. */
export const inMilliseconds = (seconds: number | undefined, digits = 1): string =>
  seconds === undefined ? "" : (1000 * seconds).toFixed(digits);
