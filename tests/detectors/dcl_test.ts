/** DCL's contrast against the reading of its code in float64, and what it keeps from step to step. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { drawViews, inTiles, viewsOf } from "lib/detectors/dcl/contrast_views.ts";
import { dcl } from "lib/detectors/dcl/dcl.ts";
import { startEngine } from "lib/engine/engine.ts";
import { type ClassMemory, interContrast, intraContrast } from "lib/losses/dual_contrast.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import type { Updates } from "lib/networks/layers.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import {
  fill,
  fillImages,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "../networks/fixture_formula.ts";

await startEngine();

interface Fixture {
  readonly intra: {
    labels: number[];
    cases: {
      name: string;
      mask: number[][];
      real: number;
      fake: number;
      intra: number;
      grad: number[];
    }[];
  };
  readonly inter: {
    dim: number;
    queue_columns: number;
    K: number;
    threshold: number;
    labels: number[];
    steps: {
      loss: number;
      logits: Summary;
      proto_real: number[];
      proto_fake: number[];
      ptr_real: number;
      ptr_fake: number;
      queue_real: Summary;
      queue_fake: Summary;
      grad_q: number[];
    }[];
  };
}
const { intra, inter } = await readFixture<Fixture>("dcl.json");

const oneHot = (labels: readonly number[]) =>
  tf.tensor2d(labels.map((label) => [1 - label, label]));

const within = (errors: Record<string, number>, limit: number) =>
  assert.deepEqual(Object.entries(errors).filter(([, error]) => !(error <= limit)), []);

Deno.test("intraContrast is the code's, with its zeros that count, and its gradient", () => {
  assert.equal(intra.cases.length, 2);
  for (const { name, mask, real, fake, intra: total, grad } of intra.cases) {
    tf.tidy(() => {
      const raw = tf.tensor4d(fill("dcl.fm", 180), [4, 5, 3, 3]);
      const features = tf.transpose<tf.Tensor4D>(raw, [0, 2, 3, 1]);
      const masks = tf.tensor4d(mask.flat(), [4, 3, 3, 1]), classes = oneHot(intra.labels);
      const terms = intraContrast(features, { masks, classes });
      const slope = tf.grad((x) => intraContrast(x as tf.Tensor4D, { masks, classes }).loss)(
        features,
      );
      within({
        [`${name} real`]: Math.abs(terms.real.dataSync()[0] / real - 1),
        [`${name} fake`]: Math.abs(terms.fake.dataSync()[0] - fake),
        [`${name} loss`]: Math.abs(terms.loss.dataSync()[0] - total),
        [`${name} gradient`]: relativeError(torchValues(slope, "activation"), grad),
      }, 3e-6);
    });
  }
});

Deno.test("interContrast is the code's over three steps: prototypes, hard keys, queues, loss, gradient", () => {
  const { dim, queue_columns: columns, K: queueSize, threshold: hardest, labels, steps } = inter;
  tf.tidy(() => {
    const unit = (name: string, shape: number[], axis: number) => {
      const x = tf.tensor(fill(name, shape.reduce((a, b) => a * b)), shape);
      return tf.div(x, tf.norm(x, 2, axis, true));
    };
    const begin = (prototype: string, queue: string): ClassMemory => ({
      prototype: unit(prototype, [dim], 0) as tf.Tensor1D,
      queue: unit(queue, [dim, columns], 0) as tf.Tensor2D,
      pointer: tf.zeros([1]),
    });
    let memory: readonly [ClassMemory, ClassMemory] = [
      begin("dcl.pr", "dcl.qr"),
      begin("dcl.pf", "dcl.qf"),
    ];
    steps.forEach((expected, s) => {
      const count = labels.length, size = count * dim;
      const q = tf.tensor2d(fill(`dcl.q${s}`, size), [count, dim]);
      const other = tf.tensor2d(fill(`dcl.k${s}`, size), [count, dim]);
      const keys = tf.add<tf.Tensor2D>(tf.mul(q, 0.6), tf.mul(other, 0.5));
      const of = (queries: tf.Tensor2D) =>
        interContrast({ queries, keys, classes: oneHot(labels), memory, hardest, queueSize });
      const found = of(q), slope = tf.grad((x) => of(x as tf.Tensor2D).loss)(q);
      const order = [0, 1].flatMap((kind) =>
        labels.flatMap((label, i) => label === kind ? [i] : [])
      );
      const rows = found.logits.arraySync();
      const [real, fake] = found.memory;
      within({
        loss: Math.abs(found.loss.dataSync()[0] / expected.loss - 1),
        logits: summaryError(Float32Array.from(order.flatMap((i) => rows[i])), expected.logits),
        prototypeReal: relativeError(real.prototype.dataSync(), expected.proto_real),
        prototypeFake: relativeError(fake.prototype.dataSync(), expected.proto_fake),
        queueReal: summaryError(real.queue.dataSync() as Float32Array, expected.queue_real),
        queueFake: summaryError(fake.queue.dataSync() as Float32Array, expected.queue_fake),
        gradient: relativeError(slope.dataSync(), expected.grad_q),
      }, 1e-5);
      assert.deepEqual(
        [real.pointer.dataSync()[0], fake.pointer.dataSync()[0]],
        [expected.ptr_real, expected.ptr_fake],
      );
      memory = found.memory;
    });
  });
});

Deno.test("interContrast writes no key of a class that the batch has not, and stays finite", () => {
  tf.tidy(() => {
    const of = (seed: number): ClassMemory => ({
      prototype: tf.tensor1d(fill(`p${seed}`, 4)),
      queue: tf.tensor2d(fill(`q${seed}`, 24), [4, 6]),
      pointer: tf.tensor1d([4]),
    });
    const memory = [of(1), of(2)] as const, vectors = tf.tensor2d(fill("v", 12), [3, 4]);
    const { loss, memory: [real, fake] } = interContrast({
      ...{ queries: vectors, keys: vectors, classes: oneHot([0, 0, 0]), memory },
      ...{ hardest: 2, queueSize: 5 },
    });
    assert.ok(Number.isFinite(loss.dataSync()[0]));
    assert.deepEqual(fake.queue.dataSync(), memory[1].queue.dataSync());
    assert.deepEqual([fake.pointer.dataSync()[0], real.pointer.dataSync()[0]], [4, 1]);
    assert.notDeepEqual(real.queue.dataSync(), memory[0].queue.dataSync());
  });
});

Deno.test("inTiles moves nine tiles, keeps what is left over, and views come again from a seed", () => {
  tf.tidy(() => {
    const side = 10,
      x = tf.reshape(tf.range(0, 2 * side * side), [2, side, side, 1]) as tf.Tensor4D;
    const seed = tf.tensor1d([3, 5], "int32"), draws = drawViews(64, { seed, variety: 1 });
    const order = tf.slice(draws.order, [0, 0, 0], [2, -1, -1]);
    const moved = inTiles(x, order).arraySync() as number[][][][];
    const from = order.arraySync() as number[][][], old = x.arraySync() as number[][][][];
    for (const [b, tiles] of from.entries()) {
      for (let y = 0; y < side; y++) {
        for (let z = 0; z < side; z++) {
          if (y > 8 || z > 8) {
            assert.equal(moved[b][y][z][0], old[b][y][z][0]);
            continue;
          }
          const tile = tiles[3 * Math.floor(y / 3) + Math.floor(z / 3)].indexOf(1);
          const [row, column] = [3 * Math.floor(tile / 3) + y % 3, 3 * (tile % 3) + z % 3];
          assert.equal(moved[b][y][z][0], old[b][row][column][0]);
        }
      }
    }
    const orders = draws.order.arraySync() as number[][][];
    assert.ok(orders.every((rows) => new Set(rows.map((row) => row.indexOf(1))).size === 9));
    const still = orders.filter((rows) => rows.every((row, i) => row[i] === 1)).length;
    assert.ok(still > 4 && still < 32, `${still} of 64 stay`);
    assert.deepEqual(drawViews(64, { seed, variety: 1 }).order.dataSync(), draws.order.dataSync());
    const images = fillImages("dcl", 4, 32),
      of = (at: number, variety = 1) =>
        viewsOf(images, drawViews(4, { seed: tf.tensor1d([at, 0], "int32"), variety }));
    assert.deepEqual(of(1).key.dataSync(), of(1).key.dataSync());
    assert.notDeepEqual(of(1).key.dataSync(), of(2).key.dataSync());
    const { query, key } = of(1, 0);
    for (const view of [query, key]) assert.deepEqual(view.dataSync(), images.dataSync());
  });
});

Deno.test("dcl's momentum encoder begins as the encoder, then follows; contrast counts after the warm-up", () => {
  const { detector } = vary(presetOf(dcl, "smoke"), {
    warmUpSteps: 1,
    keyMomentum: 0.5,
    dropout: 0,
  });
  const learnt = initialiseParameters(
    [...detector.parameters, ...detector.trainingState],
    createRandom(4),
  );
  const images = fillImages("dcl", 4, 32), masks = tf.ones<tf.Rank.R4>([4, 32, 32, 1]);
  const step = (place: number) =>
    tf.tidy(() => {
      const updates: Updates = {}, training = { seed: tf.tensor1d([1, place], "int32"), updates };
      const { total, terms } = detector.loss({
        images,
        targets: { classes: oneHot([0, 1, 0, 1]), masks },
        parameters: learnt,
        forward: (of = images) => detector.forward(of, learnt, { training }),
        updates,
      });
      for (const [name, value] of Object.entries(updates)) learnt[name].assign(value);
      const number = (x: tf.Tensor) => x.dataSync()[0], { crossEntropy, inter, intra } = terms;
      return {
        total: number(total),
        crossEntropy: number(crossEntropy),
        inter: number(inter),
        intra: number(intra),
      };
    });
  const first = step(0), name = "net._conv_head.weight";
  assert.equal(first.total, first.crossEntropy);
  assert.deepEqual(learnt[`momentum.${name}`].dataSync(), learnt[name].dataSync());
  tf.tidy(() => learnt[name].assign(tf.add(learnt[name], 1)));
  const before = learnt[`momentum.${name}`].dataSync().slice(), second = step(1);
  learnt[`momentum.${name}`].dataSync().forEach((x, i) =>
    assert.ok(Math.abs(x - before[i] - 0.5) < 1e-5)
  );
  const expected = 0.5 * second.crossEntropy + 0.5 * (second.inter + 0.1 * second.intra);
  assert.ok(Math.abs(second.total - expected) < 1e-4 * Math.abs(expected));
  assert.equal(learnt.hard_real_pointer.dataSync()[0], 4); // of two reals a step
  assert.equal(learnt.batches.dataSync()[0], 2);
  disposeParameters(learnt);
  assert.deepEqual(vary(presetOf(dcl), { intraWeight: 0 }).detector.wants, []);
  assert.deepEqual(presetOf(dcl).detector.wants, ["mask"]);
});
