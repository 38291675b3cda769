/** WS-DAN against team WM's code in float64, on weights and images of the fixtures' formula. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { loadPublished } from "lib/detectors/published_weights.ts";
import { stagesFromTop } from "lib/detectors/stages.ts";
import {
  attentionCrop,
  attentionDrop,
  CROP_PADDING,
  drawGuides,
} from "lib/detectors/ws_dan/attention_views.ts";
import { wsDan, type WsDanOutputs } from "lib/detectors/ws_dan/ws_dan.ts";
import { startEngine } from "lib/engine/engine.ts";
import { featureCentres } from "lib/losses/feature_centres.ts";
import { attentionPooling } from "lib/networks/attention_pooling.ts";
import { openLayers, type Updates } from "lib/networks/layers.ts";
import { disposeParameters, isLearnt } from "lib/networks/parameters.ts";
import { storeFloat32, type TensorFile } from "lib/networks/weights/safetensors.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
import { signedRoots, wsDan as network } from "lib/networks/ws_dan.ts";
import {
  fill,
  fillImages,
  fillParameters,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "../networks/fixture_formula.ts";

await startEngine();

interface Fixture {
  readonly arrays: string;
  readonly params: number;
  readonly bap: { out: number[][]; grad_features: number[]; grad_attentions: number[] };
  readonly bap_resized: { out: number[][] };
  readonly bap_dropout: { keep_mask: number[][]; dropped: number[][] };
  readonly crop_drop: {
    cases: { mode: "crop" | "drop"; theta: number; padding_ratio?: number; out: Summary }[];
  };
  readonly centre: {
    labels: number[];
    beta: number;
    loss: number;
    grad: number[];
    centres_after_official: number[][];
    centres_after_if_accumulated: number[][];
  };
  readonly eval64: {
    logits: number[][];
    feature_matrix: Summary;
    ce: number;
    labels: number[];
    probes: Record<string, Summary>;
    grad: Record<string, number>;
    validation_crop_theta: number;
    validation_crop: Summary;
    validation_crop_logits: number[][];
  };
  readonly train64: {
    logits_raw: number[][];
    logits_crop: number[][];
    logits_drop: number[][];
    attention_maps: Summary;
    crop_images: Summary;
    drop_images: Summary;
    ce: number[];
    centre_loss: number;
    loss: number;
    labels: number[];
    grad: Record<string, number>;
    running_after: Record<string, Summary>;
    pinned: {
      k_index: number[][];
      theta_crop: number[];
      theta_drop: number[];
      dropout_keep: number[][];
    };
  };
}
const fixture = await readFixture<Fixture>("ws_dan.json");

/** PyTorch's `[batch, channels, height, width]` as the kit's order of axes. */
const kitOrder = (values: ArrayLike<number>, shape: [number, number, number, number]) =>
  tf.tidy(() => tf.transpose(tf.tensor4d(Float32Array.from(values), shape), [0, 2, 3, 1]));

const filled = (name: string, shape: [number, number, number, number]) =>
  kitOrder(fill(name, shape.reduce((a, b) => a * b)), shape);

const oneHot = (labels: readonly number[]) =>
  tf.tensor2d(labels.map((label) => [1 - label, label]));

const within = (errors: Record<string, number>, limit: number) =>
  assert.deepEqual(Object.entries(errors).filter(([, error]) => !(error <= limit)), []);

Deno.test("attentionPooling and signedRoots are bilinear attention pooling, with its gradients", () => {
  const { bap, bap_resized, bap_dropout } = fixture;
  tf.tidy(() => {
    const features = filled("bap.f", [2, 4, 3, 3]), maps = tf.abs(filled("bap.a", [2, 3, 3, 3]));
    const weights = tf.tensor2d(fill("bap.c", 24), [2, 12]);
    const means = (f: tf.Tensor, a: tf.Tensor) =>
      tf.div<tf.Tensor3D>(
        attentionPooling(f as tf.Tensor4D, { maps: a as tf.Tensor4D, scale: "sum" }),
        9,
      );
    const pooled = signedRoots(means(features, maps));
    const slopes = tf.grads((f, a) => tf.sum(tf.mul(weights, signedRoots(means(f, a)))));
    const [ofFeatures, ofMaps] = slopes([features, maps]);
    const small = tf.abs(filled("bap.a2", [2, 3, 2, 2]));
    const kept = tf.tensor3d(bap_dropout.keep_mask.flat().map((x) => 2 * x), [2, 3, 1]);
    within({
      pooled: relativeError(pooled.dataSync(), bap.out.flat()),
      features: relativeError(torchValues(ofFeatures, "activation"), bap.grad_features),
      maps: relativeError(torchValues(ofMaps, "activation"), bap.grad_attentions),
      resized: relativeError(
        signedRoots(means(features, small)).dataSync(),
        bap_resized.out.flat(),
      ),
      dropped: relativeError(
        signedRoots(tf.mul(means(features, maps), kept)).dataSync(),
        bap_dropout.dropped.flat(),
      ),
    }, 2e-6);
  });
});

Deno.test("attentionCrop and attentionDrop are the code's, with their odd last row, also where sides differ", () => {
  tf.tidy(() => {
    const noise = fill("ws.img", 2 * 3 * 16 * 20), offsets = fill("ws.img.offset", 6);
    const images = kitOrder(
      noise.map((x, i) => Math.fround(x + offsets[Math.floor(i / 320)])),
      [2, 3, 16, 20],
    );
    const map = tf.abs(filled("ws.am", [2, 1, 4, 5]));
    for (const { mode, theta, padding_ratio: padding = 0, out } of fixture.crop_drop.cases) {
      const share = tf.fill([2], theta) as tf.Tensor1D;
      const seen = mode === "crop"
        ? attentionCrop(images, { map, share, padding })
        : attentionDrop(images, { map, share });
      const off = summaryError(torchValues(seen, "activation"), out);
      assert.ok(off < 1e-5, `${mode} at ${theta} off by ${off}`);
    }
    const nothing = tf.zeros<tf.Rank.R4>([2, 4, 5, 1]), half = tf.tensor1d([0.5, 0.5]);
    const whole = attentionCrop(images, { map: nothing, share: half, padding: 0.1 });
    assert.ok(relativeError(whole.dataSync(), [...images.dataSync()]) < 1e-5);
  });
});

Deno.test("drawGuides draws two maps and their thresholds again from a seed, and empty maps hardly ever", () => {
  tf.tidy(() => {
    const maps = tf.concat4d([tf.zeros([64, 2, 2, 1]), tf.ones([64, 2, 2, 1])], 3);
    const seed = tf.tensor1d([7, 3], "int32"), guides = drawGuides(maps, seed);
    assert.ok(
      tf.min(guides.cropMap).dataSync()[0] === 1 && tf.min(guides.dropMap).dataSync()[0] === 1,
    );
    const [cut, drop] = [guides.cropShare, guides.dropShare].map((x) => [...x.dataSync()]);
    assert.ok(cut.every((x) => x >= 0.4 && x < 0.6) && drop.every((x) => x >= 0.4 && x < 0.7));
    assert.ok(Math.max(...drop) > 0.65 && new Set(cut).size > 60);
    assert.deepEqual([...drawGuides(maps, seed).cropShare.dataSync()], cut);
    const other = drawGuides(maps, tf.tensor1d([7, 4], "int32"));
    assert.notDeepEqual([...other.cropShare.dataSync()], cut);
  });
});

Deno.test("featureCentres is the code's loss, gradient and both updates", () => {
  const { labels, beta, loss, grad, ...after } = fixture.centre;
  tf.tidy(() => {
    const raw = tf.tensor2d(fill("ws.fm", 24), [4, 6]);
    const features = tf.div<tf.Tensor2D>(raw, tf.norm(raw, 2, 1, true));
    const centres = tf.tensor2d(fill("ws.cen", 12, { amplitude: 0.5 }), [2, 6]);
    const of = (update: "last" | "all", f = features) =>
      featureCentres({ features: f, centres, classes: oneHot(labels), rate: beta, update });
    const slope = tf.grad((f) => of("last", f as tf.Tensor2D).loss)(features);
    within({
      loss: Math.abs(of("last").loss.dataSync()[0] / loss - 1),
      gradient: relativeError(slope.dataSync(), grad),
      last: relativeError(of("last").centres.dataSync(), after.centres_after_official.flat()),
      all: relativeError(of("all").centres.dataSync(), after.centres_after_if_accumulated.flat()),
    }, 2e-6);
  });
});

/** The published network; all tests read its weights, none writes. */
const { detector } = vary(presetOf(wsDan), { imageSize: 64 });
const parameters = blankParameters(detector),
  state = blankParameters({ parameters: detector.trainingState });
fillParameters(parameters, 3);
state.feature_center.assign(
  tf.tensor2d(fill("ws.centre", 2 * 16384, { amplitude: 0.1 }), [2, 16384]),
);
Deno.test.afterAll(() => [parameters, state].forEach(disposeParameters));

Deno.test("wsDan has the published names, order, shapes and number of parameters", () => {
  const published = fixture.arrays.split("\n").filter((line) => !/num_batches_tracked/.test(line));
  const own = detector.parameters.map(({ name, shape }) =>
    `${name} ${torchShape(shape).join("x")}`
  );
  assert.deepEqual(own, published);
  const learnt = detector.parameters.filter(({ role }) => isLearnt(role))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  assert.equal(learnt, fixture.params);
});

Deno.test("wsDan equals the code in inference: maps, pooled features, every gradient, and its validation's cut", () => {
  const { eval64 } = fixture,
    errors: Record<string, number> = {},
    gradients: Record<string, number> = {};
  tf.tidy(() => {
    const images = fillImages("input", 2, 64);
    let maps: tf.Tensor4D | undefined;
    const { value, grads } = tf.variableGrads(() => {
      const outputs = detector.forward(images, parameters, {
        tap: (name, x) => {
          const probe = { "features.block3": name, "features.block12": name, features: name }[name];
          if (probe) {
            errors[name] = summaryError(torchValues(x, "activation"), eval64.probes[name]);
          }
          return x;
        },
      });
      maps = tf.keep(outputs.maps.clone());
      errors.logits = relativeError(outputs.logits.dataSync(), eval64.logits.flat());
      errors.pooled = summaryError(
        outputs.pooled.dataSync() as Float32Array,
        eval64.feature_matrix,
      );
      errors.maps = summaryError(torchValues(outputs.maps, "activation"), eval64.probes.attentions);
      const logProbabilities = tf.logSoftmax(outputs.logits);
      return tf.neg(
        tf.mean(tf.sum(tf.mul(oneHot(eval64.labels), logProbabilities), 1)),
      ) as tf.Scalar;
    });
    errors.loss = Math.abs(value.dataSync()[0] / eval64.ce - 1);
    for (const [name, norm] of Object.entries(eval64.grad)) {
      gradients[name] = Math.abs(tf.norm(grads[parameters[name].name]).dataSync()[0] / norm - 1);
    }
    const cut = attentionCrop(images, {
      map: tf.mean(maps!, 3, true),
      share: tf.fill([2], eval64.validation_crop_theta) as tf.Tensor1D,
      padding: 0.05,
    });
    maps!.dispose();
    errors.cut = summaryError(torchValues(cut, "activation"), eval64.validation_crop);
    const again = detector.forward(cut, parameters).logits.dataSync();
    errors.cutLogits = relativeError(again, eval64.validation_crop_logits.flat());
  });
  assert.equal(Object.keys(gradients).length, 158);
  within(errors, 1e-5);
  within(gradients, 1e-2); // the root has an infinite slope at 0: the code itself in float32 is 1.5e-3 off
});

Deno.test("wsDan takes the code's whole training step: three looks, losses, gradients, statistics", () => {
  const { train64 } = fixture, { k_index, theta_crop, theta_drop, dropout_keep } = train64.pinned;
  const errors: Record<string, number> = {}, gradients: Record<string, number> = {};
  tf.tidy(() => {
    const images = fillImages("input2", 4, 64), updates: Updates = {};
    const kept = tf.tensor3d(dropout_keep.flat().map((x) => 2 * x), [4, 8, 1]);
    const training = { seed: tf.tensor1d([0, 0], "int32"), updates };
    const seen: Record<string, number> = {};
    let pass = 0;
    const forward = (of = images): WsDanOutputs => {
      const layers = {
        ...openLayers(parameters, { training }),
        dropout: <T extends tf.Tensor>(x: T) => tf.mul<T>(x, kept),
      };
      const outputs = network(of, { ...detector.settings, layers });
      const name = ["raw", "crop", "drop"][pass++], { logits, droppedLogits, maps } = outputs;
      const expected = train64[`logits_${name}` as "logits_raw"].flat();
      const answer = name === "raw" ? droppedLogits! : logits;
      seen[name] = relativeError(answer.dataSync(), expected);
      if (name !== "raw") {
        const summary = train64[`${name}_images` as "crop_images"];
        errors[`${name}Images`] = summaryError(torchValues(of, "activation"), summary);
        return outputs;
      }
      const each = tf.unstack(maps, 3),
        pick = (k: number) =>
          tf.stack(
            k_index.map((of, i) => tf.slice(each[of[k]], [i, 0, 0], [1, -1, -1]).squeeze([0])),
          );
      const [cropMap, dropMap] = [0, 1].map((k) => tf.expandDims(pick(k), 3) as tf.Tensor4D);
      const both = tf.transpose(tf.concat4d([cropMap, dropMap], 3), [0, 3, 1, 2]);
      errors.maps = summaryError(both.dataSync() as Float32Array, train64.attention_maps);
      const guides = {
        ...{ cropMap, dropMap },
        ...{ cropShare: tf.tensor1d(theta_crop), dropShare: tf.tensor1d(theta_drop) },
      };
      return { ...outputs, guides };
    };
    let terms: Readonly<Record<string, number>> = {};
    const { value, grads } = tf.variableGrads(() => {
      const loss = detector.loss({
        images,
        targets: { classes: oneHot(train64.labels) },
        parameters: { ...parameters, ...state },
        forward,
        updates,
      });
      terms = Object.fromEntries(
        Object.entries(loss.terms).map(([name, term]) => [name, term.dataSync()[0]]),
      );
      for (const [name, tensor] of Object.entries(updates)) updates[name] = tf.keep(tensor.clone());
      return loss.total;
    });
    assert.equal(pass, 3);
    const off = (name: string, found: number, expected: number) =>
      errors[name] = Math.abs(found / expected - 1);
    const [raw, crop, drop] = train64.ce;
    off("crossEntropy", terms.crossEntropy, raw);
    off("cropCrossEntropy", terms.cropCrossEntropy, crop);
    off("dropCrossEntropy", terms.dropCrossEntropy, drop);
    off("centres", terms.centres, train64.centre_loss);
    off("total", value.dataSync()[0], train64.loss);
    for (const [name, summary] of Object.entries(train64.running_after)) {
      errors[name] = summaryError(torchValues(updates[name], "weight"), summary);
    }
    for (const [name, norm] of Object.entries(train64.grad)) {
      const own = tf.norm(grads[parameters[name].name]).dataSync()[0];
      gradients[name] = norm < 1e-9 ? own : Math.abs(own / norm - 1);
    }
    assert.deepEqual(updates.feature_center.shape, [2, 16384]);
    tf.dispose(Object.values(updates));
    Object.assign(errors, seen);
  });
  assert.equal(Object.keys(gradients).length, 158);
  within(errors, 1e-4);
  within(gradients, 1e-2);
});

/** Arrays of more numbers share their zeros. */
const zeros = new Uint8Array(4 * 4_000_000);

function fileOf(names: readonly [string, readonly number[]][]): TensorFile {
  const tensors = names.map(([name, shape], place) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const array = count > 4096
      ? { type: "F32" as const, shape: [...shape], bytes: zeros.subarray(0, 4 * count) }
      : storeFloat32(new Float32Array(count).fill(place + 1), [...shape]);
    return [name, array] as const;
  });
  return { path: "ckpt.pth", metadata: {}, tensors: new Map(tensors) };
}

Deno.test("wsDan takes the team's files whole, and a trunk's without its classifier", () => {
  for (const preset of ["xception", "b3"] as const) {
    const { detector } = presetOf(wsDan, preset), fresh = blankParameters(detector);
    const whole = detector.parameters.map((
      { name, shape },
    ): [string, number[]] => [name, torchShape(shape)]);
    const idle: [string, number[]][] = preset === "b3"
      ? [["EFN._fc.weight", [1000, 1536]], ["EFN._fc.bias", [1000]]]
      : [];
    const report = loadPublished(
      { detector, parameters: fresh } as never,
      fileOf([...whole, ...idle]),
    );
    assert.deepEqual(report.fresh, []);
    assert.deepEqual(report.skipped, idle.map(([name]) => name));
    const prefix = preset === "b3" ? "EFN." : "features.";
    const trunk = whole.filter(([name]) => name.startsWith(prefix))
      .map(([name, shape]): [string, number[]] => [name.replace(prefix, ""), shape]);
    const head: [string, number[]][] = preset === "b3"
      ? [["_fc.weight", [1000, 1536]], ["_fc.bias", [1000]]]
      : [["fc.weight", [1000, 2048]], ["fc.bias", [1000]]];
    const imageNet = loadPublished(
      { detector, parameters: fresh } as never,
      fileOf([...trunk, ...head]),
    );
    assert.deepEqual(imageNet.skipped, head.map(([name]) => name));
    assert.equal(imageNet.loaded.length, trunk.length);
    assert.equal(imageNet.fresh.length, 6); // the attention's five, and the classifier
    const less = fileOf(whole.filter(([name]) => name !== "attentions.bn.weight"));
    assert.throws(
      () => loadPublished({ detector, parameters: fresh } as never, less),
      /missing: attentions\.bn\.weight/,
    );
    disposeParameters(fresh);
  }
});

Deno.test("wsDan refuses what does nothing, names its maps, and orders its stages", () => {
  assert.throws(() => vary(presetOf(wsDan), { dropConnect: 0 }), /network is "xception"/);
  assert.throws(
    () => vary(presetOf(wsDan), { cropAndDrop: "none", cropWeight: 1 }),
    /cropAndDrop is "none"/,
  );
  assert.throws(() => vary(presetOf(wsDan), { centreWeight: 0, centreRate: 1 }), /centreWeight/);
  assert.deepEqual(
    presetOf(wsDan, "smoke").detector.parts("attention").map(({ layer }) => layer),
    ["attention.0", "attention.1"],
  );
  const stages = stagesFromTop(presetOf(wsDan, "smoke").detector as never);
  assert.deepEqual([stages[0], stages[1], stages.at(-1)], ["heads", "conv4", "conv1"]);
});
