/** The part of a report about detectors other than the paper's: a row each, and where slow passes go. */
import { caseName, isPaperCase, networkName, type ResolvedCase } from "./bench_cases.ts";
import { memory, ratioText, table } from "./report_table.ts";
import type { CaseResult, Operations } from "./time_case.ts";
import { judge, speed } from "./verdict.ts";
import type { OperationKind } from "./worker_protocol.ts";

const WORKS = ["inference", "training"] as const;

/** What is said of each. */
const COLUMNS = [
  "ratio",
  "by processor time",
  "images a second ours / peer",
  "memory ours / peer",
] as const;

/** Ratio with quartiles, speeds and peak memory of a case; dashes where it was not measured. */
function cells(result: CaseResult | undefined): string[] {
  const verdict = result && judge(result);
  if (!result?.peer || !verdict) return COLUMNS.map(() => "–");
  const [ours, peer] = [result.ours, result.peer];
  return [
    ratioText(verdict.ratio),
    verdict.processor === null ? "unknown" : ratioText(verdict.processor),
    `${speed(result, ours).toPrecision(3)} / ${
      speed(result, peer).toPrecision(3)
    } (${peer.variant})`,
    `${memory(ours)} / ${memory(peer)}`,
  ];
}

/** A row a network; none where only the paper's detector was timed. */
export function detectorTable(results: readonly CaseResult[]): string[] {
  const others = results.filter(({ case: one }) => !isPaperCase(one));
  if (others.length === 0) return [];
  const rows = [...new Set(others.map(({ case: one }) => networkName(one)))].map((name) => {
    const own = others.filter(({ case: one }) => networkName(one) === name);
    const { size, batch } = own[0]!.case as ResolvedCase;
    return [
      name,
      `${own[0]!.ours.parameters}`,
      `${size}`,
      `${batch}`,
      ...WORKS.flatMap((work) => cells(own.find(({ case: one }) => one.work === work))),
    ];
  });
  const header = WORKS.flatMap((work) => COLUMNS.map((column) => `${work}: ${column}`));
  return table(["detector", "parameters", "pixels", "batch", ...header], rows);
}

/** Milliseconds of processor time a picture by kind, the kinds of most of our time first. */
function listed({ pictures, ours, peer }: Operations): string {
  const ms = (seconds = 0) =>
    (seconds / pictures * 1000).toFixed(seconds / pictures < 0.01 ? 1 : 0);
  const kinds = [...new Set([...Object.keys(ours), ...Object.keys(peer)])] as OperationKind[];
  const share = (kind: OperationKind) => Math.max(ours[kind] ?? 0, peer[kind] ?? 0);
  return kinds
    .filter((kind) => share(kind) > 0)
    .sort((a, b) => share(b) - share(a))
    .map((kind) => `${kind} ${ms(ours[kind])} / ${ms(peer[kind])}`)
    .join(", ");
}

/** Of each case that was looked into: milliseconds of processor time a picture in each kind of operation, on both sides. */
export function limits(results: readonly CaseResult[]): string[] {
  const slow = results.filter(({ operations }) => operations !== undefined);
  if (slow.length === 0) return [];
  return [
    "",
    "Where a pass goes, in milliseconds of processor time a picture, ours / peer; operation by operation, " +
    "so that nothing overlaps and TensorFlow fuses nothing; training without the optimiser:",
    "",
    ...slow.map(({ case: one, operations }) => `- ${caseName(one)}: ${listed(operations!)}`),
  ];
}
