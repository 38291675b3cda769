/** A figure in words, from its title, its chart's sentence and the rows it was drawn from. */

/** Four digits are enough to hear how large something is. */
const spoken = (value: number) => String(Number(value.toPrecision(4)));

/** The range of each column of numbers, and how many of its values are missing. */
function rangesOf(rows: readonly object[]): string[] {
  const records = rows as readonly Record<string, unknown>[];
  const names = [...new Set(rows.flatMap(Object.keys))];
  return names.flatMap((name) => {
    const values = records.map((row) => row[name] ?? null);
    const known = values.filter((value) => value !== null);
    if (known.length === 0 || known.some((value) => typeof value !== "number")) return [];
    const numbers = known as number[];
    const low = numbers.reduce((a, b) => Math.min(a, b)),
      high = numbers.reduce((a, b) => Math.max(a, b));
    const missing = values.length - known.length;
    return [
      `${name} ${low === high ? spoken(low) : `${spoken(low)} to ${spoken(high)}`}` +
      (missing > 0 ? ` (${missing} missing)` : ""),
    ];
  });
}

/**
 * What is on a figure, in words: its title, what the chart says of axes and series, and over which
 * ranges its rows go. It stands in for the figure where none can be shown, and for who cannot see it.
 *
 * @param figure `title`: with or without tags. `shown`: the chart's own sentence.
 *
 * @example
 * ```ts
 * import { figureWords } from "lib/figures/figure_words.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = [{ method: "DF", auc: 0.5 }, { method: "FS", auc: 0.75 }, { method: "NT", auc: null }];
 * assert.equal(
 *   figureWords({ title: "<b>Unseen faces</b>", shown: "Bars of AUC for DF, FS, NT.", rows }),
 *   "Unseen faces. Bars of AUC for DF, FS, NT. 3 rows: auc 0.5 to 0.75 (1 missing).",
 * );
 * ```
 */
export function figureWords(
  { title = "", shown, rows }: {
    readonly title?: string | undefined;
    readonly shown: string;
    readonly rows: readonly object[];
  },
): string {
  const heading = title.replaceAll(/<br\s*\/?>/g, " ").replaceAll(/<[^>]*>/g, "").trim();
  const ranges = rangesOf(rows);
  return [
    ...(heading === "" ? [] : [/[.?!]$/.test(heading) ? heading : `${heading}.`]),
    shown,
    ...(ranges.length === 0 ? [] : [`${rows.length} rows: ${ranges.join(", ")}.`]),
  ].join(" ");
}
