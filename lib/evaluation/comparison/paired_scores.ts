/** Scores of several detectors on the same samples, side by side; what only some have is named. */
import type { Prediction } from "../frame_columns.ts";
import { type VideoRule, videoScoresBy } from "../video_rules.ts";

/** One detector's score of one sample. */
export interface SampleScore extends Prediction {
  /** What the sample is called in all lists, such as its path. */
  readonly sample: string;
}

/** A detector by its scores. */
export interface Contender {
  /** What it is called. */
  readonly name: string;
  /** Its scores, each sample once. */
  readonly rows: Iterable<SampleScore>;
}

/** Scores of several detectors of the same samples: all lists are in the samples' order. */
export interface PairedScores {
  /** The detectors' names. */
  readonly names: readonly string[];
  /** The samples. */
  readonly samples: readonly string[];
  /** The video of each. */
  readonly videos: readonly string[];
  /** `"real"`, or the method that made each. */
  readonly methods: readonly string[];
  /** 0 real, 1 fake, of each. */
  readonly labels: Uint8Array;
  /** Log-odds of fake: a list a detector. */
  readonly logOdds: readonly Float64Array[];
}

/** What did not go in. */
export interface LeftOut {
  /** The detector's name. */
  readonly name: string;
  /** The samples that it has and another lacks. */
  readonly samples: readonly string[];
}

/** A contender's rows by sample. */
function bySample({ name, rows }: Contender): Map<string, SampleScore> {
  const found = new Map<string, SampleScore>();
  for (const row of rows) {
    if (found.has(row.sample)) {
      throw new RangeError(
        `${name} has the sample ${
          JSON.stringify(row.sample)
        } twice: each is compared once. Remove one.`,
      );
    }
    found.set(row.sample, row);
  }
  return found;
}

/**
 * Joins detectors by sample: those that all have stay, in the first detector's order.
 *
 * @throws RangeError for a sample that one has twice; that has another label, video or method in another list;
 * for names that are the same; where no sample is in all.
 *
 * @example
 * ```ts
 * import { pairScores } from "lib/evaluation/comparison/paired_scores.ts";
 * import assert from "node:assert/strict";
 *
 * const row = (sample: string, logOdds: number) =>
 *   ({ sample, video: sample, label: 0, method: "real", logOdds });
 * const { paired, leftOut } = pairScores([
 *   { name: "a", rows: [row("1", -1), row("2", 0.5)] },
 *   { name: "b", rows: [row("2", 3)] },
 * ]);
 * assert.deepEqual(paired.logOdds.map((own) => [...own]), [[0.5], [3]]);
 * assert.deepEqual(leftOut, [{ name: "a", samples: ["1"] }, { name: "b", samples: [] }]);
 * ```
 */
export function pairScores(
  contenders: readonly Contender[],
): { paired: PairedScores; leftOut: readonly LeftOut[] } {
  const names = contenders.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new RangeError(`Two detectors are called ${JSON.stringify(twice)}.`);
  }
  const lists = contenders.map(bySample);
  const isInAll = (sample: string) => lists.every((list) => list.has(sample));
  const samples = [...lists[0].keys()].filter(isInAll);
  if (samples.length === 0) {
    const [some] = lists.map((list) => list.keys().next().value);
    throw new RangeError(
      `No sample is in all of ${names.join(", ")}: their names do not fit, as ${
        lists.map((list) => JSON.stringify(list.keys().next().value ?? "nothing")).join(", ")
      }${some === undefined ? "" : ", the first of each"}.`,
    );
  }
  for (const [i, list] of lists.entries()) {
    for (const sample of samples) {
      const [a, b] = [lists[0].get(sample)!, list.get(sample)!];
      const other = (["label", "video", "method"] as const).find((field) => a[field] !== b[field]);
      if (other === undefined) continue;
      throw new RangeError(
        `Of ${JSON.stringify(sample)} the ${other} is ${JSON.stringify(a[other])} in ${
          names[0]
        }, and ` +
          `${JSON.stringify(b[other])} in ${names[i]}: these are not the same samples.`,
      );
    }
  }
  const rows = samples.map((sample) => lists[0].get(sample)!);
  return {
    paired: {
      names,
      samples,
      videos: rows.map(({ video }) => video),
      methods: rows.map(({ method }) => method),
      labels: Uint8Array.from(rows, ({ label }) => label),
      logOdds: lists.map((list) =>
        Float64Array.from(samples, (sample) => list.get(sample)!.logOdds)
      ),
    },
    leftOut: lists.map((list, i) => ({
      name: names[i],
      samples: [...list.keys()].filter((sample) => !isInAll(sample)),
    })),
  };
}

/**
 * The same by video.
 *
 * @param rule How a detector's frames become a video. Default: the mean of their probabilities; which frame a
 * sample is is not known here, so each counts as one by itself.
 * @throws TypeError when frames of one video have different labels.
 */
export function pairedVideos(paired: PairedScores, rule: VideoRule = "mean"): PairedScores {
  const { videos, labels, methods } = paired;
  const methodOf = new Map(videos.map((video, i) => [video, methods[i]]));
  const scores = paired.logOdds.map((own) =>
    videoScoresBy(
      rule,
      videos.values().map((video, i) => ({ video, label: labels[i], logOdds: own[i] })),
    )
  );
  const [first] = scores, names = first.map(({ video }) => video);
  return {
    names: paired.names,
    samples: names,
    videos: names,
    methods: names.map((video) => methodOf.get(video)!),
    labels: Uint8Array.from(first, ({ label }) => label),
    logOdds: scores.map((own) => Float64Array.from(own, ({ logOdds }) => logOdds)),
  };
}

/** One method's fakes with all reals; all of them where `method` is `"all"`. */
export function pairedMethod(paired: PairedScores, method: string): PairedScores {
  if (method === "all") return paired;
  const places = [...paired.methods.keys()]
    .filter((i) => paired.labels[i] === 0 || paired.methods[i] === method);
  const of = <T>(list: readonly T[]) => places.map((i) => list[i]);
  return {
    names: paired.names,
    samples: of(paired.samples),
    videos: of(paired.videos),
    methods: of(paired.methods),
    labels: Uint8Array.from(places, (i) => paired.labels[i]),
    logOdds: paired.logOdds.map((own) => Float64Array.from(places, (i) => own[i])),
  };
}
