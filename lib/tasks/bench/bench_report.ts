/** A bench's report: what was reached against the targets, as JSON, CSV and Markdown. */
import { join } from "node:path";
import { writeWhole } from "lib/io/write_whole.ts";
import { type Agreement, agreementLine, type Introduction } from "./agreement.ts";
import { caseName, isComparable, isPaperCase } from "./bench_cases.ts";
import { detectorTable, limits } from "./detector_table.ts";
import type { Machine } from "./machine.ts";
import { comparisonTable, ownTable } from "./paper_table.ts";
import type { CaseResult } from "./time_case.ts";
import { judge, QUIET } from "./verdict.ts";

/** A case that was not timed. */
export interface BenchFailure {
  /** Its name; the network's where the two sides differ and nothing was to be timed. */
  readonly case: string;
  /** Why. */
  readonly reason: string;
  /** Whether that is no fault: the device has no such precision. */
  readonly refused: boolean;
}

/** Everything that one run of the bench measured. */
export interface BenchReport {
  /** When it began, local time, such as "2026-11-25 14:05". */
  readonly date: string;
  /** Where. */
  readonly machine: Machine;
  /** Cores busy with other programs, and the load average of the last minute, before it began. */
  readonly before: { readonly busyCores: number | null; readonly load: number };
  /** Our side, then the peer. */
  readonly sides: readonly Introduction[];
  /** How far both sides agree, for each network. */
  readonly agreements: readonly Agreement[];
  /** The cases that were timed. */
  readonly results: readonly CaseResult[];
  /** The cases that failed, with the reason. */
  readonly failures: readonly BenchFailure[];
}

/** One row a case and round: the rows that figures are drawn from. */
export function reportCsv({ results, sides }: BenchReport): string {
  const header =
    "case,work,precision,blocks,size,batch,round,ours_variant,peer_variant,ours_images_per_second," +
    "peer_images_per_second,ratio,ours_processor_seconds,peer_processor_seconds,ours_peak_bytes,peer_peak_bytes,disturbance_cores," +
    "device,peer_allocated_bytes,peer_reserved_bytes";
  const rows = results.flatMap(({ case: one, ours, peer, disturbance }) =>
    ours.imagesPerSecond.map((speed, round) => {
      const theirs = peer?.imagesPerSecond[round];
      return [
        caseName(one),
        one.work,
        one.precision,
        isPaperCase(one) ? one.blocks : "",
        isComparable(one) ? one.size : "",
        one.batch,
        round + 1,
        ours.variant,
        peer?.variant ?? "",
        speed.toFixed(3),
        theirs?.toFixed(3) ?? "",
        theirs === undefined ? "" : (speed / theirs).toFixed(4),
        ours.processorSeconds[round]?.toFixed(4) ?? "",
        peer?.processorSeconds[round]?.toFixed(4) ?? "",
        ours.peakMemory ?? "",
        peer?.peakMemory ?? "",
        disturbance[round]?.toFixed(2) ?? "",
        sides[0]!.device,
        peer?.allocated ?? "",
        peer?.reserved ?? "",
      ].join(",");
    })
  );
  return [header, ...rows].join("\n") + "\n";
}

/** The report for reading, in Markdown. */
export function reportMarkdown(report: BenchReport): string {
  const { machine, before, sides, agreements, results, failures } = report;
  const compared = sides.length > 1;
  const lines = [
    `# ${compared ? sides.map(({ name }) => name).join(" and ") : "Bench"}, ${report.date}`,
    "",
    `${machine.processor}, ${machine.cores} cores (${machine.instructions.join(", ")}), ` +
    `${gigabytes(machine.memory)} GB, ${machine.system}. Before the run others kept ` +
    `${before.busyCores?.toFixed(2) ?? "an unknown number of"} cores busy (load ${
      before.load.toFixed(2)
    }).`,
    "",
    ...sides.map(({ name, version, threads, detail, peak }) =>
      `- ${name} ${version}, ${threads} threads, ${detail}${products(peak)}`
    ),
    "",
    ...onGpu(report)
      ? [`float32 on ${sides[0]!.device} with${sides[0]!.tensorFloat32 ? "" : "out"} TF32.`, ""]
      : [],
    ...agreements.map((agreement) => `- ${agreementLine(agreement)}`),
    ...(agreements.length > 0 ? [""] : []),
    ...tables(report),
    "",
    ...results.flatMap(shortfalls),
    ...limits(results),
    ...failures.map(({ case: name, reason, refused }) =>
      refused ? `- ${name} is refused: ${reason}` : `- **${name} failed**: ${reason}`
    ),
    "",
    "Images a second: median over the rounds that count. Each round times a burst of each side in " +
    "turn, the other idle; it counts when other programs kept at most " +
    `${QUIET} cores busy meanwhile (where fewer than three rounds are so quiet, all count). Ratio: ` +
    "ours divided by the peer's within a round, median and quartiles. By processor time: the peer's an " +
    "image divided by ours, over all rounds, which other programs disturb less; threads that wait by " +
    `spinning count in it. ${onGpu(report) ? GPU_MEMORY : MEMORY} ` +
    "Share of peak: operations (2 a multiply-accumulate of convolutions and linear layers; " +
    "training counts 3 forward passes) a second, against the better of the two matrix products.",
    "",
  ];
  return lines.join("\n").replace(/\n{3,}/g, "\n\n");
}

/** What the numbers of memory are. */
const MEMORY =
  "Memory: the largest resident size the process ever had, in GB, getting ready included; " +
  "in brackets while timed.";
const GPU_MEMORY =
  "Memory: what the process took of the card until it was ready, in GB, as the driver says: " +
  "CUDA's own, and what the framework keeps, which in steps of the same shapes stays so; in brackets PyTorch's " +
  "own counts at most, of tensors and of what is kept for them (TensorFlow's C interface has none). Processor " +
  "time is that of launching.";

/** What matrix products reached, behind a side's name. */
function products(peak: Introduction["peak"]): string {
  const each = Object.entries(peak).map(([precision, best]) => `${giga(best)} in ${precision}`);
  return each.length === 0 ? "" : `; matrix product in GFLOP/s: ${each.join(", ")}`;
}

const onGpu = ({ sides }: BenchReport) => sides.some(({ device }) => device.startsWith("GPU"));

/** One for the paper's detector, a row a case, and one for all others, a row a network. */
function tables(report: BenchReport): string[] {
  const { results, sides } = report;
  if (sides.length < 2) return ownTable(results, sides);
  const ofPaper = results.filter(({ case: one }) => isPaperCase(one));
  return [
    ...ofPaper.length === 0 ? [] : [...comparisonTable(ofPaper, sides), ""],
    ...detectorTable(results),
  ];
}

/** What is not reached, in words; what limits it in results/bench/README.md. */
function shortfalls(result: CaseResult): string[] {
  const verdict = judge(result);
  if (verdict === null) return [];
  const name = caseName(result.case);
  const { ratio, target, memory } = verdict;
  return [
    ...(verdict.fast ? [] : [
      `- ${name}: ${ratio.median.toFixed(2)} of the peer's speed (rounds ${
        ratio.min.toFixed(2)
      } to ` +
      `${ratio.max.toFixed(2)}), ${target.toFixed(1)} wanted.`,
    ]),
    ...(verdict.lean ? [] : [`- ${name}: ${memory!.toFixed(2)} of the peer's memory, 1.0 wanted.`]),
  ];
}

const giga = (value: number) => (value / 1e9).toFixed(0);
const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);

/**
 * Writes the report as `<folder>/<name>.json`, `.csv` and `.md`, each whole or not at all, and
 * returns the paths. Where a file of that name was, the new one is.
 */
export async function writeReport(
  report: BenchReport,
  { folder, name }: { folder: string; name: string },
): Promise<string[]> {
  const verdicts = Object.fromEntries(
    report.results.map((result) => [caseName(result.case), judge(result)]),
  );
  const texts = {
    json: JSON.stringify({ ...report, verdicts }, null, 2) + "\n",
    csv: reportCsv(report),
    md: reportMarkdown(report),
  };
  const paths: string[] = [];
  for (const [ending, text] of Object.entries(texts)) {
    const path = join(folder, `${name}.${ending}`);
    await writeWhole(path, new TextEncoder().encode(text));
    paths.push(path);
  }
  return paths;
}
