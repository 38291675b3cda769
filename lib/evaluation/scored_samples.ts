/**
 * Expected samples with their scores, in memory as columns of numbers: what is measured, covered and written of
 * a million takes little more than their paths.
 */
import { resized } from "lib/data/resized.ts";
import { SampleColumns } from "lib/data/sample_columns.ts";
import type { Sample } from "lib/data/samples.ts";
import type { Unscored } from "./coverage.ts";
import type { PredictionRow } from "./prediction_file.ts";
import { probability } from "./probability.ts";

/** Rows that can be gone through again and again; each is made when it is asked for. */
export interface Rows<Row> extends Iterable<Row> {
  /** How many. */
  readonly length: number;
}

/** What became of a sample. */
const FATES = ["missing", "failed", "scored"] as const;
const SCORED = 2;

/**
 * Samples with their scores, or without.
 *
 * @example
 * ```ts
 * import { ScoredSamples } from "lib/evaluation/scored_samples.ts";
 * import assert from "node:assert/strict";
 *
 * const scored = new ScoredSamples();
 * const sample = { label: 1, dataset: "mine", method: "DF", video: "v", split: "test", frame: 0 } as const;
 * scored.add({ ...sample, path: "a.png" }, 1.5);
 * scored.add({ ...sample, path: "b.png" }, "failed");
 * assert.deepEqual(Array.from(scored.predictions, ({ path, logOdds }) => [path, logOdds]), [["a.png", 1.5]]);
 * assert.deepEqual([...scored.unscored], [{ path: "b.png", failed: true }]);
 * ```
 */
export class ScoredSamples {
  /** All of them, in the order in which they came. */
  readonly samples = new SampleColumns();
  #logOdds = new Float64Array(1 << 10);
  #fates = new Uint8Array(1 << 10);
  readonly #counts = { missing: 0, failed: 0, scored: 0 };

  /**
   * Takes in one more.
   *
   * @param score Its log-odds of fake, in nats; "failed" where the detector was asked and gave none; "missing"
   * where it was not asked.
   */
  add(sample: Omit<Sample, "identities">, score: number | "failed" | "missing"): void {
    const place = this.samples.length, fate = typeof score === "number" ? "scored" : score;
    if (place === this.#fates.length) {
      this.#logOdds = resized(this.#logOdds, 2 * place);
      this.#fates = resized(this.#fates, 2 * place);
    }
    this.samples.add(sample);
    if (typeof score === "number") this.#logOdds[place] = score;
    this.#fates[place] = FATES.indexOf(fate);
    this.#counts[fate]++;
  }

  /** Those with a score. */
  get predictions(): Rows<PredictionRow> {
    const rows = () => this.#predictions();
    return { length: this.#counts.scored, [Symbol.iterator]: rows };
  }

  /** Those without. */
  get unscored(): Rows<Unscored> {
    const { missing, failed } = this.#counts, rows = () => this.#unscored();
    return { length: missing + failed, [Symbol.iterator]: rows };
  }

  /** How many failed. */
  get failed(): number {
    return this.#counts.failed;
  }

  /** The same by data set, in the order in which these first come. */
  byDataset(): ReadonlyMap<string, ScoredSamples> {
    const sets = new Map<string, ScoredSamples>();
    for (const { dataset } of this.samples) {
      if (!sets.has(dataset)) sets.set(dataset, new ScoredSamples());
    }
    if (sets.size === 1) return new Map([...sets.keys()].map((dataset) => [dataset, this]));
    for (let place = 0; place < this.samples.length; place++) {
      const sample = this.samples.at(place), fate = FATES[this.#fates[place]];
      sets.get(sample.dataset)!.add(sample, fate === "scored" ? this.#logOdds[place] : fate);
    }
    return sets;
  }

  *#predictions(): Generator<PredictionRow, void, void> {
    for (let place = 0; place < this.samples.length; place++) {
      if (this.#fates[place] !== SCORED) continue;
      const { path, label, dataset, method, video, split, frame } = this.samples.at(place);
      const logOdds = this.#logOdds[place], score = probability(logOdds);
      yield { path, label, dataset, method, video, split, frame, logOdds, score };
    }
  }

  *#unscored(): Generator<Unscored, void, void> {
    for (let place = 0; place < this.samples.length; place++) {
      const fate = FATES[this.#fates[place]];
      if (fate !== "scored") yield { path: this.samples.path(place), failed: fate === "failed" };
    }
  }
}
