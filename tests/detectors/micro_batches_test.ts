/** What detectors say of their loss's parts, against the loss itself; and which sizes are refused. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { type Changes, presetOf, vary, withLoss } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { microBatchSizes } from "lib/detectors/micro_batches.ts";
import { DETECTORS } from "lib/detectors/register.ts";
import { startEngine } from "lib/engine/engine.ts";
import { replaceTensors, tensorsIn } from "lib/engine/nested_tensors.ts";
import { createLearner } from "lib/training/learner.ts";
import { fillImages } from "../networks/fixture_formula.ts";

await startEngine();

/** Settings with which a loss is a mean over pictures, or draws nothing. */
const CHANGES: Readonly<Record<string, Changes<Record<string, unknown>>>> = {
  efficientnet: { averageOver: "all" },
  lisiam: { invarianceWeight: 0 }, // the copies that it compares with are drawn
};

const said = DETECTORS.map((kind) => {
  const configuration = vary(presetOf(kind, "smoke"), CHANGES[kind.name] ?? {});
  return { kind, configuration, of: configuration.detector.microBatches };
});

Deno.test("every detector says how its loss follows from parts of a batch", () => {
  assert.deepEqual(said.filter(({ of }) => of === undefined).map(({ kind }) => kind.name), []);
});

for (const { kind, configuration, of } of said) {
  if (of !== "mean") continue;
  Deno.test(`the loss of ${kind.name} is the mean of its parts'`, () => {
    const { detector } = configuration;
    using learner = createLearner(configuration);
    tf.tidy(() => {
      const { input: { size } } = detector, { learnt: parameters } = learner;
      const images = fillImages("input", 4, size) as tf.Tensor4D;
      const all = {
        images,
        targets: {
          classes: tf.tensor2d([[1, 0], [1, 0], [0, 1], [0.3, 0.7]]),
          masks: tf.clipByValue(tf.mean(images, 3, true), 0, 1) as tf.Tensor4D,
        },
        outputs: detector.forward(images, parameters, {}), // in inference no batch norm joins pictures
      };
      const lossOf = (from: number, count: number) => {
        const sliced = tensorsIn(all).map((tensor) => tf.slice(tensor, from, count));
        const { images, targets, outputs } = replaceTensors(all, sliced), forward = () => outputs;
        const { total, terms } = detector.loss({
          images,
          targets,
          parameters,
          forward,
          updates: {},
        });
        return [total, ...Object.values(terms)].map((scalar) => scalar.dataSync()[0]);
      };
      const whole = lossOf(0, 4), [first, second] = [lossOf(0, 2), lossOf(2, 2)];
      whole.forEach((value, i) => {
        const mean = (first[i] + second[i]) / 2;
        assert.ok(
          Math.abs(value - mean) < 1e-5 * Math.max(1, Math.abs(value)),
          `${value}, ${mean}`,
        );
      });
    });
  });
}

Deno.test("vary refuses micro-batches that a loss or a batch does not allow, naming the term or the sizes", () => {
  const of = (name: string) => presetOf(DETECTORS.find((kind) => kind.name === name)!, "smoke");
  const parts = { batchSize: 12, microBatchSize: 4 };
  assert.throws(() => vary(of("dcl"), parts), /dcl's term "inter" needs the whole batch.*queues/);
  assert.throws(() => vary(of("ws_dan"), parts), /term "centres"/);
  assert.throws(
    () => vary(SMOKE, { ...parts, microBatchSize: 5 }),
    /of 12 can be.* 2, 3, 4, 6; 0 is/,
  );
  assert.throws(() => vary(SMOKE, { ...parts, microBatchSize: 12 }), /microBatchSize is 12/);
  assert.throws(() => vary(SMOKE, { microBatchSize: 1 }), /from 2 to 32768, or 0/);
  assert.throws(
    () => vary(of("xception"), { ...parts, balance: "pairs", microBatchSize: 3 }),
    /in pairs can be learnt from in micro-batches of 2, 4, 6/,
  );
  const own = withLoss(SMOKE, ({ forward }) => ({ total: tf.sum(forward().global), terms: {} }));
  assert.throws(() => vary(own, parts), /does not say how its loss/);
  assert.equal(vary(SMOKE, parts).training.microBatchSize, 4);
  assert.deepEqual(microBatchSizes(SMOKE.detector, { ...SMOKE.data, batchSize: 7 }), []);
});
