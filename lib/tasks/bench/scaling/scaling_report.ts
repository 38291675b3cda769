/** The report on scaling: what was measured, what it was computed from, and what came out, as tables and files. */
import { join } from "node:path";
import { writeWhole } from "lib/io/write_whole.ts";
import type { Machine } from "../machine.ts";
import { type MeasuredAt, partLines, reduceLines } from "./measured_tables.ts";
import { assumptionLines, type Projected, resultLines } from "./projection_tables.ts";

/** All of it. */
export interface ScalingReport extends Projected {
  /** Local date and time of the start. */
  readonly date: string;
  /** Where it was measured. */
  readonly machine: Machine;
  /** Load average before and after, and cores that others kept busy before; null where unknown. */
  readonly load: readonly [before: number, after: number];
  /** As said. */
  readonly busyCores: number | null;
  /** How steps were measured here. */
  readonly measuredAt: MeasuredAt;
}

/** The report as Markdown. */
export function scalingMarkdown(report: ScalingReport): string {
  const { date, machine, load, busyCores, groups } = report;
  const quiet = busyCores === null
    ? ""
    : `, other programs kept ${busyCores.toFixed(2)} cores busy before`;
  return [
    `# Scaling, ${date}`,
    "",
    `${machine.processor}, ${machine.cores} cores; load average ${load[0].toFixed(2)} before and ` +
    `${load[1].toFixed(2)} after${quiet}. TensorFlow ${groups[0]?.version ?? "unknown"}.`,
    "",
    ...partLines(groups, report.measuredAt),
    ...reduceLines(groups),
    ...assumptionLines(report),
    ...resultLines(report),
  ].join("\n");
}

/** Writes the report as JSON and Markdown under its date. @returns The Markdown's path. */
export async function writeScalingReport(report: ScalingReport, folder: string): Promise<string> {
  const name = `${report.date.replace(" ", "-").replace(":", "")}-scaling`;
  const files = {
    [`${name}.json`]: JSON.stringify(report, null, 2) + "\n",
    [`${name}.md`]: scalingMarkdown(report),
  };
  for (const [file, text] of Object.entries(files)) {
    await writeWhole(join(folder, file), new TextEncoder().encode(text));
  }
  return join(folder, `${name}.md`);
}
