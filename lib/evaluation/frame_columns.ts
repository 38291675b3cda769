/** Predictions of frames as columns of numbers, of which a million take 17 MB. */
import { resized } from "lib/data/resized.ts";
import type { FrameScore } from "./video_scores.ts";

/** A frame's log-odds with what made the fake. */
export interface Prediction extends FrameScore {
  /** `"real"`, or the method that made the fake, such as `"DF"`. */
  readonly method: string;
}

/** The frames, of which each video's and method's name is kept once. */
export interface FrameColumns {
  /** The videos' names, in the order in which they first come. */
  readonly names: readonly string[];
  /** The methods' names, likewise; "real" may be one. */
  readonly methods: readonly string[];
  /** Of each frame its log-odds of fake, in nats. */
  readonly logOdds: Float64Array;
  /** Of each frame 0 for real, 1 for fake. */
  readonly labels: Uint8Array;
  /** Of each frame its video's place among the names. */
  readonly videos: Int32Array;
  /** Of each frame its method's place among the methods. */
  readonly madeBy: Int32Array;
}

/**
 * Puts frames into columns.
 *
 * @throws TypeError for a label that is not 0 or 1.
 *
 * @example
 * ```ts
 * import { frameColumns } from "lib/evaluation/frame_columns.ts";
 * import assert from "node:assert/strict";
 *
 * const frames = ["a", "b", "a"].map((video) => ({ video, label: 1, method: "DF", logOdds: 2 }));
 * const { names, videos } = frameColumns(frames);
 * assert.deepEqual([names, [...videos]], [["a", "b"], [0, 1, 0]]);
 * ```
 */
export function frameColumns(predictions: Iterable<Prediction>): FrameColumns {
  const names = new Map<string, number>(), methods = new Map<string, number>();
  const numberIn = (known: Map<string, number>, name: string) => {
    const number = known.get(name);
    if (number === undefined) known.set(name, known.size);
    return number ?? known.size - 1;
  };
  let logOdds = new Float64Array(1 << 10), labels = new Uint8Array(1 << 10), length = 0;
  let videos = new Int32Array(1 << 10), madeBy = new Int32Array(1 << 10);
  const resize = (room: number) => {
    [logOdds, labels] = [resized(logOdds, room), resized(labels, room)];
    [videos, madeBy] = [resized(videos, room), resized(madeBy, room)];
  };
  for (const { video, label, logOdds: score, method } of predictions) {
    if (label !== 0 && label !== 1) {
      throw new TypeError(`A label of ${video} is ${label}; labels are 0 (real) or 1 (fake).`);
    }
    if (length === labels.length) resize(2 * length);
    logOdds[length] = score;
    labels[length] = label;
    videos[length] = numberIn(names, video);
    madeBy[length++] = numberIn(methods, method);
  }
  resize(length);
  return {
    names: [...names.keys()],
    methods: [...methods.keys()],
    logOdds,
    labels,
    videos,
    madeBy,
  };
}
