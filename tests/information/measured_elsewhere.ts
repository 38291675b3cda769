/** Measures that Python's dit and scipy computed (tests/fixtures/README.md says how). */

/** One joint with its measures in bits, by symbol. */
export interface MeasuredJoint {
  readonly sizes: Record<string, number>;
  readonly table: number[];
  readonly measures: Record<string, number>;
}

interface Fixture {
  readonly joints: MeasuredJoint[];
  readonly divergences: {
    readonly p: number[];
    readonly q: number[];
    readonly klNats: number;
    readonly klBits: number;
    readonly crossEntropyNats: number;
  }[];
  readonly gaussians: { readonly covariance: number[][]; readonly entropyNats: number }[];
}

/** The fixture's content. */
export const MEASURED_ELSEWHERE: Fixture = JSON.parse(
  Deno.readTextFileSync(new URL("../fixtures/information_measures.json", import.meta.url)),
);
