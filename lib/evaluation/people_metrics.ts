/**
 * Metrics of pictures of known people, both classes weighing the same, with intervals over people: what
 * other people of the same kind would change. Intervals over videos are in bootstrap.ts.
 */
import type { Random } from "lib/random.ts";
import { drawVideos, percentileInterval } from "./bootstrap.ts";
import { sampleLoss } from "./log_loss.ts";
import { LANES, resampledMetrics } from "./resampled_metrics.ts";
import { checkBothClasses } from "./scored.ts";
import { sortScores } from "./sorted_scores.ts";

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

/**
 * Measures scores whose people count as often as weights say, `LANES` resamples at once: `weights[LANES ·
 * person + k]` of resample k. NaN in each metric that a resample leaves undefined.
 */
export type WeighedMetrics = (weights: Uint8Array) => PeopleMetrics[];

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
 * @throws RangeError without scores of both classes, or with one that is no finite number.
 */
export function weighedMetrics(
  scores: readonly PersonScore[],
  { threshold, places }: { threshold: number; places: PeoplePlaces },
): WeighedMetrics {
  const labels = scores.map(({ label }) => label);
  checkBothClasses(scores.map(({ logOdds }) => logOdds), labels);
  const placeOf = (row: number) => places.get(scores[row].person)!;
  // Moved by the threshold, which changes neither AUC nor EER, the usual 0 decides.
  const moved = scores.map(({ logOdds }) => logOdds - threshold);
  const sorted = sortScores({ logOdds: moved, labels }, { placeOf });
  const costs = scores.map(({ logOdds, label }) => sampleLoss(logOdds, label));
  const costOf = (weights: Uint8Array, lane: number) => {
    const sums = [0, 0], counts = [0, 0];
    for (const [row, label] of labels.entries()) {
      const weight = weights[LANES * placeOf(row) + lane];
      sums[label] += weight * costs[row];
      counts[label] += weight;
    }
    return (sums[0] / counts[0] + sums[1] / counts[1]) / 2;
  };
  return (weights) =>
    resampledMetrics(sorted, weights).map((metrics, lane) => ({
      AUC: metrics.AUC,
      EER: metrics.EER,
      accuracy: metrics["balanced accuracy"],
      "log loss": costOf(weights, lane),
    }));
}

/** The metrics with all people once. */
export function measuredOnce(of: WeighedMetrics, people: number): PeopleMetrics {
  return of(new Uint8Array(LANES * people).fill(1))[0];
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
  const sums = (weights: Uint8Array) => {
    const found = measures.map(({ of, factor }) => ({ factor, lanes: of(weights) }));
    return Array.from({ length: LANES }, (_, lane) =>
      Object.fromEntries(
        PEOPLE_METRICS.map((name) => [
          name,
          found.reduce((sum, { factor, lanes }) => sum + factor * lanes[lane][name], 0),
        ]),
      ) as unknown as PeopleMetrics);
  };
  const [value] = sums(new Uint8Array(LANES * people).fill(1));
  const drawn = Array.from({ length: Math.ceil(resamples / LANES) }, () => {
    const weights = new Uint8Array(LANES * people);
    for (let lane = 0; lane < LANES; lane++) {
      drawVideos(people, random).forEach((times, i) => weights[LANES * i + lane] = times);
    }
    return sums(weights);
  }).flat().slice(0, resamples);
  return Object.fromEntries(
    PEOPLE_METRICS.map((name) => {
      const defined = drawn.map((values) => values[name]).filter(Number.isFinite);
      return [name, { value: value[name], ...percentileInterval(defined) }];
    }),
  ) as Record<keyof PeopleMetrics, PeopleInterval>;
}
