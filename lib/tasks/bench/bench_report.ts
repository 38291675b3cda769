/** A bench's report: what was reached against the targets, as JSON, CSV and Markdown. */
import { join } from "node:path";
import { writeWhole } from "lib/io/write_whole.ts";
import { type Agreement, agreementLine, type Introduction } from "./agreement.ts";
import { type BenchCase, caseName, isPaperCase, stepFlops } from "./bench_cases.ts";
import type { CaseResult, SideResult } from "./time_case.ts";
import type { Machine } from "./machine.ts";
import { summarise, type Summary } from "./statistics.ts";

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
  /** How far both sides agree, for each number of blocks. */
  readonly agreements: readonly Agreement[];
  /** The cases that were timed. */
  readonly results: readonly CaseResult[];
  /** The cases that failed, with the reason. */
  readonly failures: readonly { readonly case: string; readonly reason: string }[];
}

/** The smallest median ratio of our speed to PyTorch's that is wanted; memory: at most PyTorch's. */
const TARGETS: Record<`${BenchCase["work"]}-${BenchCase["precision"]}`, number> = {
  "inference-float32": 1,
  "training-float32": 1,
  "inference-bfloat16": 1,
  "training-bfloat16": 0.9,
};

/**
 * Cores busy with other programs up to which a round counts. PyTorch's threads wait for each other by
 * spinning and lose far more than their share to a third program, so a disturbed ratio flatters us.
 */
const QUIET = 0.2;

/** A case measured on both sides, with what follows from it. */
export interface Verdict {
  /** Rounds that count: the quiet ones, or all where fewer than three are quiet. Counted from 0. */
  readonly rounds: number[];
  /** Our speed as a multiple of the peer's, over the rounds. */
  readonly ratio: Summary;
  /** The smallest median wanted. */
  readonly target: number;
  /** Whether the median reaches the target. */
  readonly fast: boolean;
  /** Our peak memory as a multiple of the peer's; null where memory is unknown. */
  readonly memory: number | null;
  /** Whether our peak memory is no higher than the peer's; true where unknown. */
  readonly lean: boolean;
}

/** Compares a case with its targets; null when there was no peer. */
export function judge(result: CaseResult): Verdict | null {
  const { case: one, ours, peer } = result;
  if (peer === undefined) return null;
  const rounds = countingRounds(result);
  const ratio = summarise(rounds.map((i) => ours.imagesPerSecond[i]! / peer.imagesPerSecond[i]!));
  const target = TARGETS[`${one.work}-${one.precision}`];
  const memory = ours.peakMemory === null || peer.peakMemory === null
    ? null
    : ours.peakMemory / peer.peakMemory;
  return {
    rounds,
    ratio,
    target,
    fast: ratio.median >= target,
    memory,
    lean: memory === null || memory <= 1,
  };
}

function countingRounds({ disturbance }: CaseResult): number[] {
  const all = disturbance.map((_, i) => i);
  const quiet = all.filter((i) => (disturbance[i] ?? 0) <= QUIET);
  return quiet.length >= 3 ? quiet : all;
}

/** One row a case and round: the rows that figures are drawn from. */
export function reportCsv({ results }: BenchReport): string {
  const header =
    "case,work,precision,blocks,size,batch,round,ours_variant,peer_variant,ours_images_per_second," +
    "peer_images_per_second,ratio,ours_peak_bytes,peer_peak_bytes,disturbance_cores";
  const rows = results.flatMap(({ case: one, ours, peer, disturbance }) =>
    ours.imagesPerSecond.map((speed, round) => {
      const theirs = peer?.imagesPerSecond[round];
      return [
        caseName(one),
        one.work,
        one.precision,
        ...isPaperCase(one) ? [one.blocks, one.size] : ["", ""],
        one.batch,
        round + 1,
        ours.variant,
        peer?.variant ?? "",
        speed.toFixed(3),
        theirs?.toFixed(3) ?? "",
        theirs === undefined ? "" : (speed / theirs).toFixed(4),
        ours.peakMemory ?? "",
        peer?.peakMemory ?? "",
        disturbance[round]?.toFixed(2) ?? "",
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
      `- ${name} ${version}, ${threads} threads, ${detail}; matrix product ` +
      `${giga(peak.float32)} GFLOP/s in float32, ${giga(peak.bfloat16)} in bfloat16`
    ),
    "",
    ...agreements.map((agreement) => `- ${agreementLine(agreement)}`),
    ...(agreements.length > 0 ? [""] : []),
    ...(compared ? comparisonTable(report) : ownTable(report)),
    "",
    ...results.flatMap(shortfalls),
    ...failures.map(({ case: name, reason }) => `- **${name} failed**: ${reason}`),
    "",
    "Images a second: median over the rounds that count. Each round times a burst of each side in " +
    "turn, the other idle; it counts when other programs kept at most " +
    `${QUIET} cores busy meanwhile (where fewer than three rounds are so quiet, all count). Ratio: ` +
    "ours divided by the peer's within a round, median and quartiles. Memory: the largest resident " +
    "size the process ever had, in GB, getting ready included; in brackets while timed. " +
    "Share of peak: operations (2 a multiply-accumulate of convolutions and linear layers; " +
    "training counts 3 forward passes) a second, against the better of the two matrix products.",
    "",
  ];
  return lines.join("\n").replace(/\n{3,}/g, "\n\n");
}

function comparisonTable(report: BenchReport): string[] {
  const rows = report.results.map((result) => {
    const { case: one, ours, peer } = result;
    const verdict = judge(result)!;
    const { median, lower, upper } = verdict.ratio;
    return [
      caseName(one),
      speed(result, ours).toPrecision(3),
      `${speed(result, peer!).toPrecision(3)} (${peer!.variant})`,
      `**${median.toFixed(2)}** (${lower.toFixed(2)}–${upper.toFixed(2)})`,
      `${verdict.target.toFixed(1)} ${verdict.fast ? "reached" : "not reached"}`,
      `${memory(ours)} / ${memory(peer!)}${verdict.lean ? "" : ", not reached"}`,
      `${share(report, result, ours)} / ${share(report, result, peer!)}`,
      `${verdict.rounds.length} of ${ours.imagesPerSecond.length}`,
    ];
  });
  return table(
    [
      "case",
      "ours",
      "peer",
      "ratio",
      "target",
      "memory ours / peer",
      "share of peak",
      "rounds",
    ],
    rows,
  );
}

function ownTable(report: BenchReport): string[] {
  const rows = report.results.map((result) => [
    caseName(result.case),
    speed(result, result.ours).toPrecision(3),
    memory(result.ours),
    share(report, result, result.ours),
  ]);
  return table(["case", "images a second", "memory", "share of peak"], rows);
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

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}

const giga = (value: number) => (value / 1e9).toFixed(0);
const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);

/** Images a second: median of the rounds that count. */
function speed(result: CaseResult, side: SideResult): number {
  return summarise(countingRounds(result).map((i) => side.imagesPerSecond[i]!)).median;
}

function memory({ peakMemory, stepMemory }: SideResult): string {
  if (peakMemory === null || stepMemory === null) return "unknown";
  return `${(peakMemory / 1e9).toFixed(2)} (${(stepMemory / 1e9).toFixed(2)})`;
}

function share({ sides }: BenchReport, result: CaseResult, side: SideResult): string {
  const { case: one } = result;
  if (!isPaperCase(one)) return "–";
  const peak = Math.max(...sides.map(({ peak }) => peak[one.precision]));
  const reached = stepFlops(one) / one.batch * speed(result, side);
  return `${(100 * reached / peak).toFixed(0)} %`;
}

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
