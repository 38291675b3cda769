/** A comparison as lines for people: each method's values, then a sentence for every two. */
import type { ComparisonRow } from "lib/evaluation/comparison/compare_methods.ts";
import { comparisonSentence, pWords, signed } from "lib/evaluation/comparison/comparison_words.ts";

/** A table of lines: text to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[], textColumns: number): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row.map((cell, i) => i < textColumns ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join(
      "  ",
    )
      .trimEnd()
  );
}

/** All comparisons as a table. */
export function tableLines(rows: readonly ComparisonRow[]): string[] {
  const heading = [
    "metric",
    "fakes",
    "first",
    "second",
    "first",
    "second",
    "difference",
    "95 %",
    "p",
    "Holm",
  ];
  return aligned([
    heading,
    ...rows.map((row) => [
      row.metric,
      row.method,
      row.first,
      row.second,
      row.firstValue.toFixed(4),
      row.secondValue.toFixed(4),
      signed(row.difference, 4),
      `${signed(row.low, 4)} to ${signed(row.high, 4)}`,
      pWords(row.p).replace(/^p (= )?/, ""),
      pWords(row.holm).replace(/^p (= )?/, ""),
    ]),
  ], 4);
}

/** A sentence for each comparison. */
export function sentenceLines(rows: readonly ComparisonRow[]): string[] {
  const counts = Map.groupBy(rows, ({ metric }) => metric);
  return rows.map((row) => comparisonSentence(row, counts.get(row.metric)!.length));
}

/** What the comparisons do not say: seeds that nobody varied. */
export function seedLines(rows: readonly ComparisonRow[]): string[] {
  const single = rows.some(({ seeds }) => seeds[0] === 1 && seeds[1] === 1);
  return single
    ? [
      "Each detector is one training: another seed may differ by more than these intervals. Give several seeds of " +
      "a method as NAME=RUN,RUN,RUN, and they count.",
    ]
    : [];
}
