/**
 * One run of the bench from introductions to report. How a case is timed is in comparison.ts, how
 * the report looks in report.ts.
 */
import { resolve } from "node:path";
import { progressLine } from "lib/io/progress.ts";
import type { Project } from "../setup/project.ts";
import type { Report } from "../setup/setup_report.ts";
import { agree, type Agreement, agreementLine, introduce, type Peak } from "./agreement.ts";
import { type BenchCase, caseName, isPaperCase, type PaperCase, stepFlops } from "./bench_cases.ts";
import { type CaseResult, compareCase } from "./time_case.ts";
import { type Contender, ownContender } from "./contender.ts";
import { busyCores, describeMachine } from "./machine.ts";
import type { BenchOptions } from "./bench_options.ts";
import { type BenchReport, writeReport } from "./bench_report.ts";
import { torchContender } from "./torch_environment.ts";

/** Busy cores beyond which a warning says that the numbers will not be worth much. */
const QUIET = 0.5;

/**
 * Runs the bench. A case that fails is noted and the others go on; the report is written anew after
 * each case, so that an end by Ctrl-C or worse loses nothing that was measured.
 *
 * @returns What was measured, up to the moment `signal` was aborted.
 * @throws Error when a side does not start. Where the two sides do not compute the same thing, the
 * cases with that number of blocks fail.
 */
export async function runBench(
  options: BenchOptions,
  { project, words, signal }: { project: Project; words: Report; signal: AbortSignal },
): Promise<BenchReport> {
  const start = new Date();
  const before = { busyCores: await busyCores(), load: Deno.loadavg()[0]! };
  for (const line of quietness(before)) words.say(line);
  const ours = ownContender(project, options);
  const peer = options.peer && torchContender(project, options);
  const contenders: Contender[] = peer === undefined ? [ours] : [ours, peer];
  let sides = await introduce(contenders, { ...options, signal });
  for (const { name, version, threads, detail } of sides) {
    words.say(`${name}: ${version}, ${threads} threads, ${detail}`);
  }
  const agreements: Agreement[] = [];
  const results: CaseResult[] = [];
  const failures: { case: string; reason: string }[] = [];
  const machine = describeMachine();
  const date = localTime(start);
  const report = (): BenchReport => ({
    date,
    machine,
    before,
    sides,
    agreements,
    results,
    failures,
  });
  const save = async () => {
    if (options.output === undefined) return;
    const name = `${date.replace(" ", "-").replace(":", "")}-${options.peer ?? "alone"}`;
    await writeReport(report(), { folder: resolve(project.root, options.output), name });
  };
  const unlike = new Map<number, string>();
  for (const one of peer === undefined ? [] : firstOfEachSize(options.cases)) {
    try {
      const agreement = await agree(one, { ours, peer: peer!, signal });
      agreements.push(agreement);
      words.say(agreementLine(agreement));
    } catch (error) {
      signal.throwIfAborted();
      unlike.set(one.blocks, (error as Error).message);
    }
  }
  const { rounds, burstSeconds, thorough } = options;
  const timing = { rounds, burstSeconds, thorough, ...(peer && { peer }) };
  const show = progressOf(options, words);
  for (const [index, one] of options.cases.entries()) {
    try {
      const reason = isPaperCase(one) ? unlike.get(one.blocks) : undefined;
      if (reason !== undefined) throw new Error(reason);
      const onProgress = (share: number, note: string) => show(index + share, note);
      results.push(await compareCase(one, ours, { ...timing, signal, onProgress }));
    } catch (error) {
      if (signal.aborted) break;
      failures.push({ case: caseName(one), reason: (error as Error).message });
    }
    await save();
  }
  if (!signal.aborted) {
    // Once more: whatever disturbed the machine in that second at the beginning is over by now.
    const again = await introduce(contenders, { ...options, signal });
    sides = sides.map((side, i) => ({ ...side, peak: larger(side.peak, again[i]!.peak) }));
    await save();
  }
  return report();
}

function larger(a: Peak, b: Peak): Peak {
  const { max } = Math;
  return { float32: max(a.float32, b.float32), bfloat16: max(a.bfloat16, b.bfloat16) };
}

/** One case for each number of blocks, in order: agreement does not depend on the rest. */
function firstOfEachSize(cases: readonly BenchCase[]): PaperCase[] {
  const ofPaper = cases.filter(isPaperCase);
  return ofPaper.filter((one, i) => ofPaper.findIndex(({ blocks }) => blocks === one.blocks) === i);
}

function quietness({ busyCores, load }: BenchReport["before"]): string[] {
  const others = busyCores === null
    ? ""
    : `; other programs keep ${busyCores.toFixed(2)} cores busy`;
  return [
    `Load average ${load.toFixed(2)}${others}.`,
    ...((busyCores ?? load) > QUIET
      ? ["Warning: the machine is not quiet. Ratios will spread, and speeds be too low."]
      : []),
  ];
}

/**
 * The progress line over all cases: a case's share is its expected time, some seconds to get ready
 * and then as long as its operations take. Called with the cases done, a fraction included.
 */
function progressOf(
  { cases, rounds }: BenchOptions,
  words: Report,
): (done: number, note: string) => void {
  const weights = cases.map((one) =>
    15 + (isPaperCase(one) ? stepFlops(one) * (2 * rounds + 20) / 1.5e11 : rounds)
  );
  const total = weights.reduce((sum, w) => sum + w, 0);
  const start = performance.now();
  return (done, note) => {
    const share = weights.reduce((s, w, i) => s + w * Math.min(1, Math.max(0, done - i)), 0) /
      total;
    const seconds = (performance.now() - start) / 1000;
    const percent = Math.round(share * 100);
    words.passing(
      progressLine({ name: "bench, %", done: percent, total: 100, seconds, note }),
    );
  };
}

/** Such as "2026-11-25 14:05". */
function localTime(time: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ` +
    `${two(time.getHours())}:${two(time.getMinutes())}`;
}
