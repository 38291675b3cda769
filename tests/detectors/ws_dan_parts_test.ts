/** What WS-DAN is made of, piece by piece, against team WM's code in float64, and the files it takes. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { loadPublished } from "lib/detectors/published_weights.ts";
import { stagesFromTop } from "lib/detectors/stages.ts";
import { attentionCrop, attentionDrop, drawGuides } from "lib/detectors/ws_dan/attention_views.ts";
import { wsDan } from "lib/detectors/ws_dan/ws_dan.ts";
import { startEngine } from "lib/engine/engine.ts";
import { featureCentres } from "lib/losses/feature_centres.ts";
import { attentionPooling } from "lib/networks/attention_pooling.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { storeFloat32, type TensorFile } from "lib/networks/weights/safetensors.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
import { signedRoots } from "lib/networks/ws_dan.ts";
import {
  fill,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "../networks/fixture_formula.ts";

await startEngine();

interface Fixture {
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
}
const fixture = await readFixture<Fixture>("ws_dan.json");

/** PyTorch's `[batch, channels, height, width]` as the kit's order of axes. */
const kitOrder = (values: ArrayLike<number>, shape: [number, number, number, number]) =>
  tf.tidy(() =>
    tf.transpose<tf.Tensor4D>(tf.tensor4d(Float32Array.from(values), shape), [0, 2, 3, 1])
  );

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
    }, 1e-5); // the root's slope is steep near 0
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
    const { detector } = vary(presetOf(wsDan, preset), { width: 1 / 32 });
    const fresh = blankParameters(detector);
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
