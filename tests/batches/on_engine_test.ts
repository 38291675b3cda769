import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { createRandom } from "lib/random.ts";
import { augment, drawAugmentation, MILD } from "lib/batches/augmentation.ts";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { readImage } from "lib/media/image.ts";
import { detectLandmarks, openLandmarkDetector } from "lib/faces/landmarks.ts";
import { drawMixup, mixUp } from "lib/batches/mixup.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";

/** What of lib/data uses tensors, on the plain backend first and then on the engine. */
Deno.test("detectLandmarks and augment give on the engine, captured too, what they give without", async () => {
  await tf.setBackend("cpu");
  await using detector = await openFaceDetector({ threads: 1 });
  const image = await readImage(demoPhotographs()[5]);
  const faces = await detectFaces(image, detector);
  const random = createRandom(3);
  const pixels = Int32Array.from({ length: 4 * 20 * 24 * 3 }, () => random.integer(256));
  const drawn = drawAugmentation(4, { ranges: MILD, random });
  const landmarks = async () => {
    const network = await openLandmarkDetector();
    const points = await detectLandmarks({ image, faces }, network);
    network.dispose();
    return points.flat(2);
  };
  const inputs = () =>
    [tf.tensor4d(pixels, [4, 20, 24, 3], "int32"), tf.tensor2d(drawn, [4, 4])] as const;
  const plain = await landmarks();
  const augmented = augment(...inputs()).dataSync();

  const { backend } = await startEngine();
  await tf.setBackend(backend); // where another file's test had started it before
  const close = (a: ArrayLike<number>, b: ArrayLike<number>, within: number) => {
    assert.equal(a.length, b.length);
    for (let i = 0; i < a.length; i++) {
      assert.ok(Math.abs(a[i] - b[i]) <= within, `${a[i]}, ${b[i]}`);
    }
  };
  close(await landmarks(), plain, 0.05); // pixels of the photograph
  assert.equal(tf.getBackend(), backend, "no backend but the engine's was set");
  const [images, parameters] = inputs();
  close(augment(images, parameters).dataSync(), augmented, 1e-2);
  const captured = compile(
    (x, p) => augment(x as tf.Tensor4D, p as tf.Tensor2D),
    [tf.zerosLike(images), parameters],
  );
  const [result] = captured(images, parameters);
  close(result.dataSync(), augmented, 1e-2);
  captured.dispose();
});

Deno.test("mixUp gives on the engine, captured, what its definition says", async () => {
  await startEngine();
  const random = createRandom(4), size = 20 * 24 * 3;
  const values = Float32Array.from({ length: 4 * size }, () => random.normal());
  const drawn = drawMixup(4, { alpha: 0.5, random });
  const inputs = [
    tf.tensor4d(values, [4, 20, 24, 3]),
    tf.tensor2d([[1, 0], [0, 1], [0, 1], [1, 0]]),
    tf.tensor2d(drawn, [4, 2]),
  ];
  const captured = compile((images, targets, parameters) => {
    const own = { images: images as tf.Tensor4D, targets: targets as tf.Tensor2D };
    return Object.values(mixUp(own, parameters as tf.Tensor2D));
  }, inputs);
  const results = captured(...inputs);
  results.forEach((result, part) => {
    const from = inputs[part].dataSync(), length = from.length / 4;
    result.dataSync().forEach((value, k) => {
      const [share, partner] = drawn.subarray(2 * Math.floor(k / length));
      const expected = share * from[k] + (1 - share) * from[partner * length + k % length];
      assert.ok(Math.abs(value - expected) < 1e-6, `${value}, ${expected}`);
    });
  });
  captured.dispose();
  tf.dispose([inputs, results]);
});
