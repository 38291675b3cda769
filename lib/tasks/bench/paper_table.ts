/** The part of a report about the paper's detector: a row a case. */
import type { Introduction } from "./agreement.ts";
import { caseName, isPaperCase, stepFlops } from "./bench_cases.ts";
import { memory, ratioText, table } from "./report_table.ts";
import type { CaseResult, SideResult } from "./time_case.ts";
import { judge, speed } from "./verdict.ts";

/** A row a case, with both sides and the targets. */
export function comparisonTable(
  results: readonly CaseResult[],
  sides: readonly Introduction[],
): string[] {
  const rows = results.map((result) => {
    const { case: one, ours, peer } = result;
    const verdict = judge(result)!;
    return [
      caseName(one),
      speed(result, ours).toPrecision(3),
      `${speed(result, peer!).toPrecision(3)} (${peer!.variant})`,
      ratioText(verdict.ratio),
      verdict.processor === null ? "unknown" : ratioText(verdict.processor),
      `${verdict.target.toFixed(1)} ${verdict.fast ? "reached" : "not reached"}`,
      `${memory(ours)} / ${memory(peer!)}${verdict.lean ? "" : ", not reached"}`,
      `${share(sides, result, ours)} / ${share(sides, result, peer!)}`,
      `${verdict.rounds.length} of ${ours.imagesPerSecond.length}`,
    ];
  });
  return table(
    [
      "case",
      "ours",
      "peer",
      "ratio",
      "by processor time",
      "target",
      "memory ours / peer",
      "share of peak",
      "rounds",
    ],
    rows,
  );
}

/** A row a case of our side alone. */
export function ownTable(results: readonly CaseResult[], sides: readonly Introduction[]): string[] {
  const rows = results.map((result) => [
    caseName(result.case),
    speed(result, result.ours).toPrecision(3),
    memory(result.ours),
    share(sides, result, result.ours),
  ]);
  return table(["case", "images a second", "memory", "share of peak"], rows);
}

/** What a side reaches of the better of the two matrix products. */
function share(sides: readonly Introduction[], result: CaseResult, side: SideResult): string {
  const { case: one } = result;
  if (!isPaperCase(one)) return "–";
  const peak = Math.max(...sides.map(({ peak }) => peak[one.precision] ?? 0));
  if (peak === 0) return "–";
  const reached = stepFlops(one) / one.batch * speed(result, side);
  return `${(100 * reached / peak).toFixed(0)} %`;
}
