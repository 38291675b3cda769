/** Random scores and labels for properties, the fixture of other programs' results, and how near is near. */
import assert from "node:assert/strict";
import fc from "fast-check";

/** How many cases a property is tried on; a campaign sets RANDOM_CASES to 1000. */
export const RUNS = { numRuns: Number(Deno.env.get("RANDOM_CASES") ?? 50) };

/** Labels with two or more of each class. */
const labels = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 0, maxLength: 30 })
  .map((rest) => [0, 1, 1, 0, ...rest]);

/** Whole numbers from few, so that many tie, or from many. */
const score = (levels: number) =>
  fc.integer({ min: -levels, max: levels }).map((value) => 4 * value / levels);

/** Samples with labels, two detectors' scores and the video of each; of a video all have one label. */
export const scoredTwice = fc.tuple(labels, fc.constantFrom(3, 2 ** 20)).chain(([labels, levels]) =>
  fc.record({
    labels: fc.constant(labels),
    a: fc.array(score(levels), { minLength: labels.length, maxLength: labels.length }),
    b: fc.array(score(levels), { minLength: labels.length, maxLength: labels.length }),
    videos: fc.array(fc.integer({ min: 0, max: 5 }), {
      minLength: labels.length,
      maxLength: labels.length,
    }).map((numbers) => numbers.map((number, i) => `${labels[i]}/${i < 4 ? i : number}`)),
  })
);

/** A case of the fixture: see tests/fixtures/README.md. */
export interface ComparisonCase {
  readonly labels: number[];
  readonly a: number[];
  readonly b: number[];
  readonly pROC: Record<
    | "aucA"
    | "aucB"
    | "varA"
    | "varB"
    | "cov"
    | "lowA"
    | "highA"
    | "z"
    | "p"
    | "low"
    | "high"
    | "partial"
    | "partialCorrected",
    number
  >;
  readonly sklearn: {
    readonly partialAuc: Record<string, number>;
    readonly truePositiveRate: Record<string, number>;
    readonly youden: { readonly threshold: number; readonly value: number };
    readonly brier: number;
    readonly balancedAccuracy: number;
  };
  readonly isotonic: {
    readonly fitted: number[];
    readonly at: number[];
    readonly predicted: number[];
  };
  readonly platt: { readonly slope: number; readonly intercept: number };
  readonly temperature: { readonly temperature: number; readonly loss: number };
  readonly ece: Record<string, number>;
  readonly curve: { readonly share: number[]; readonly said: number[] };
  readonly discordance: { readonly onlyFirst: number; readonly onlySecond: number };
}

/** What pROC, scikit-learn, statsmodels, SciPy and netcal made of the same numbers. */
export const COMPARISON: {
  readonly cases: readonly ComparisonCase[];
  readonly bootstrap: { readonly statistic: number; readonly p: number };
  readonly mcnemar: readonly Record<
    "onlyFirst" | "onlySecond" | "exact" | "midP" | "chiSquared" | "chiSquaredP",
    number
  >[];
  readonly holm: readonly { readonly p: number[]; readonly adjusted: number[] }[];
  readonly normalTail: readonly [number, number][];
  readonly studentTail: readonly [number, number, number][];
  readonly binomialHalf: readonly [number, number, number][];
  readonly welch: {
    readonly a: number[];
    readonly b: number[];
    readonly p: number;
    readonly degrees: number;
  };
  readonly wilson: readonly [number, number, number, number][];
} = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/comparison.json", import.meta.url)),
);

/** Asserts that two numbers are within a bound of each other. */
export function near(actual: number, expected: number, bound: number, what = ""): void {
  assert.ok(Math.abs(actual - expected) <= bound, `${what} is ${actual}, not ${expected}`);
}
