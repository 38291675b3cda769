import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import fc from "fast-check";
import { vary } from "lib/detectors/configuration.ts";
import { PAPER, SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { resnetParameters } from "lib/networks/resnet.ts";
import {
  readSafetensors,
  storeFloat32,
  writeSafetensors,
} from "lib/networks/weights/safetensors.ts";
import {
  loadParameters,
  parametersUnder,
  storeParameters,
} from "lib/networks/weights/state_dict.ts";
import { fromTorchLayout, torchShape, toTorchLayout } from "lib/networks/weights/torch_layout.ts";
import { createRandom } from "lib/random.ts";
import { fill, readFixture } from "../fixture_formula.ts";

await tf.setBackend("cpu");

type Key = [name: string, shape: number[], type: string];

Deno.test("storeParameters and loadParameters keep every number of a detector", async () => {
  const one = initialiseParameters(SMOKE.detector.parameters, createRandom(1, "weights"));
  const other = initialiseParameters(SMOKE.detector.parameters, createRandom(2, "weights"));
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await writeSafetensors(path, await storeParameters(one, { metadata: { run: "a" }, steps: 7 }));
    const file = await readSafetensors(path);
    const report = loadParameters(other, file);
    assert.deepEqual(report, {
      loaded: Object.keys(one),
      missing: [],
      unexpected: [],
      misshapen: [],
      skipped: [],
    });
    for (const [name, variable] of Object.entries(one)) {
      assert.deepEqual(other[name].dataSync(), variable.dataSync(), name);
    }
    const counter = file.tensors.get("bottleneck.model.1.num_batches_tracked")!;
    assert.equal(new DataView(counter.bytes.buffer).getBigInt64(0, true), 7n);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("storeParameters writes the official state dict: names, order, shapes, types", async () => {
  const { MI_Net_resnet_n4: keys } = await readFixture<{ MI_Net_resnet_n4: Key[] }>(
    "state_dict_keys.json",
  );
  const narrow = initialiseParameters(
    vary(PAPER, { width: 1 / 16 }).detector.parameters,
    createRandom(1),
  );
  const { tensors } = await storeParameters(narrow);
  const types = { F32: "float32", I64: "int64" } as Record<string, string>;
  assert.deepEqual(
    [...tensors].map(([name, { type, shape }]) => [name, types[type], shape.length]),
    keys.map(([name, shape, type]) => [name, type, shape.length]),
  );
});

Deno.test("loadParameters reads the layout that PyTorch wrote", async () => {
  const path = new URL("../../fixtures/tiny_checkpoint.safetensors", import.meta.url).pathname;
  const file = await readSafetensors(path);
  const parameters = {
    "region_model1.conv1.weight": tf.variable(tf.zeros([7, 7, 3, 64])),
    "linear.1.weight": tf.variable(tf.zeros([512, 2])),
  };
  const report = loadParameters(parameters, file, { partial: true });
  assert.deepEqual(report.loaded, Object.keys(parameters));
  // The file holds the fixtures' formula, in the order [out, in, height, width].
  const filter = fill("region_model1.conv1.weight", 64 * 3 * 49, {
    amplitude: Math.sqrt(3 / (3 * 49)),
  });
  const at = (o: number, i: number, y: number, x: number) => ((o * 3 + i) * 7 + y) * 7 + x;
  const read = parameters["region_model1.conv1.weight"].arraySync() as number[][][][];
  assert.equal(read[2][5][1][40], filter[at(40, 1, 2, 5)]);
  const matrix = fill("linear.1.weight", 1024, { amplitude: Math.sqrt(3 / 512) });
  assert.equal((parameters["linear.1.weight"].arraySync() as number[][])[100][1], matrix[612]);
});

Deno.test("loadParameters passes over what wrappers put before every name", async () => {
  const parameters = { "a.weight": tf.variable(tf.tensor2d([[1, 2]])) };
  const { tensors } = await storeParameters(parameters);
  for (const prefix of ["module.", "_orig_mod.", "model.", "_orig_mod.module.", "module.model."]) {
    const wrapped = new Map([...tensors].map(([name, array]) => [prefix + name, array]));
    parameters["a.weight"].assign(tf.zeros([1, 2]));
    loadParameters(parameters, { tensors: wrapped, metadata: {} });
    assert.deepEqual([...parameters["a.weight"].dataSync()], [1, 2], prefix);
    wrapped.set("b.bias", storeFloat32(new Float32Array(1), [1]));
    assert.throws(
      () => loadParameters(parameters, { tensors: wrapped, metadata: {} }),
      new RegExp(`unexpected: ${prefix}a.weight, b.bias`),
    );
  }
});

Deno.test("loadParameters leaves a word alone that a parameter begins with", async () => {
  const inner = { "model.a.bias": tf.variable(tf.tensor1d([1, 2])) };
  const parameters = { ...inner, "head.bias": tf.variable(tf.tensor1d([3])) };
  const file = await storeParameters(inner);
  assert.deepEqual(loadParameters(inner, file).loaded, ["model.a.bias"]);
  const { loaded, missing } = loadParameters(parameters, file, { partial: true });
  assert.deepEqual([loaded, missing], [["model.a.bias"], ["head.bias"]]);
  const empty = { tensors: new Map(), metadata: {} };
  assert.throws(() => loadParameters(inner, empty), /missing: model.a.bias/);
});

Deno.test("loadParameters takes a file over: its arrays are freed when the last that shares them is in", async () => {
  const make = () => ({
    "a.bias": tf.variable(tf.tensor1d([1, 2])),
    "b.bias": tf.variable(tf.tensor1d([3, 4])),
  });
  const { tensors } = await storeParameters(make());
  const tied = new Map([["a.bias", tensors.get("b.bias")!], ["b.bias", tensors.get("b.bias")!]]);
  const parameters = make(), file = { tensors: tied, metadata: {} };
  loadParameters(parameters, file);
  assert.equal(tied.get("a.bias")!.bytes.length, 8);
  tf.tidy(() => parameters["b.bias"].assign(tf.zeros([2])));
  loadParameters(parameters, file, { takesOver: true });
  assert.deepEqual(Object.values(parameters).map((one) => [...one.dataSync()]), [[3, 4], [3, 4]]);
  assert.equal(tied.get("a.bias")!.bytes.length, 0);
});

Deno.test("loadParameters names everything that does not fit, and changes nothing", () => {
  const parameters = {
    "a.weight": tf.variable(tf.zeros([2, 3])),
    "b.bias": tf.variable(tf.zeros([4])),
    "c.bias": tf.variable(tf.zeros([1])),
  };
  const tensors = new Map([
    ["a.weight", storeFloat32(new Float32Array(6), [2, 3])],
    ["c.bias", storeFloat32(new Float32Array([5]), [1])],
    ["d.bias", storeFloat32(new Float32Array(1), [1])],
  ]);
  const file = { tensors, metadata: {} };
  assert.throws(() => loadParameters(parameters, file), (error: Error) => {
    assert.equal(error.name, "TypeError");
    assert.match(error.message, /missing: b.bias/);
    assert.match(error.message, /unexpected: d.bias/);
    assert.match(error.message, /misshapen: a.weight \[3,2\], file \[2,3\]/);
    return true;
  });
  assert.equal(parameters["c.bias"].dataSync()[0], 0);
  assert.deepEqual(loadParameters(parameters, file, { partial: true }), {
    loaded: ["c.bias"],
    missing: ["b.bias"],
    unexpected: ["d.bias"],
    misshapen: ["a.weight [3,2], file [2,3]"],
    skipped: [],
  });
  assert.equal(parameters["c.bias"].dataSync()[0], 5);
});

Deno.test("loadParameters refuses a file of which nothing fits, and values that are not finite", () => {
  const parameters = { "a.bias": tf.variable(tf.zeros([2])) };
  const file = (name: string, values: number[]) => ({
    tensors: new Map([[name, storeFloat32(new Float32Array(values), [values.length])]]),
    metadata: {},
  });
  assert.throws(
    () => loadParameters(parameters, file("b.bias", [1, 2]), { partial: true }),
    TypeError,
  );
  assert.throws(() => loadParameters(parameters, file("a.bias", [1, NaN])), {
    name: "RangeError",
    message: /a.bias holds NaN at 1/,
  });
  const two = { ...parameters, "b.bias": tf.variable(tf.zeros([1])) };
  const both = { ...file("a.bias", [NaN, 1]), path: "weights.pth" };
  both.tensors.set("b.bias", storeFloat32(new Float32Array([-Infinity]), [1]));
  assert.throws(() => loadParameters(two, both), {
    name: "RangeError",
    message:
      /Nothing was loaded from weights.pth: a.bias holds NaN at 0; b.bias holds -Infinity at 0/,
  });
  assert.deepEqual([...parameters["a.bias"].dataSync()], [0, 0]);
});

Deno.test("loadParameters names every one of a thousand names that do not fit, and the file", () => {
  const names = Array.from({ length: 1000 }, (_, i) => `layer${i}.bias`);
  const parameters = Object.fromEntries(names.map((name) => [name, tf.variable(tf.zeros([2]))]));
  const tensors = new Map(
    names.flatMap((name, i) => [
      [i % 2 ? name : `other.${name}`, storeFloat32(new Float32Array(3), [3])] as const,
    ]),
  );
  assert.throws(
    () => loadParameters(parameters, { tensors, metadata: {}, path: "weights.pth" }),
    (error: Error) => {
      assert.match(error.message, /^The model stays as it is: weights.pth does not fit it \(0 /);
      const [, missing, unexpected, misshapen] = error.message.split("\n");
      assert.equal(missing.split(", ").length, 500);
      assert.equal(unexpected.split(", ").length, 500);
      assert.equal(misshapen.split("; ").length, 500);
      return true;
    },
  );
});

Deno.test("loadParameters skips a published classifier and is strict about the rest", async () => {
  const { torchvision_resnet34: keys } = await readFixture<{ torchvision_resnet34: Key[] }>(
    "state_dict_keys.json",
  );
  const detector = Object.fromEntries(
    ["region_model1", "region_model2"].flatMap((prefix) => resnetParameters(prefix, 1))
      .map(({ name, shape }) => [name, tf.variable(tf.zeros([...shape]))]),
  );
  const tensors = new Map(keys.map(([name, shape, type]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const counter = { type: "I64" as const, shape, bytes: new Uint8Array(8) };
    return [
      name,
      type === "int64" ? counter : storeFloat32(new Float32Array(count).fill(3), shape),
    ];
  }));
  const file = { tensors, metadata: {} };
  const block = parametersUnder("region_model2.", detector);
  assert.throws(() => loadParameters(block, file), /unexpected: fc.weight, fc.bias\n/);
  assert.deepEqual(loadParameters(block, file, { skip: ["fc."] }).loaded, Object.keys(block));
  for (const [name, variable] of Object.entries(detector)) {
    assert.equal(variable.dataSync()[0] === 3, name.startsWith("region_model2."), name);
  }
  assert.throws(
    () => loadParameters(block, file, { skip: ["fc.", "head."] }),
    /nothing that begins "head." to skip/,
  );
  tensors.delete("layer1.0.conv1.weight");
  assert.throws(
    () => loadParameters(block, file, { skip: ["fc."] }),
    /missing: layer1.0.conv1.weight/,
  );
  disposeParameters(detector);
});

Deno.test("parametersUnder gives one block the weights of a backbone", async () => {
  const detector = initialiseParameters(SMOKE.detector.parameters, createRandom(1));
  const first = parametersUnder("region_model1.", detector);
  loadParameters(parametersUnder("region_model2.", detector), await storeParameters(first));
  assert.deepEqual(
    detector["region_model2.layer4.2.conv2.weight"].dataSync(),
    detector["region_model1.layer4.2.conv2.weight"].dataSync(),
  );
  assert.throws(() => parametersUnder("region_model9.", detector), RangeError);
});

Deno.test("toTorchLayout moves each number to its place, and fromTorchLayout back", () => {
  const side = fc.integer({ min: 1, max: 4 });
  const shapes = fc.oneof(
    fc.tuple(side),
    fc.tuple(side, side),
    fc.tuple(side, side, side, side),
  );
  fc.assert(fc.property(shapes, (shape) => {
    const count = shape.reduce((a, b) => a * b);
    const values = Float32Array.from({ length: count }, (_, i) => i);
    const order = { 1: [0], 2: [1, 0], 4: [3, 2, 0, 1] }[shape.length as 1 | 2 | 4];
    const moved = toTorchLayout({ shape, values });
    const expected = tf.tidy(() => tf.transpose(tf.tensor(values, shape), order));
    assert.deepEqual(moved.shape, expected.shape);
    assert.deepEqual(moved.values, expected.dataSync());
    assert.deepEqual(fromTorchLayout(moved), { shape: [...shape], values });
  }));
  assert.throws(() => torchShape([1, 2, 3]), TypeError);
  assert.throws(() => toTorchLayout({ shape: [2, 2], values: new Float32Array(3) }), TypeError);
});
