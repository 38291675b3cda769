/** MesoNet's port against PyTorch in float64, and the authors' edition against its definition. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { openLayers } from "lib/networks/layers.ts";
import { mesonet, mesonetParameters, type MesoNetwork } from "lib/networks/mesonet.ts";
import { disposeParameters, isLearnt } from "lib/networks/parameters.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
import { createRandom } from "lib/random.ts";
import { fillImages, fillParameters, readFixture, relativeError } from "./fixture_formula.ts";

await startEngine();

const NETWORKS: readonly MesoNetwork[] = ["meso4", "mesoInception4"];

interface Case {
  readonly keys: Record<string, number[]>;
  readonly params: number;
  readonly input: { name: string; shape: [number, number, number, number] };
  readonly logits: number[][];
  readonly ce: number;
  readonly grad: Record<string, number>;
}
const fixture = await readFixture<Record<MesoNetwork, Case> & { meta: { labels: number[] } }>(
  "mesonet.json",
);

/** How many numbers are learnt. */
const learntIn = (specifications: ReturnType<typeof mesonetParameters>) =>
  specifications.filter(({ role }) => isLearnt(role))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);

for (const name of NETWORKS) {
  const { keys, params, input, logits, ce, grad } = fixture[name];
  const shape = { network: name, edition: "port" } as const;

  Deno.test(`mesonetParameters has the names, shapes and order of the port's ${name}`, () => {
    const specifications = mesonetParameters(shape, input.shape[2]);
    const expected = Object.entries(keys).filter(([key]) => !key.endsWith("num_batches_tracked"));
    assert.deepEqual(specifications.map((s) => [s.name, torchShape(s.shape)]), expected);
    assert.equal(learntIn(specifications), params);
  });

  Deno.test(`mesonet gives the logits, cross-entropy and gradients of the port's ${name}`, () => {
    const [batch, , size] = input.shape;
    const parameters = initialiseParameters(mesonetParameters(shape, size), createRandom(1));
    fillParameters(parameters, 3);
    tf.tidy(() => {
      const images = fillImages(input.name, batch, size);
      const classes = tf.oneHot(tf.tensor1d(fixture.meta.labels, "int32"), 2) as tf.Tensor2D;
      const { value, grads } = tf.variableGrads(() => {
        const answer = mesonet(images, { layers: openLayers(parameters, {}), shape, dropout: 0.5 });
        assert.ok(relativeError(answer.dataSync(), logits.flat()) < 1e-5);
        return crossEntropy(answer, tf.cast(classes, "float32"));
      });
      assert.ok(Math.abs(value.dataSync()[0] - ce) < 1e-5);
      for (const [key, norm] of Object.entries(grad)) {
        const ours = tf.norm(grads[parameters[key].name]).dataSync()[0];
        assert.ok(Math.abs(ours / norm - 1) < 1e-3, `${key}: ${ours}, expected ${norm}`);
      }
    });
    disposeParameters(parameters);
  });
}

Deno.test("mesonetParameters of the authors' editions has their counts of learnt numbers", () => {
  const counts = NETWORKS.map((network) =>
    learntIn(mesonetParameters({ network, edition: "authors" }, 256))
  );
  assert.deepEqual(counts, [27_977, 28_615]);
});

Deno.test("mesonet of the authors' edition flattens as Keras does, and activates branches", () => {
  for (const network of NETWORKS) {
    const shape = { network, edition: "authors" } as const;
    const parameters = initialiseParameters(mesonetParameters(shape, 64), createRandom(1));
    tf.tidy(() => {
      const layers: Record<string, tf.Tensor4D> = {};
      const images = fillImages("meso", 2, 64);
      const logits = mesonet(images, {
        layers: openLayers(parameters, { tap: (name, x) => layers[name] = x }),
        shape,
        dropout: 0.5,
      });
      assert.deepEqual(logits.shape, [2, 1]);
      for (const x of Object.values(layers)) assert.equal(tf.min(x).dataSync()[0], 0);
      // The last stage again by hand: running statistics are 0 and 1, scale 1.
      const last = layers[network === "meso4" ? "conv4" : "conv2"];
      const pooled = tf.maxPool(tf.div(last, Math.sqrt(1 + 1e-3)) as tf.Tensor4D, 4, 4, "valid");
      const flat = tf.reshape(pooled, [2, -1]) as tf.Tensor2D;
      const [w1, b1, w2, b2] = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
        .map((name) => parameters[name] as tf.Tensor);
      const hidden = tf.leakyRelu(tf.add(tf.matMul(flat, w1 as tf.Tensor2D), b1), 0.1);
      const expected = tf.add(tf.matMul(hidden as tf.Tensor2D, w2 as tf.Tensor2D), b2).dataSync();
      assert.ok(relativeError(logits.dataSync(), [...expected]) < 1e-5);
    });
    disposeParameters(parameters);
  }
});
