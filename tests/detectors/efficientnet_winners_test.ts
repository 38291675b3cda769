/** EfficientNets of the Deepfake Detection Challenge's winners against timm and efficientnet_pytorch in float64. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import {
  balancedCrossEntropy,
  efficientnet,
  type EfficientNetSettings,
} from "lib/detectors/efficientnet.ts";
import { loadPublished } from "lib/detectors/published_weights.ts";
import { stagesFromTop } from "lib/detectors/stages.ts";
import { startEngine } from "lib/engine/engine.ts";
import { efficientnet as features } from "lib/networks/efficientnet.ts";
import { efficientnetShape } from "lib/networks/efficientnet_shape.ts";
import { openLayers } from "lib/networks/layers.ts";
import { disposeParameters, isLearnt, type Parameters } from "lib/networks/parameters.ts";
import { storeFloat32, type TensorFile } from "lib/networks/weights/safetensors.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
import {
  fillImages,
  fillParameters,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "../networks/fixture_formula.ts";

await startEngine();

interface Inference {
  readonly logits: number[][];
  readonly probes: Readonly<Record<string, Summary>>;
  readonly bce_labels?: number[];
  readonly bce?: number;
  readonly grad?: Readonly<Record<string, number>>;
}
interface Network {
  readonly gain4: number;
  readonly eval64: Inference;
  /** `name 64x3x3x3`, a line an array of the state dict. */
  readonly arrays?: string;
}
const fixture = await readFixture<
  Record<
    | "selim_b7"
    | "efficientnet_pytorch_0.6.3_b7"
    | "efficientnet_pytorch_0.6.3_b3"
    | "efficientnet_pytorch_0.7.1_b3",
    Network
  >
>("efficientnet_winners.json");

/** The arrays of a state dict that hold weights, by name. */
function arraysOf({ arrays }: Network, without: readonly string[] = []): [string, number[]][] {
  return arrays!.split("\n").map((line): [string, number[]] => {
    const [name, sides] = line.split(" ");
    return [name, sides ? sides.split("x").map(Number) : []];
  }).filter(([name]) =>
    !name.endsWith("num_batches_tracked") && !without.some((begin) => name.startsWith(begin))
  );
}

/** A winner's detector as it was published, and its blank variables by the names of their own. */
function made(preset: "selim" | "ntechlab", changes: Partial<EfficientNetSettings> = {}) {
  const quiet = { dropConnect: 0, ...preset === "selim" ? {} : { dropout: 0 } };
  const { detector } = vary(presetOf(efficientnet, preset), {
    ...quiet,
    imageSize: 64,
    ...changes,
  });
  return { detector, parameters: blankParameters(detector) };
}

/** The kit's names in the order of the state dict are the others' in theirs. */
const renamed = (parameters: Parameters, theirs: readonly string[]) =>
  Object.fromEntries(Object.values(parameters).map((variable, i) => [theirs[i], variable]));

/** timm's batch norms, which have their activation, by the kit's. */
const NORMS: Readonly<Record<string, string>> = {
  "net._bn0": "encoder.bn1",
  "net._bn1": "encoder.bn2",
};

const within = (errors: Record<string, number>, limit: number) =>
  assert.deepEqual(Object.entries(errors).filter(([, error]) => !(error <= limit)), []);

Deno.test("efficientnet is Selim Seferbekov's B7: names, every stage, loss, gradients", () => {
  const { gain4, eval64 } = fixture.selim_b7, { detector, parameters } = made("selim");
  const arrays = arraysOf(fixture.selim_b7, ["encoder.classifier."]);
  assert.deepEqual(
    detector.parameters.map(({ shape }) => torchShape(shape)),
    arrays.map(([, shape]) => shape),
  );
  const learnt = detector.parameters.filter(({ role }) => isLearnt(role))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  assert.equal(learnt, 63_789_521);
  const theirs = renamed(parameters, arrays.map(([name]) => name));
  fillParameters(theirs, { filters: gain4, matrices: 3 });

  const { blocks } = efficientnetShape("b7", 1), errors: Record<string, number> = {};
  const ends = [1, 2, 3, 4, 5, 6, 7].map((stage) =>
    `net._blocks.${blocks.findLast((block) => block.stage === stage)!.place}`
  );
  const gradients: Record<string, number> = {};
  tf.tidy(() => {
    const images = fillImages("input", 2, 64);
    const forward = () =>
      detector.forward(images, parameters, {
        tap: (name, x) => {
          const stage = ends.indexOf(name), swish = () => tf.mul(x, tf.sigmoid(x));
          const probe = stage >= 0 ? `encoder.blocks.${stage}` : NORMS[name];
          if (probe) {
            const seen = stage >= 0 ? x : swish();
            errors[probe] = summaryError(torchValues(seen, "activation"), eval64.probes[probe]);
          }
          return x;
        },
      });
    const fake = tf.tensor1d(eval64.bce_labels!), classes = tf.stack([tf.sub(1, fake), fake], 1);
    const { value, grads } = tf.variableGrads(() => {
      const outputs = forward();
      errors.logits = relativeError(outputs.dataSync(), eval64.logits.flat());
      const inputs = { images, parameters, updates: {}, forward: () => outputs };
      return detector.loss({ ...inputs, targets: { classes: classes as tf.Tensor2D } }).total;
    });
    errors.loss = Math.abs(value.dataSync()[0] / eval64.bce! - 1);
    for (const [name, norm] of Object.entries(eval64.grad!)) {
      gradients[name] = Math.abs(tf.norm(grads[theirs[name].name]).dataSync()[0] / norm - 1);
    }
  });
  assert.equal(Object.keys(errors).length, 11);
  within(errors, 1e-5);
  within(gradients, 1e-3);
  disposeParameters(parameters);
});

/** Logits of a B3 with the weights of a fixture, by a padding. */
function logitsOfB3(
  { gain4 }: Network,
  padding: "asEven" | { readonly madeFor: number },
): Float32Array {
  const { detector, parameters } = made("ntechlab", { network: "b3" });
  const names = Object.keys(parameters).map((name) => name.replace("net.", ""));
  fillParameters(renamed(parameters, names), { filters: gain4, matrices: 3 });
  const logits = tf.tidy(() => {
    const images = fillImages("input", 2, 64), layers = openLayers(parameters, {});
    const shape = efficientnetShape("b3", 1);
    if (padding === "asEven") return detector.forward(images, parameters).dataSync();
    const seen = features(images, { prefix: "net", shape, layers, dropConnect: 0, padding });
    return layers.linear(seen, "net._fc").dataSync();
  });
  disposeParameters(parameters);
  return logits as Float32Array;
}
Deno.test("efficientnet is efficientnet_pytorch's B3, as 0.6.3 pads it and as 0.7.1 does", () => {
  const old = fixture["efficientnet_pytorch_0.6.3_b3"],
    later = fixture["efficientnet_pytorch_0.7.1_b3"];
  const errors = {
    old: relativeError(logitsOfB3(old, "asEven"), old.eval64.logits.flat()),
    later: relativeError(logitsOfB3(later, { madeFor: 300 }), later.eval64.logits.flat()),
  };
  within(errors, 1e-5);
});

/** A file of these arrays, each filled with its place. */
function fileOf(arrays: readonly [string, readonly number[]][]): TensorFile {
  const tensors = arrays.map(([name, shape], place) => {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(place);
    return [name, storeFloat32(values, [...shape])] as const;
  });
  return { path: "winner.pth", metadata: {}, tensors: new Map(tensors) };
}

Deno.test("efficientnet takes both winners' files whole, and ImageNet's without its classifier", () => {
  const published = presetOf(efficientnet).detector.parameters.map(({ shape }) =>
    torchShape(shape)
  );
  const narrow = made("selim", { width: 1 / 32 }), own = Object.values(narrow.parameters);
  /** The published names, with the shapes of a network that loads faster. */
  const narrowed = (arrays: readonly [string, number[]][]) => {
    assert.deepEqual(arrays.map(([, shape]) => shape), published);
    return arrays.map(([name], i) => [name, torchShape(own[i].shape)] as const);
  };
  const idle: [string, number[]][] = [["encoder.classifier.weight", [5, 3]], [
    "encoder.classifier.bias",
    [5],
  ]];
  const selims = [...narrowed(arraysOf(fixture.selim_b7, ["encoder.classifier."])), ...idle];
  const ntechlabs = narrowed(arraysOf(fixture["efficientnet_pytorch_0.6.3_b7"]));
  const imagenets = selims.filter(([name]) => name.startsWith("encoder."))
    .map(([name, shape]) => [name.replace("encoder.", ""), shape] as const);
  const cases = [
    { arrays: selims.map(([name, shape]) => [`module.${name}`, shape] as const), fresh: 0 },
    { arrays: ntechlabs, fresh: 0 },
    { arrays: imagenets, fresh: 2 },
  ];
  for (const { arrays, fresh } of cases) {
    const report = loadPublished(narrow as never, fileOf(arrays as [string, number[]][]));
    assert.equal(report.fresh.length, fresh);
    const skipped = arrays.map(([name]) => name).filter((name) => /classifier/.test(name));
    assert.deepEqual(report.skipped, skipped);
    const used = arrays.filter(([name]) => !skipped.includes(name));
    assert.equal(used.length + fresh, own.length);
    used.forEach(([name], i) => assert.equal(own[i].dataSync()[0], i, name));
  }
  const less = ntechlabs.filter(([name]) => name !== "_blocks.9._bn1.weight");
  assert.throws(
    () => loadPublished(narrow as never, fileOf(less as unknown as [string, number[]][])),
    /missing: _blocks\.9\._bn1\.weight/,
  );
  disposeParameters(narrow.parameters);
});

Deno.test("balancedCrossEntropy is the mean of reals' and of fakes' mean loss, whatever their number", () => {
  const z = [2, -1, 0.5, 30], t = [0.99, 0.01, 0.01, 0.01]; // as Selim's code clips its targets
  const losses = z.map((x, i) =>
    t[i] * Math.log1p(Math.exp(-x)) + (1 - t[i]) * Math.log1p(Math.exp(x))
  );
  const expected = (losses[0] + (losses[1] + losses[2] + losses[3]) / 3) / 2;
  const found = balancedCrossEntropy(tf.tensor1d(z), tf.tensor1d(t)).dataSync()[0];
  assert.ok(Math.abs(found / expected - 1) < 1e-6, `${found}, ${expected}`);
  const reals = balancedCrossEntropy(tf.tensor1d([-1, 1]), tf.tensor1d([0, 0])).dataSync()[0];
  assert.ok(Math.abs(reals - (Math.log1p(Math.exp(-1)) + Math.log1p(Math.E)) / 4) < 1e-6);
  assert.ok(
    Number.isFinite(balancedCrossEntropy(tf.tensor1d([-500]), tf.tensor1d([1])).dataSync()[0]),
  );
});

Deno.test("efficientnet's presets are the winners' recipes, and its stages are in order", () => {
  const { data, training } = presetOf(efficientnet);
  assert.deepEqual([training.optimiser, training.nesterov, training.labelSmoothing], [
    "sgd",
    true,
    0.02,
  ]);
  assert.deepEqual([data.batchSize, data.mixup], [12, 0]);
  const mixed = presetOf(efficientnet, "ntechlab").data;
  assert.deepEqual([mixed.balance, mixed.mixup, mixed.mixupWith], ["pairs", 0.5, "pair"]);
  const stages = stagesFromTop(presetOf(efficientnet, "smoke").detector as never);
  assert.deepEqual([stages[0], stages[1], stages.at(-1)], ["_fc", "_conv_head", "_conv_stem"]);
});
