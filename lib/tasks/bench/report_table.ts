/** Tables in Markdown, and how memory, ratios and times are written in them. */
import type { Summary } from "./statistics.ts";
import type { SideResult } from "./time_case.ts";

/** A table of cells. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}

const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(2);

/**
 * The peak in GB; in brackets while timed, or of a GPU what the framework's own count says, of tensors and with
 * what is kept for them.
 */
export function memory(
  { peakMemory, stepMemory, allocated, reserved }: Pick<
    SideResult,
    "peakMemory" | "stepMemory" | "allocated" | "reserved"
  >,
): string {
  const peak = peakMemory === null ? "unknown" : gigabytes(peakMemory);
  const more = allocated === undefined || reserved === undefined
    ? stepMemory === null ? [] : [gigabytes(stepMemory)]
    : [`tensors ${gigabytes(allocated)}, kept ${gigabytes(reserved)}`];
  return [peak, ...more.map((text) => `(${text})`)].join(" ");
}

/** A ratio: median and quartiles. */
export const ratioText = ({ median, lower, upper }: Summary): string =>
  `**${median.toFixed(2)}** (${lower.toFixed(2)}–${upper.toFixed(2)})`;

/** A time in milliseconds; nothing of one that was not measured. */
export const inMilliseconds = (seconds: number | undefined, digits = 1): string =>
  seconds === undefined ? "" : (1000 * seconds).toFixed(digits);
