/** The data bench's numbers as tables, and as files. */
import { join } from "node:path";
import { writeWhole } from "lib/io/write_whole.ts";
import type { Machine } from "../machine.ts";
import { summarise } from "../statistics.ts";
import type { ForgingRound } from "./measure_forging.ts";
import type { LoaderRound, Waiting } from "./measure_loading.ts";
import { CLIP, type Preparing } from "./measure_prepare.ts";
import type { PairDifference } from "./torch_loader.ts";

/** One size of crops. */
export interface LoaderCase {
  /** Side of the files in pixels. */
  readonly side: number;
  /** Side of the pictures that were asked for. */
  readonly size: number;
  /** Pictures a batch. */
  readonly batch: number;
  /** Pictures a pass. */
  readonly count: number;
  /** Processes of the DataLoader: the fastest of those tried. */
  readonly processes: number;
  /** What was measured, in order. */
  readonly rounds: readonly LoaderRound[];
}

/** Pairs made of one size of crops. */
export interface ForgingCase extends Omit<LoaderCase, "rounds"> {
  /** How much the pairs differ, ours and theirs. */
  readonly differences: readonly [PairDifference, PairDifference];
  /** What was measured, in order. */
  readonly rounds: readonly ForgingRound[];
}

/** All that was measured. */
export interface DataReport {
  /** Local date and time of the start. */
  readonly date: string;
  /** Where. */
  readonly machine: Machine;
  /** Load average before and after. */
  readonly load: readonly [number, number];
  /** Versions of both sides. */
  readonly versions: readonly string[];
  /** Videos to crops. */
  readonly preparing: Preparing;
  /** Crops to batches: the comparison. */
  readonly cases: readonly LoaderCase[];
  /** Real crops to pairs: the comparison. */
  readonly forging: ForgingCase;
  /** The wait of a training step. */
  readonly waiting: readonly Waiting[];
}

const COLUMNS = { loader: "our loader", augmented: "and augmented", peer: "DataLoader" } as const;

function quartiles(values: readonly number[], digits: number): string {
  const { lower, median, upper } = summarise(values);
  const [a, b, c] = [median, lower, upper].map((value) => value.toFixed(digits));
  return `${a} (${b} to ${c})`;
}

/** The share of the steps' time that was spent waiting, 0 to 1. */
export function waitingShare({ steps }: Waiting): number {
  const sum = (of: (step: Waiting["steps"][number]) => number) =>
    steps.reduce((total, step) => total + of(step), 0);
  return sum(({ waited }) => waited) / sum(({ seconds }) => seconds);
}

/** What is said of `prepare`. */
function preparingLines({ clips, rounds }: Preparing): string[] {
  if (rounds.length === 0) return [];
  const { width, height, frames, everyFrame } = CLIP;
  const speed = quartiles(rounds.map((round) => round.frames / round.seconds), 1);
  return [
    `\`prepare\`, from ${clips} videos of ${frames} frames and ${width} × ${height} pixels, every ` +
    `${everyFrame}th frame, to JPEG crops and manifest: **${speed} frames a second** ` +
    `(${rounds.length} rounds; frames that were looked at, one face cut out of each).`,
    "",
  ];
}

/** What is said of pairs made on the way. */
function forgingLines(
  { side, size, batch, processes, rounds, differences }: ForgingCase,
): string[] {
  if (rounds.length === 0) return [];
  const [ours, theirs] = (["loader", "peer"] as const)
    .map((way) => quartiles(rounds.map((round) => round[way]), 0));
  const ratio = quartiles(rounds.map(({ loader, peer }) => loader / peer), 2);
  const means = differences.map(({ mask, change }) =>
    `${mask.toFixed(1)} and ${change.toFixed(2)}`
  );
  return [
    `Self-blended pairs a second, made of JPEG crops of ${side} pixels and their landmarks, real, fake and ` +
    `mask at ${size}, ${batch} pairs a batch: **${ours}** of ours, ${theirs} of the DataLoader's ` +
    `${processes} processes with OpenCV and albumentations; ratio **${ratio}**, ${rounds.length} rounds. ` +
    `Mean of the masks, and of the change in levels: ${means.join("; ")}.`,
    "",
  ];
}

/** The report as Markdown: medians with quartiles; ratios are taken within a round. */
export function dataMarkdown(report: DataReport): string {
  const { date, machine, load, versions, preparing, cases, forging, waiting } = report;
  const rows = cases.filter(({ rounds }) => rounds.length > 0).map(
    ({ side, size, batch, processes, rounds }) => {
      const speeds = (Object.keys(COLUMNS) as (keyof LoaderRound)[])
        .map((way) => quartiles(rounds.map((round) => round[way]), 0));
      const ratios = (["loader", "augmented"] as const)
        .map((way) => quartiles(rounds.map((round) => round[way] / round.peer), 2));
      const what = [`${side} → ${size} px, batch ${batch}`, ...speeds, `${processes}`, ...ratios];
      return `| ${what.join(" | ")} |`;
    },
  );
  const waits = waiting.filter(({ steps }) => steps.length > 0).map((of) => {
    const seconds = quartiles(of.steps.map((step) => step.seconds), 3);
    return `| ${of.name} | ${of.steps.length} | ${seconds} | ` +
      `${(100 * waitingShare(of)).toFixed(2)} % |`;
  });
  return [
    `# Data, ${date}`,
    "",
    `${machine.processor}, ${machine.cores} cores; load average ${load[0].toFixed(2)} before and ` +
    `${load[1].toFixed(2)} after. ${versions.join("; ")}.`,
    "",
    ...preparingLines(preparing),
    "JPEG crops a second from files, median of rounds with quartiles; the sides take turns. The",
    "DataLoader augments and normalises in its processes; of ours, *our loader* hands over 8-bit",
    "pixels with parameters, as training takes them, and *and augmented* has done the rest too.",
    "",
    `| crops | ${Object.values(COLUMNS).join(" | ")} | its processes | ratio | ratio augmented |`,
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    ...forgingLines(forging),
    "Waiting for data in real training:",
    "",
    "| training | steps | seconds a step | spent waiting |",
    "| --- | --- | --- | --- |",
    ...waits,
    "",
  ].join("\n");
}

/** Writes the report as JSON and Markdown under its date. @returns The Markdown's path. */
export async function writeDataReport(report: DataReport, folder: string): Promise<string> {
  const name = `${report.date.replace(" ", "-").replace(":", "")}-data`;
  const files = {
    [`${name}.json`]: JSON.stringify(report, null, 2) + "\n",
    [`${name}.md`]: dataMarkdown(report),
  };
  for (const [file, text] of Object.entries(files)) {
    await writeWhole(join(folder, file), new TextEncoder().encode(text));
  }
  return join(folder, `${name}.md`);
}
