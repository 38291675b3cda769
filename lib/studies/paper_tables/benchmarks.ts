/** The data sets of the paper's tables. Whether they are there is the caller's matter. */

/** A data set of the tables, by the name that the descriptions in data/ give it in manifests. */
export type Benchmark =
  | "FaceForensics++"
  | "Celeb-DF-v1"
  | "Celeb-DF-v2"
  | "DFDC-Preview"
  | "DFDC";

/** What is known of a data set besides its name. */
export interface BenchmarkFacts {
  /** What the paper's tables call it. */
  readonly short: string;
  /** The data set in full and whom to ask for it; data/README.md says how. */
  readonly source: string;
}

/** The data sets of the tables. */
export const BENCHMARKS: Readonly<Record<Benchmark, BenchmarkFacts>> = Object.freeze({
  "FaceForensics++": { short: "FF++", source: "FaceForensics++ at c23, from its authors" },
  "Celeb-DF-v1": { short: "CD1", source: "Celeb-DF v1, from its authors" },
  "Celeb-DF-v2": { short: "CD2", source: "Celeb-DF v2, from its authors" },
  "DFDC-Preview": { short: "DFDC-P", source: "the preview of DFDC, from Meta AI" },
  "DFDC": { short: "DFDC", source: "DFDC, from Meta AI" },
});
