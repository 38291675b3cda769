/** Samples and their scores in columns are those that went in, whatever they are. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Sample } from "lib/data/samples.ts";
import { probability } from "lib/evaluation/probability.ts";
import { ScoredSamples } from "lib/evaluation/scored_samples.ts";

const text = (...of: string[]) => fc.constantFrom(...of);

/** Samples of few names, some of which stand in for others: a video called as its path, an empty method. */
const SAMPLES = fc.array(
  fc.record({
    sample: fc.record({
      label: fc.constantFrom(0 as const, 1 as const),
      dataset: text("a", "b", "c"),
      method: text("real", "DF", ""),
      video: text("v", "w", "0", "1"),
      split: fc.constantFrom("test" as const, "train" as const),
      frame: fc.integer({ min: 0, max: 2 ** 40 }),
      content: fc.option(text("0f", "1e"), { nil: undefined }),
    }),
    score: fc.oneof(
      fc.double({ noNaN: true }),
      text("failed", "missing") as fc.Arbitrary<"failed">,
    ),
  }),
  { maxLength: 12 },
);

Deno.test("ScoredSamples gives back samples, predictions and what has no score, and the same by data set", () =>
  fc.assert(fc.property(SAMPLES, (rows) => {
    const all = rows.map(({ sample: { content, ...sample }, score }, i) => ({
      sample: {
        ...sample,
        path: `${i}`,
        identities: [],
        ...content === undefined ? {} : { content },
      } as Sample,
      score,
    }));
    const scored = new ScoredSamples();
    for (const { sample, score } of all) scored.add(sample, score);
    const check = (of: ScoredSamples, own: typeof all) => {
      assert.deepEqual([...of.samples], own.map(({ sample }) => sample));
      const predictions = own.filter(({ score }) => typeof score === "number").map((row) => {
        const { identities: _, content: __, ...sample } = row.sample, logOdds = Number(row.score);
        return { ...sample, logOdds, score: probability(logOdds) };
      });
      for (let again = 0; again < 2; again++) assert.deepEqual([...of.predictions], predictions);
      const unscored = own.filter(({ score }) => typeof score === "string")
        .map(({ sample: { path }, score }) => ({ path, failed: String(score) === "failed" }));
      assert.deepEqual([...of.unscored], unscored);
      assert.deepEqual(
        [of.predictions.length, of.unscored.length, of.failed],
        [predictions.length, unscored.length, unscored.filter(({ failed }) => failed).length],
      );
    };
    check(scored, all);
    const sets = scored.byDataset();
    assert.deepEqual([...sets.keys()], [...new Set(all.map(({ sample }) => sample.dataset))]);
    for (const [dataset, of] of sets) {
      check(of, all.filter(({ sample }) => sample.dataset === dataset));
    }
  })));
