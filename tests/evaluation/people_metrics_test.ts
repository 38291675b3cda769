import assert from "node:assert/strict";
import {
  measuredOnce,
  peopleIntervals,
  type PersonScore,
  placesOfPeople,
  weighedMetrics,
} from "lib/evaluation/people_metrics.ts";
import { LANES } from "lib/evaluation/resampled_metrics.ts";
import { createRandom } from "lib/random.ts";

const score = (person: string, label: 0 | 1, logOdds: number): PersonScore => ({
  person,
  label,
  logOdds,
});

/** Three people, one real and two fakes each. */
const SCORES = [
  ...[score("a", 0, -2), score("a", 1, 1), score("a", 1, -3)],
  ...[score("b", 0, 0.5), score("b", 1, 2), score("b", 1, 0.2)],
  ...[score("c", 0, -1), score("c", 1, 3), score("c", 1, -0.5)],
];
const PLACES = placesOfPeople(SCORES);

Deno.test("weighedMetrics weigh both classes the same", () => {
  const metrics = measuredOnce(weighedMetrics(SCORES, { threshold: 0.3, places: PLACES }), 3);
  // By hand: of 18 pairs of a fake and a real 13 are in the right order.
  assert.equal(metrics.AUC, 13 / 18);
  assert.equal(metrics.accuracy, (2 / 3 + 3 / 6) / 2);
  const cost = (x: number) => Math.log1p(Math.exp(x));
  const reals = (cost(-2) + cost(0.5) + cost(-1)) / 3;
  const fakes = [1, -3, 2, 0.2, 3, -0.5].reduce((sum, x) => sum + cost(-x), 0) / 6;
  assert.ok(Math.abs(metrics["log loss"] - (reals + fakes) / 2) < 1e-12);
});

Deno.test("weighedMetrics of people that count twice are those of their pictures twice", () => {
  const twice = [...SCORES, ...SCORES.filter(({ person }) => person === "b")];
  const options = { threshold: 0, places: PLACES };
  const times = (...each: number[]) =>
    Uint8Array.from({ length: 3 * LANES }, (_, i) => each[Math.floor(i / LANES)]);
  const [weighed] = weighedMetrics(SCORES, options)(times(1, 2, 0));
  const two = twice.filter(({ person }) => person !== "c");
  const [written] = weighedMetrics(two, options)(times(1, 1, 0));
  for (const name of ["AUC", "EER", "accuracy", "log loss"] as const) {
    assert.ok(Math.abs(weighed[name] - written[name]) < 1e-12, name);
  }
});

Deno.test("peopleIntervals draw whole people, and of equal measures the difference is 0", () => {
  const of = weighedMetrics(SCORES, { threshold: 0, places: PLACES });
  const options = () => ({ people: 3, random: createRandom(1, "people"), resamples: 200 });
  const { AUC } = peopleIntervals([{ of, factor: 1 }], options());
  assert.equal(AUC.value, 13 / 18);
  assert.ok(AUC.low < AUC.value && AUC.value < AUC.high);
  const none = peopleIntervals([{ of, factor: 1 }, { of, factor: -1 }], options());
  assert.deepEqual(none.AUC, { value: 0, low: 0, high: 0 });
});

Deno.test("peopleIntervals cover what a normal approximation says for many people", () => {
  const random = createRandom(5, "many people");
  const scores = Array.from({ length: 200 }, (_, i) => [
    score(`${i}`, 0, random.normal()),
    score(`${i}`, 1, 1 + random.normal()),
  ]).flat();
  const places = placesOfPeople(scores);
  const of = weighedMetrics(scores, { threshold: 0, places });
  const { accuracy } = peopleIntervals([{ of, factor: 1 }], { people: 200, random });
  // Accuracy of each class is about Φ(1) or ½ at threshold 0; the mean's deviation is known.
  const deviation = Math.sqrt((0.841 * 0.159 + 0.25) / 200) / 2;
  assert.ok(Math.abs((accuracy.high - accuracy.low) / (2 * 1.96 * deviation) - 1) < 0.2);
});
