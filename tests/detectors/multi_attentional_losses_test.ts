/** What Multi-Attentional learns by, piece by piece, against the official code and DeepfakeBench in float64. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import {
  attentionGuidedDrop,
  drawDrops,
  dropShare,
} from "lib/detectors/multi_attentional/attention_guided_drop.ts";
import { startEngine } from "lib/engine/engine.ts";
import { matchLoss, regionIndependence } from "lib/losses/region_independence.ts";
import type { RegionForm } from "lib/losses/region_independence.ts";
import { choiceProbabilities } from "lib/networks/attention_choice.ts";
import { attentionPooling } from "lib/networks/attention_pooling.ts";
import {
  fill,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "../networks/fixture_formula.ts";

await startEngine();

interface Step {
  readonly loss: number;
  readonly feature_matrix?: Summary;
  readonly grad_fmd: Summary;
  readonly grad_att: Summary;
  readonly centers_after: Summary;
  readonly alpha_after?: number;
}
interface RegionCase {
  readonly B: number;
  readonly M: number;
  readonly N: number;
  readonly feature_hw: number;
  readonly attention_hw: number;
  readonly labels: number[];
  readonly margin: number;
  readonly inner_margin: [number, number];
  readonly alpha: number;
  readonly centers0: "zeros" | "fill";
  readonly train: boolean;
  readonly steps: Step[];
}
interface DropCase {
  readonly index: number[];
  readonly soft: Summary;
  readonly hard: Summary;
  readonly mod: Summary;
  readonly selected: Summary;
  readonly sampling_probabilities: number[][];
}
const fixture = await readFixture<{
  aux_v2: RegionCase[];
  aux_v1: RegionCase[];
  deepfakebench_ril: {
    B: number;
    M: number;
    N: number;
    hw: number;
    labels: number[];
    alpha: number;
    inter_margin: number;
    intra_margin: [number, number];
    steps: Step[];
  };
  attention_pooling: { features: string; attention: string; norm: number; out: number[][][] }[];
  agda: {
    cases: DropCase[];
    mod_func: { x: number; threshold: number; zoom: number; y: number }[];
  };
}>("multi_attentional_losses.json");

/** PyTorch's `[batch, channels, side, side]` of the formula, plus a number. */
function filled([batch, channels, side]: number[], name: string, plus = 0): tf.Tensor4D {
  const values = fill(name, batch * channels * side ** 2);
  const planes = tf.add<tf.Tensor4D>(tf.tensor4d(values, [batch, channels, side, side]), plus);
  return tf.transpose(planes, [0, 2, 3, 1]);
}

/** What differs in one step, and the centres after it. */
function regionErrors(
  expected: Step,
  { own, form, s, centres, rate }: {
    own: Omit<RegionCase, "alpha" | "steps" | "centers0">;
    form: RegionForm;
    s: number;
    centres: tf.Tensor2D;
    rate: number;
  },
) {
  const { B, M, N, feature_hw, attention_hw, labels, margin, inner_margin, train } = own;
  const d = tf.variable(filled([B, N, feature_hw], `fmd${s}`));
  const maps = tf.variable(filled([B, M, attention_hw], `att${s}`, 1));
  const errors: Record<string, number> = {};
  let after = centres;
  const { value, grads } = tf.variableGrads(() => {
    const vectors = attentionPooling(d as tf.Tensor4D, {
      maps: maps as tf.Tensor4D,
      scale: "length",
    });
    if (expected.feature_matrix) {
      errors.vectors = summaryError(vectors.dataSync() as Float32Array, expected.feature_matrix);
    }
    const classes = tf.tensor2d(labels.map((y) => [1 - y, y]));
    const { loss, centres: moved } = regionIndependence(
      { vectors, centres, classes, rate: tf.scalar(rate) },
      { form, betweenCentres: margin, fromCentres: inner_margin },
    );
    if (train) after = tf.keep(moved.clone());
    return loss;
  });
  errors.loss = Math.abs(value.dataSync()[0] / expected.loss - 1);
  errors.inFeatures = summaryError(torchValues(grads[d.name], "activation"), expected.grad_fmd);
  errors.inMaps = summaryError(torchValues(grads[maps.name], "activation"), expected.grad_att);
  errors.centres = summaryError(after.dataSync() as Float32Array, expected.centers_after);
  return { errors, after };
}

const small = (errors: Record<string, number>, what: string) =>
  assert.deepEqual(Object.entries(errors).filter(([, e]) => !(e < 1e-5)), [], what);

const startOf = ({ M, N, centers0 }: Pick<RegionCase, "M" | "N" | "centers0">) =>
  centers0 === "zeros"
    ? tf.zeros<tf.Rank.R2>([M, N])
    : tf.tensor2d(fill("centers", M * N, { amplitude: 0.25 }), [M, N]);

for (
  const [form, cases] of [["official", fixture.aux_v2], ["published", fixture.aux_v1]] as const
) {
  Deno.test(`regionIndependence is the official code's, ${form}: loss, gradients, centres from step to step`, () => {
    assert.ok(cases.length > 1);
    cases.forEach((own, c) => {
      let centres = startOf(own);
      own.steps.forEach((step, s) => {
        const { errors, after } = regionErrors(step, { own, form, s, centres, rate: own.alpha });
        small(errors, `case ${c}, step ${s}`);
        centres = after;
      });
    });
  });
}

Deno.test("regionIndependence is DeepfakeBench's, whose centres send no gradient back and slow down", () => {
  const { B, M, N, hw, labels, alpha, inter_margin, intra_margin, steps } =
    fixture.deepfakebench_ril;
  const own = {
    ...{ B, M, N, labels, margin: inter_margin, inner_margin: intra_margin },
    ...{ feature_hw: hw, attention_hw: hw, train: true },
  };
  let centres = tf.zeros<tf.Rank.R2>([M, N]), rate = alpha;
  steps.forEach((step, s) => {
    const { errors, after } = regionErrors(step, { own, form: "deepfakeBench", s, centres, rate });
    small(errors, `step ${s}`);
    [centres, rate] = [after, step.alpha_after!];
  });
});

Deno.test("attentionPooling is the official code's: sums, means, unit length, other sizes, a map's own features", () => {
  const scales = ["sum", "mean", "length", "mean"] as const; // the fourth adds 1e-8 to the sum only
  for (const { features, attention, norm, out } of fixture.attention_pooling) {
    const name = features.split(" ")[0],
      isOwn = name === "apf5",
      side = attention.includes("4,4") ? 4 : 6;
    const maps = filled([2, 3, side], attention.split(" ")[0], 1);
    const seen = isOwn
      ? tf.transpose(tf.tensor(fill(name, 2 * 3 * 5 * 36), [2, 3, 5, 6, 6]), [0, 3, 4, 1, 2])
      : filled([2, 5, 6], name);
    const pooled = attentionPooling(seen as tf.Tensor4D, { maps, scale: scales[norm] });
    const error = relativeError(pooled.dataSync(), out.flat(2));
    assert.ok(error < 1e-5, `${features} by ${attention}, norm ${norm}: off by ${error}`);
  }
});

Deno.test("attentionPooling of maps that see nothing is 0, and so is its gradient", () => {
  const nothing = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]), features = tf.ones<tf.Rank.R4>([1, 2, 2, 5]);
  const of = (maps: tf.Tensor) =>
    tf.sum(attentionPooling(features, { maps: maps as tf.Tensor4D, scale: "length" }));
  assert.equal(of(nothing).dataSync()[0], 0);
  assert.ok(tf.grad(of)(nothing).dataSync().every(Number.isFinite));
});

Deno.test("attentionGuidedDrop is the official code's, soft and hard, with pinned draws", () => {
  const images = filled([2, 3, 24], "agx"), maps = filled([2, 4, 6], "aga", 1);
  for (const { index, soft, hard, sampling_probabilities: wanted } of fixture.agda.cases) {
    const probabilities = choiceProbabilities(maps);
    assert.ok(relativeError(probabilities.dataSync(), wanted.flat()) < 1e-6);
    const places = tf.tensor1d(
      wanted.map((row, i) =>
        row.slice(0, index[i] + 1).reduce((a, b) => a + b) - row[index[i]] / 2
      ),
    );
    const draws = {
      places,
      threshold: tf.scalar(0.5),
      zoom: tf.scalar(4),
      noise: tf.zeros<tf.Rank.R4>([2, 12, 12, 3]),
    };
    for (const [mode, expected] of [["soft", soft], ["hard", hard]] as const) {
      const { images: changed, chosen } = attentionGuidedDrop(images, { maps, draws, mode });
      assert.deepEqual([...tf.argMax(chosen, 1).dataSync()], index);
      const error = summaryError(torchValues(changed, "activation"), expected);
      assert.ok(error < 1e-5, `${mode}: off by ${error}`);
    }
  }
  for (const { x, threshold, zoom, y } of fixture.agda.mod_func) {
    const settings = { threshold: tf.scalar(threshold), zoom: tf.scalar(zoom) };
    assert.ok(Math.abs(dropShare(tf.scalar(x), settings).dataSync()[0] - y) < 1e-6);
  }
});

Deno.test("drawDrops draws thresholds, zooms and noise of the published ranges, anew by the seed", () => {
  const drawn = Array.from({ length: 40 }, (_, i) => {
    const { threshold, zoom, noise, places } = drawDrops([4, 32], tf.tensor1d([7, i], "int32"));
    return [threshold, zoom, tf.moments(noise).variance, tf.max(places)].map((x) =>
      x.dataSync()[0]
    );
  });
  assert.equal(new Set(drawn.map(String)).size, drawn.length);
  for (const [threshold, zoom, variance, place] of drawn) {
    assert.ok(threshold >= 0.4 && threshold < 0.6 && zoom >= 3 && zoom < 5 && place < 1);
    assert.ok(variance > 0.008 && variance < 0.012, `variance ${variance}`); // of deviation 0.1
  }
});

Deno.test("maps are chosen as often as they should be", () => {
  const maps = filled([1, 3, 6], "aga", 1), count = 3000;
  const many = tf.tile(maps, [count, 1, 1, 1]);
  const [expected] = choiceProbabilities(maps).arraySync() as number[][];
  const draws = drawDrops([count, 12], tf.tensor1d([3, 4], "int32"));
  const images = tf.zeros<tf.Rank.R4>([count, 12, 12, 3]);
  const { chosen } = attentionGuidedDrop(images, { maps: many, draws, mode: "hard" });
  const shares = tf.mean(chosen, 0).dataSync();
  // Five standard errors.
  shares.forEach((share, m) =>
    assert.ok(Math.abs(share - expected[m]) < 5 * Math.sqrt(0.25 / count))
  );
});

Deno.test("matchLoss is the mean distance of the maps that were not dropped", () => {
  const vectors = tf.zeros<tf.Rank.R3>([1, 2, 2]), changed = tf.tensor3d([3, 4, 5, 12], [1, 2, 2]);
  const chosen = tf.tensor2d([[0, 1]]);
  assert.ok(Math.abs(matchLoss({ vectors, changed, chosen }).dataSync()[0] - 5 / 2) < 1e-6);
  const of = (x: tf.Tensor) => matchLoss({ vectors, changed: x as tf.Tensor3D, chosen });
  assert.ok(tf.grad(of)(vectors).dataSync().every((x) => x === 0), "no slope where nothing moved");
});
