import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { classActivationMaps, positiveEvidence } from "lib/explain/grad_cam.ts";
import type { Tap } from "lib/networks/layers.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";

await startEngine();

/** Two convolutions and a linear head on spatial means: a network whose maps have a closed form. */
function network() {
  const image = tf.randomNormal<tf.Rank.R4>([2, 8, 6, 3], 0, 1, "float32", 1);
  const first = tf.randomNormal<tf.Rank.R4>([3, 3, 3, 4], 0, 1, "float32", 2);
  const second = tf.randomNormal<tf.Rank.R4>([3, 3, 4, 5], 0, 1, "float32", 3);
  const head = tf.randomNormal<tf.Rank.R2>([5, 2], 0, 1, "float32", 4);
  const forward = (x: tf.Tensor4D) => (tap: Tap): tf.Tensor2D => {
    const a = tap("first", tf.relu(tf.conv2d(x, first, 1, "same")));
    const b = tap("second", tf.relu(tf.conv2d(a, second, 2, "same")));
    return tf.matMul(tf.mean(b, [1, 2]), head);
  };
  const fakeness = (logits: tf.Tensor2D): tf.Tensor1D =>
    tf.squeeze(tf.sub(logits.slice([0, 1], [-1, 1]), logits.slice([0, 0], [-1, 1])), [1]);
  return { image, first, second, head, forward, fakeness };
}

function assertClose(actual: tf.Tensor, expected: tf.Tensor, bound = 1e-5) {
  assert.deepEqual(actual.shape, expected.shape);
  const worst = tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0];
  assert.ok(worst <= bound, `differs by ${worst}`);
}

Deno.test("classActivationMaps at the last layer under a linear head is Zhou's class activation map", () => {
  const n = network();
  const { maps: [map] } = classActivationMaps({
    forward: n.forward(n.image),
    layers: ["second"],
    explain: n.fakeness,
  });
  const activation = tf.relu(
    tf.conv2d(tf.relu(tf.conv2d(n.image, n.first, 1, "same")), n.second, 2, "same"),
  );
  const weights = tf.sub(n.head.slice([0, 1], [-1, 1]), n.head.slice([0, 0], [-1, 1])).reshape([5]);
  const expected = tf.sum(tf.mul(activation, weights), 3).div(4 * 3);
  assertClose(map, expected);
  // The map shares the explained number out: its cells sum to it, up to the head's bias (none here).
  assertClose(tf.sum(map, [1, 2]), n.fakeness(n.forward(n.image)((_, a) => a)));
});

Deno.test("classActivationMaps at an inner layer agrees with finite differences", () => {
  const n = network();
  const { maps: [map] } = classActivationMaps({
    forward: n.forward(n.image),
    layers: ["first"],
    explain: n.fakeness,
  });
  // α of channel k is the derivative by a constant added to the whole channel, over its 48 cells.
  const step = 1e-2;
  const shifted = (k: number, by: number) =>
    n.fakeness(
      n.forward(n.image)((name, a) =>
        name === "first" ? tf.add(a, tf.oneHot(tf.scalar(k, "int32"), 4).mul(by)) : a
      ),
    );
  const alpha = tf.stack(
    [0, 1, 2, 3].map((k) => tf.sub(shifted(k, step), shifted(k, -step)).div(2 * step * 48)),
    1,
  );
  const activation = tf.relu(tf.conv2d(n.image, n.first, 1, "same"));
  assertClose(map, tf.sum(tf.mul(activation, alpha.reshape([2, 1, 1, 4])), 3), 0.05);
});

Deno.test("classActivationMaps of several layers and captured equal those of one layer, eager", () => {
  const n = network();
  const { maps: both } = classActivationMaps({
    forward: n.forward(n.image),
    layers: ["first", "second"],
    explain: n.fakeness,
  });
  const captured = compile(
    (x) =>
      classActivationMaps({
        forward: n.forward(x as tf.Tensor4D),
        layers: ["first", "second"],
        explain: n.fakeness,
      }).maps,
    [n.image],
  );
  const graph = captured(n.image);
  for (const [i, layer] of ["first", "second"].entries()) {
    const { maps: [alone] } = classActivationMaps({
      forward: n.forward(n.image),
      layers: [layer],
      explain: n.fakeness,
    });
    assertClose(both[i], alone);
    assertClose(graph[i], alone);
  }
  captured.dispose();
});

Deno.test("classActivationMaps of a layer that has no part in the explained number is 0", () => {
  const n = network();
  const { maps: [map], reported: [double] } = classActivationMaps({
    forward: (tap) => {
      tap("aside", n.image);
      return n.forward(n.image)((_, a) => a);
    },
    layers: ["aside"],
    explain: n.fakeness,
    report: (logits) => [tf.mul(logits, 2)],
  });
  assertClose(map, tf.zeros([2, 8, 6]));
  assertClose(double, tf.mul(n.forward(n.image)((_, a) => a), 2));
});

Deno.test("classActivationMaps refuses an explained number that is not one an image", () => {
  const n = network();
  const perClass = (logits: tf.Tensor2D) => tf.sum(logits, 1, true) as unknown as tf.Tensor1D;
  assert.throws(
    () =>
      classActivationMaps({
        forward: n.forward(n.image),
        layers: ["second"],
        explain: perClass,
      }),
    { name: "TypeError", message: /one number an image, \[2\], not \[2,1\]/ },
  );
});

Deno.test("classActivationMaps leaves no tensor behind but its maps", () => {
  const n = network();
  const request = { forward: n.forward(n.image), layers: ["second"], explain: n.fakeness };
  const before = tf.memory().numTensors;
  const { explained, maps } = classActivationMaps(request);
  tf.dispose([explained, ...maps]);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("classActivationMaps names the layers there are when asked for another", () => {
  const n = network();
  assert.throws(
    () =>
      classActivationMaps({
        forward: n.forward(n.image),
        layers: ["third"],
        explain: n.fakeness,
      }),
    /No layer is called third.*first, second/,
  );
});

Deno.test("positiveEvidence keeps negative evidence out and does not rescale", () => {
  const map = tf.tensor3d([[[-1, -2], [-3, -4]], [[0, 2], [0, 2]]]);
  const [against, mixed] = tf.unstack(positiveEvidence(map, [4, 4]));
  assert.equal(tf.max(tf.abs(against)).dataSync()[0], 0);
  // Half-pixel centres: columns at 0, ¼, ¾ and 1 of the way from the left cell to the right one.
  assert.deepEqual([...mixed.slice([0, 0], [1, 4]).dataSync()], [0, 0.5, 1.5, 2]);
});
