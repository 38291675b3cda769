/**
 * One run of the bench from introductions to report. How a case is timed is in comparison.ts, how
 * the report looks in report.ts.
 */
import { resolve } from "node:path";
import { progressLine } from "lib/io/progress.ts";
import type { Project } from "../setup/project.ts";
import type { Report } from "../setup/setup_report.ts";
import { agree, type Agreement, agreementLine, introduce, type Peak } from "./agreement.ts";
import {
  type BenchCase,
  caseName,
  isComparable,
  isPaperCase,
  networkName,
  type PaperCase,
  type ResolvedCase,
  stepFlops,
} from "./bench_cases.ts";
import { type CaseResult, compareCase } from "./time_case.ts";
import { resolveCases, withOperations } from "./case_questions.ts";
import { type Contender, ownContender } from "./contender.ts";
import { busyCores, describeMachine } from "./machine.ts";
import type { BenchOptions } from "./bench_options.ts";
import { type BenchFailure, type BenchReport, writeReport } from "./bench_report.ts";
import { torchContender } from "./torch_environment.ts";
import { Refusal } from "./worker_process.ts";

/** Busy cores beyond which a warning says that the numbers will not be worth much. */
const QUIET = 0.5;

/**
 * Runs the bench. A case that fails, or that the device refuses, is noted and the others go on; the report is
 * written anew after each case, so that an end by Ctrl-C or worse loses nothing that was measured.
 *
 * @returns What was measured, up to the moment `signal` was aborted.
 * @throws Error when a side does not start, or there is no such detector; RangeError where the two sides compute
 * on different devices. Where the two sides do not compute the same thing, the cases of that network fail.
 */
export async function runBench(
  options: BenchOptions,
  { project, words, signal }: { project: Project; words: Report; signal: AbortSignal },
): Promise<BenchReport> {
  const start = new Date();
  const before = { busyCores: await busyCores(), load: Deno.loadavg()[0]! };
  for (const line of quietness(before)) words.say(line);
  // PyTorch's side is on the processor unless told otherwise, and ours is where that is.
  const told = { ...options, ...options.peer && !options.device ? { device: "cpu" as const } : {} };
  const ours = ownContender(project, told);
  const peer = options.peer && torchContender(project, told);
  const contenders: Contender[] = peer === undefined ? [ours] : [ours, peer];
  // Nothing that is not timed asks what the machine can do.
  const asked = options.onlyAgreement ? [] : options.cases;
  let sides = await introduce(contenders, { ...options, cases: asked, signal });
  for (const { name, version, threads, detail } of sides) {
    words.say(`${name}: ${version}, ${threads} threads, ${detail}`);
  }
  const { device, tensorFloat32: rounded } = sides[0]!;
  const agreements: Agreement[] = [];
  const results: CaseResult[] = [];
  const failures: BenchFailure[] = [];
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
  const cases = await resolveCases(options.cases, ours, signal);
  const unlike = new Map<string, string>();
  for (const one of peer === undefined ? [] : firstOfEachNetwork(cases)) {
    try {
      const agreement = await agree(one, { ours, peer: peer!, rounded, signal });
      agreements.push(agreement);
      words.say(agreementLine(agreement));
    } catch (error) {
      signal.throwIfAborted();
      unlike.set(networkName(one), (error as Error).message);
    }
  }
  if (options.onlyAgreement) {
    failures.push(...[...unlike].map(([name, reason]) => ({ case: name, reason, refused: false })));
    await save();
    return report();
  }
  const { rounds, burstSeconds, thorough } = options;
  const timing = { rounds, burstSeconds, thorough, device, ...(peer && { peer }) };
  const show = progressOf(options, words);
  for (const [index, one] of cases.entries()) {
    try {
      const reason = unlike.get(networkName(one));
      if (reason !== undefined) throw new Error(reason);
      const onProgress = (share: number, note: string) => show(index + share, note);
      const result = await compareCase(one, ours, { ...timing, signal, onProgress });
      results.push(result);
      await save();
      const contenders = [ours, peer] as const;
      results.splice(-1, 1, await withOperations(result, { contenders, device, signal }));
    } catch (error) {
      if (signal.aborted) break;
      const reason = (error as Error).message, refused = error instanceof Refusal;
      failures.push({ case: caseName(one), reason, refused });
    }
    await save();
  }
  if (!signal.aborted && thorough) {
    // Once more: whatever disturbed the machine in that second at the beginning is over by now.
    const again = await introduce(contenders, { ...options, signal });
    sides = sides.map((side, i) => ({ ...side, peak: larger(side.peak, again[i]!.peak) }));
    await save();
  }
  return report();
}

function larger(a: Peak, b: Peak): Peak {
  const precisions = Object.keys(a) as (keyof Peak)[];
  return Object.fromEntries(precisions.map((p) => [p, Math.max(a[p]!, b[p] ?? 0)]));
}

/** One case for each network, in order: agreement does not depend on the rest. */
function firstOfEachNetwork(cases: readonly BenchCase[]): (PaperCase | ResolvedCase)[] {
  const names = cases.map(networkName);
  return cases.filter((_, i) => names.indexOf(names[i]!) === i).filter(isComparable);
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
