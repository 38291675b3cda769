/**
 * Metrics of pictures of known people, both classes weighing the same, with intervals over people: what
 * other people of the same kind would change. Intervals over videos are in bootstrap.ts.
 */
import type { Random } from "lib/random.ts";
import { drawVideos, percentileInterval } from "./bootstrap.ts";
import { sampleLoss } from "./log_loss.ts";
import { resampledMetrics, sortScores } from "./resampled_metrics.ts";
import { byFallingScore, checkBothClasses } from "./scored.ts";

/** What a detector says of a picture of someone. */
export interface PersonScore {
  /** Who is in the picture; of a fake, whose picture was changed. */
  readonly person: string;
  /** 0 real, 1 fake. */
  readonly label: 0 | 1;
  /** Log-odds of fake, in nats. */
  readonly logOdds: number;
}

/** The metrics by the names that stand in tables. Both classes weigh the same in all of them. */
export interface PeopleMetrics {
  /** Area under the ROC curve. */
  readonly AUC: number;
  /** Equal error rate. */
  readonly EER: number;
  /** Mean of the shares of reals and of fakes that are called what they are. */
  readonly accuracy: number;
  /** Mean of the two classes' mean costs, nats; ln 2 for log-odds of 0. */
  readonly "log loss": number;
}

/** Names of the metrics, in the order of tables. */
export const PEOPLE_METRICS: readonly (keyof PeopleMetrics)[] = [
  "AUC",
  "EER",
  "accuracy",
  "log loss",
];

/** Measures scores whose people count as often as a list of weights says. */
export type WeighedMetrics = (weights: ArrayLike<number>) => PeopleMetrics;

/** Places of people in a list of weights. */
export type PeoplePlaces = ReadonlyMap<string, number>;

/** The people of scores, each with a place, in the order in which they come. */
export function placesOfPeople(scores: Iterable<PersonScore>): PeoplePlaces {
  const places = new Map<string, number>();
  for (const { person } of scores) if (!places.has(person)) places.set(person, places.size);
  return places;
}

/**
 * Makes scores ready to be measured again and again.
 *
 * @param options `threshold`: log-odds from which on a picture is called fake. `places`: of the people.
 * @returns NaN in each metric that resampled people leave undefined.
 * @throws RangeError without scores of both classes, or with one that is no finite number.
 */
export function weighedMetrics(
  scores: readonly PersonScore[],
  { threshold, places }: { threshold: number; places: PeoplePlaces },
): WeighedMetrics {
  checkBothClasses(scores.map((s) => s.logOdds), scores.map((s) => s.label));
  const rows = scores.map((score) => ({ ...score, video: score.person }));
  const sorted = sortScores(rows, (person) => places.get(person)!);
  return (weights) => {
    const { AUC, EER } = resampledMetrics(sorted, weights);
    const counts = [0, 0], right = [0, 0], costs = [0, 0];
    for (const { person, label, logOdds } of scores) {
      const weight = weights[places.get(person)!];
      counts[label] += weight;
      costs[label] += weight * sampleLoss(logOdds, label);
      if ((logOdds >= threshold) === (label === 1)) right[label] += weight;
    }
    return {
      AUC,
      EER,
      accuracy: (right[0] / counts[0] + right[1] / counts[1]) / 2,
      "log loss": (costs[0] / counts[0] + costs[1] / counts[1]) / 2,
    };
  };
}

/**
 * The threshold, in log-odds, at which both classes' mean accuracy is highest; of several the middle one of
 * the first stretch.
 *
 * @throws RangeError without scores of both classes.
 *
 * @example
 * ```ts
 * import { bestThreshold } from "lib/evaluation/people_metrics.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(bestThreshold([-3, -1, 2, 4], [0, 0, 1, 1]), 0.5);
 * ```
 */
export function bestThreshold(logOdds: readonly number[], labels: readonly number[]): number {
  const { real, fake } = checkBothClasses(logOdds, labels);
  const order = byFallingScore(logOdds);
  let fakes = 0, reals = 0, best = 0.5, threshold = logOdds[order[0]] + 1;
  for (let i = 0; i < order.length; i++) {
    if (labels[order[i]] === 1) fakes++;
    else reals++;
    const here = logOdds[order[i]], next = i + 1 < order.length ? logOdds[order[i + 1]] : here - 2;
    const accuracy = (fakes / fake + 1 - reals / real) / 2;
    if (next === here || accuracy <= best) continue;
    [best, threshold] = [accuracy, (here + next) / 2];
  }
  return threshold;
}

/** A mean of measures, such as of several seeds, with its interval over people. */
export interface PeopleInterval {
  /** On all people once. */
  readonly value: number;
  /** Lower end of the 95 % interval. */
  readonly low: number;
  /** Upper end of the 95 % interval. */
  readonly high: number;
}

/**
 * The mean over measures, and over people its percentile interval: as many people are drawn with
 * replacement, each with all pictures, real and fake, and the same people for every measure.
 *
 * @param measures Of `weighedMetrics`, all with the same places; a factor of −1 makes a difference.
 * @param options `people`: how many. `resamples`: how often they are drawn, default 1000.
 */
export function peopleIntervals(
  measures: readonly { readonly of: WeighedMetrics; readonly factor: number }[],
  { people, random, resamples = 1000 }: { people: number; random: Random; resamples?: number },
): Record<keyof PeopleMetrics, PeopleInterval> {
  const sums = (weights: ArrayLike<number>) => {
    const found = measures.map(({ of, factor }) => ({ factor, values: of(weights) }));
    return Object.fromEntries(
      PEOPLE_METRICS.map((name) => [
        name,
        found.reduce((sum, { factor, values }) => sum + factor * values[name], 0),
      ]),
    ) as unknown as PeopleMetrics;
  };
  const value = sums(new Uint32Array(people).fill(1));
  const drawn = Array.from({ length: resamples }, () => sums(drawVideos(people, random)));
  return Object.fromEntries(
    PEOPLE_METRICS.map((name) => {
      const defined = drawn.map((values) => values[name]).filter(Number.isFinite);
      return [name, { value: value[name], ...percentileInterval(defined) }];
    }),
  ) as Record<keyof PeopleMetrics, PeopleInterval>;
}
