/** RECCE's losses from their definitions; against the authors' numbers they are tested with the detector. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  metricLoss,
  reconstructionOfReals,
  similarities,
} from "lib/losses/reconstruction_losses.ts";

await tf.setBackend("cpu");

const classesOf = (labels: number[]) => tf.tensor2d(labels.map((label) => [1 - label, label]));
const near = (x: tf.Tensor, expected: number) =>
  assert.ok(Math.abs(x.dataSync()[0] - expected) < 1e-5, `${x.dataSync()[0]}, not ${expected}`);

Deno.test("similarities of equal, right-angled and opposite embeddings are 1, ½ and 0, at any length", () => {
  const pairs = similarities(tf.tensor2d([[2, 0], [9, 0], [0, 1], [-3, 0]])).arraySync();
  const expected = [[1, 1, 0.5, 0], [1, 1, 0.5, 0], [0.5, 0.5, 1, 0.5], [0, 0, 0.5, 1]];
  pairs.flat().forEach((x, i) => assert.ok(Math.abs(x - expected.flat()[i]) < 1e-6));
  assert.ok([...similarities(tf.zeros([2, 3])).dataSync()].every((x) => x === 0.5));
});

Deno.test("metricLoss is 1 − reals among themselves + reals with fakes, and lets fakes be", () => {
  const embeddings = tf.tensor2d([[1, 0], [0, 1], [-1, 0], [5, 5]]);
  near(metricLoss(embeddings, classesOf([0, 0, 1, 1])), 1 - 0.5 + mean([0, 0.5, cos45(), cos45()]));
  near(metricLoss(embeddings, classesOf([0, 1, 1, 1])), 1 + mean([0.5, 0, cos45()])); // one real has no pair
  near(metricLoss(embeddings, classesOf([1, 1, 1, 1])), 1);
  const parted = tf.tensor2d([[1, 0], [1, 0], [-1, 0], [-1, 0]]);
  near(metricLoss(parted, classesOf([0, 0, 1, 1])), 0);
});

const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
const cos45 = () => (Math.SQRT1_2 + 1) / 2;

Deno.test("reconstructionOfReals counts reals alone, soft targets in part, and is 0 without any", () => {
  const images = tf.zeros<tf.Rank.R4>([3, 2, 2, 3]);
  const decoded = tf.mul(
    tf.ones([3, 2, 2, 3]),
    tf.tensor4d([1, -2, 6], [3, 1, 1, 1]),
  ) as tf.Tensor4D;
  near(reconstructionOfReals(decoded, images, classesOf([0, 0, 1])), 1.5);
  near(reconstructionOfReals(decoded, images, classesOf([1, 1, 1])), 0);
  near(reconstructionOfReals(decoded, images, tf.tensor2d([[1, 0], [0.5, 0.5], [0, 1]])), 2 / 1.5);
});
