/** All metrics of a set of predictions in one table: per method and overall, by frame and by video. */
import type { Random } from "lib/random.ts";
import {
  drawVideos,
  type MeasuredInterval,
  percentileInterval,
  SINGLE_VIDEO,
} from "./bootstrap.ts";
import { type FrameColumns, frameColumns, type Prediction } from "./frame_columns.ts";
import { LANES, type MetricName, resampledMetrics } from "./resampled_metrics.ts";
import { METRICS } from "./metrics.ts";
import { measure } from "./scored.ts";
import { type SortedScores, sortScores } from "./sorted_scores.ts";
import { type FrameScore, videoScores } from "./video_scores.ts";

/** One metric of one method. */
export interface MetricRow extends MeasuredInterval {
  /** The method whose fakes are set against all reals, or `"all"`. */
  readonly method: string;
  /** What a sample is: a frame, or a video with the mean probability of its frames. */
  readonly level: "frame" | "video";
  /** Name of the metric, such as `"AUC"`. */
  readonly metric: string;
  /** Number of samples. */
  readonly samples: number;
}

const NAMES = Object.keys(METRICS) as MetricName[];

/** How the intervals are made. */
export interface MetricTableOptions {
  /** Draws the videos. */
  readonly random: Random;
  /** Times that videos are drawn; 0 for a table without intervals. Default: 1000. */
  readonly resamples?: number;
}

/** A metric's values on the resamples, if it has an interval. */
type Resampled = Record<MetricName, number[]>;

/** A method's samples of one level. */
interface Level {
  readonly level: MetricRow["level"];
  readonly samples: number;
  /** The samples, or why there are none. */
  readonly sorted: SortedScores | null;
  readonly reason: string | null;
  readonly resampled: Resampled;
}

/** The videos of one class that are drawn from together, by their places in the list of all. */
interface Stratum {
  readonly videos: readonly number[];
  /** The weights of the sets whose videos these are. */
  readonly weights: Uint8Array[];
}

/** A method's fakes and all reals. */
interface MethodSet {
  readonly method: string;
  readonly levels: readonly Level[];
  /** Whether there is an interval: each class that is there has two videos or more. */
  readonly drawn: boolean;
  /** How often each video of the whole table counts in this set on the resamples at hand (`LANES`). */
  readonly weights: Uint8Array;
}

/** The frames of a set, one after the other. */
function* frameScores(
  { names, logOdds, labels, places }: {
    names: readonly string[];
    logOdds: Float64Array;
    labels: Uint8Array;
    places: Uint32Array;
  },
): Generator<FrameScore, void, void> {
  for (const [row, place] of places.entries()) {
    yield { video: names[place], label: labels[row], logOdds: logOdds[row] };
  }
}

/** The samples of a method, sorted once, and the classes that they are drawn from. */
function openSet(
  method: string,
  { columns, strata }: { columns: FrameColumns; strata: Map<string, Stratum> },
): MethodSet {
  const { names, methods } = columns, isIn = methods.map((own) => [method, "real"].includes(own));
  const rows = columns.madeBy.keys().filter((row) => method === "all" || isIn[columns.madeBy[row]]);
  const frames = Uint32Array.from(rows);
  const logOdds = Float64Array.from(frames, (row) => columns.logOdds[row]);
  const labels = Uint8Array.from(frames, (row) => columns.labels[row]);
  const places = Uint32Array.from(frames, (row) => columns.videos[row]);
  const classes = [new Set<number>(), new Set<number>()];
  places.forEach((place, i) => classes[labels[i]].add(place));
  const videos = measure(() => videoScores(frameScores({ names, logOdds, labels, places })));
  const placesOfVideos = [...new Set(places)]; // in the order of their scores
  const resampled = () =>
    Object.fromEntries(NAMES.map((name) => [name, []])) as unknown as Resampled;
  const drawn = classes.every(({ size }) => size !== 1),
    weights = new Uint8Array(names.length * LANES);
  for (const videos of classes) {
    if (!drawn || videos.size === 0) continue;
    const key = [...videos].join();
    const stratum = strata.get(key) ?? { videos: [...videos], weights: [] };
    strata.set(key, stratum);
    stratum.weights.push(weights);
  }
  return {
    method,
    drawn,
    weights,
    levels: [
      {
        level: "frame",
        samples: frames.length,
        sorted: sortScores({ logOdds, labels }, { placeOf: (row) => places[row] }),
        reason: null,
        resampled: resampled(),
      },
      {
        level: "video",
        samples: classes[0].size + classes[1].size,
        sorted: videos.value && sortScores({
          logOdds: Float64Array.from(videos.value, (video) => video.logOdds),
          labels: Uint8Array.from(videos.value, (video) => video.label),
        }, { placeOf: (row) => placesOfVideos[row] }),
        reason: videos.reason,
        resampled: resampled(),
      },
    ],
  };
}

/** Draws the videos of one resample, class by class. */
function drawInto(
  strata: readonly Stratum[],
  { lane, random }: { lane: number; random: Random },
): void {
  for (const { videos, weights } of strata) {
    const times = drawVideos(videos.length, random);
    for (const of of weights) videos.forEach((place, i) => of[place * LANES + lane] = times[i]);
  }
}

/** A metric of a level as a row. */
function rowOf(
  name: MetricName,
  { level, method, drawn, resamples }: {
    level: Level;
    method: string;
    drawn: boolean;
    resamples: number;
  },
): MetricRow {
  const { sorted, resampled, samples } = level;
  const { value, reason } = sorted
    ? measure(() => METRICS[name](sorted.logOdds, sorted.labels))
    : { value: null, reason: level.reason };
  const row = { method, level: level.level, metric: name, samples, value, reason };
  if (value === null || resamples === 0) return { ...row, low: null, high: null };
  if (!drawn) return { ...row, low: null, high: null, reason: SINGLE_VIDEO };
  return { ...row, ...percentileInterval(resampled[name]) };
}

/**
 * The table as `metricTable` gives it, one resample after the other, for work that takes long enough to
 * be watched and to be stopped: hundreds of thousands of frames.
 *
 * @returns Yields the number of resamples done, and returns the rows.
 */
export function* metricTableInSteps(
  predictions: Iterable<Prediction>,
  { random, resamples = 1000 }: MetricTableOptions,
): Generator<number, MetricRow[], void> {
  if (!Number.isInteger(resamples) || resamples < 0) {
    throw new RangeError(`resamples is ${resamples}, not a whole number from 0.`);
  }
  const columns = frameColumns(predictions), strata = new Map<string, Stratum>();
  const methods = columns.methods.filter((name) => name !== "real");
  const sets = [...methods, "all"].map((method) => openSet(method, { columns, strata }));
  for (let done = 0; done < resamples;) {
    const more = Math.min(LANES, resamples - done);
    for (let lane = 0; lane < more; lane++) drawInto([...strata.values()], { lane, random });
    for (const { levels, weights, drawn } of sets) {
      for (const { sorted, resampled } of levels) {
        if (!drawn || !sorted) continue;
        const values = resampledMetrics(sorted, weights).slice(0, more);
        for (const name of NAMES) resampled[name].push(...values.map((of) => of[name]));
      }
    }
    yield done += more;
  }
  return sets.flatMap(({ method, levels, drawn }) =>
    levels.flatMap((level) => NAMES.map((name) => rowOf(name, { level, method, drawn, resamples })))
  );
}

/**
 * The table. A method's fakes are measured against all reals; a metric that is undefined has its
 * reason in the place of a number.
 *
 * Intervals are bootstrapped by video, within each class, as `bootstrapInterval` says. A resample is one
 * draw of the reals, one of each method's fakes and one of all fakes together, in the order of the
 * table, and serves all metrics at both levels; rows of the same samples, such as those of the only
 * method and of `"all"`, have the same draws.
 *
 * @throws TypeError when frames of one video have different labels, or a label is not 0 or 1.
 *
 * @example
 * ```ts
 * import { metricTable } from "lib/evaluation/metric_table.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const predictions = [-3, -2, 0.8, 2].map((logOdds, i) => ({
 *   video: `video ${i}`,
 *   label: i < 2 ? 0 : 1,
 *   method: i < 2 ? "real" : "DF",
 *   logOdds,
 * }));
 * const table = metricTable(predictions, { random: createRandom(1), resamples: 100 });
 * const auc = table.find((row) => row.method === "DF" && row.metric === "AUC");
 * assert.equal(auc?.value, 1);
 * ```
 */
export function metricTable(
  predictions: Iterable<Prediction>,
  options: MetricTableOptions,
): MetricRow[] {
  const steps = metricTableInSteps(predictions, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
