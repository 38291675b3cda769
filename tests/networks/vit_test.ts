/** What holds for any vision transformer; its numbers are compared with PyTorch in the detector's test. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import type { Tap } from "lib/networks/layers.ts";
import { disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import { vit, vitParameters } from "lib/networks/vit.ts";
import { VIT_FAMILIES, type VitShape } from "lib/networks/vit_shape.ts";
import { storeFloat32 } from "lib/networks/weights/safetensors.ts";
import { vitStateDict } from "lib/networks/weights/vit_state_dict.ts";
import { createRandom } from "lib/random.ts";
import { fillImages } from "./fixture_formula.ts";

await startEngine();

const shape: VitShape = {
  ...VIT_FAMILIES.dinov2,
  ...{ width: 12, depth: 3, heads: 2, patch: 4, grid: 3, registers: 2, rank: 0, adapterScale: 1 },
};

/** The picture's patches at other places, and places with them. */
function moved(images: tf.Tensor4D, parameters: Parameters, order: number[]) {
  const { patch, grid, width } = shape, side = patch * grid;
  const patches = tf.transpose(tf.reshape(images, [2, grid, patch, grid, patch * 3]), [
    1,
    3,
    0,
    2,
    4,
  ]);
  const rows = tf.gather(tf.reshape(patches, [grid ** 2, -1]), tf.tensor1d(order, "int32"));
  const back = tf.transpose(tf.reshape(rows, [grid, grid, 2, patch, patch * 3]), [2, 0, 3, 1, 4]);
  const places = tf.tensor1d([0, ...order.map((i) => i + 1)], "int32");
  const pos = tf.gather(parameters["vit.pos_embed"], places, 1);
  assert.deepEqual(pos.shape, [width, grid ** 2 + 1]);
  return {
    images: tf.reshape(back, [2, side, side, 3]) as tf.Tensor4D,
    parameters: { ...parameters, "vit.pos_embed": pos } as unknown as Parameters,
  };
}

Deno.test("vit knows patches by their places alone: moved together, the features stay", () => {
  const parameters = initialiseParameters(vitParameters("vit", shape), createRandom(1, "vit"));
  tf.tidy(() => {
    const images = fillImages("input", 2, 12), order = [4, 0, 8, 2, 1, 7, 3, 6, 5];
    const ask = (given: { images: tf.Tensor4D; parameters: Parameters }) =>
      vit(given.images, { prefix: "vit", shape, parameters: given.parameters, mode: {} });
    const [own, other] = [{ images, parameters }, moved(images, parameters, order)].map(ask);
    assert.deepEqual(own.shape, [2, 12]);
    const off = tf.max(tf.abs(tf.sub(own, other))).dataSync()[0];
    assert.ok(off < 1e-5, `off by ${off}`);
    const unmoved = ask({ images: moved(images, parameters, order).images, parameters });
    assert.ok(tf.max(tf.abs(tf.sub(own, unmoved))).dataSync()[0] > 1e-4);
  });
  disposeParameters(parameters);
});

Deno.test("vit shows norms and attention to the tap, and what it gives back is used", () => {
  const parameters = initialiseParameters(vitParameters("vit", shape), createRandom(1, "vit"));
  tf.tidy(() => {
    const images = fillImages("input", 2, 12), seen = new Map<string, number[]>();
    const run = (tap: Tap) => vit(images, { prefix: "vit", shape, parameters, mode: { tap } });
    const sums: number[] = [];
    const own = run((name, x) => {
      seen.set(name, x.shape);
      if (!name.includes("norm")) sums.push(...tf.sum(x, [1, 2, 3]).dataSync());
      return x;
    });
    assert.deepEqual([...seen], [
      ...[0, 1, 2].map((i) => [`vit.blocks.${i}.norm1`, [2, 3, 3, 12]]),
      ["vit.attention", [2, 3, 3, 1]],
      ["vit.rollout", [2, 3, 3, 1]],
    ]);
    assert.ok(sums.every((sum) => sum > 0 && sum < 1), String(sums)); // class token and registers have the rest
    const without = run((name, x) => name === "vit.blocks.2.norm1" ? tf.zerosLike(x) : x);
    assert.ok(tf.max(tf.abs(tf.sub(own, without))).dataSync()[0] > 1e-4);
  });
  disposeParameters(parameters);
});

Deno.test("vitStateDict joins queries, keys and values, leaves out what is none of the encoder's, and keeps the rest", () => {
  const row = (value: number) => storeFloat32(new Float32Array(2).fill(value), [2]);
  const layer = "vision_model.encoder.layers.0.";
  const names = [
    ...["q", "k", "v"].map((part) => `${layer}self_attn.${part}_proj.bias`),
    `${layer}self_attn.k_proj.weight`,
    "vision_model.pre_layrnorm.weight",
    "logit_scale",
    "vision_model.strange.weight",
  ];
  const tensors = new Map(names.map((name, i) => [name, row(i)]));
  const { tensors: ours, unused } = vitStateDict({ tensors, metadata: {} }, 2);
  assert.deepEqual([...ours.keys()], [
    "blocks.0.attn.qkv.bias",
    "blocks.0.attn.k.weight", // its two companions are missing
    "norm_pre.weight",
    "vision_model.strange.weight",
  ]);
  assert.deepEqual(unused, ["logit_scale"]);
  const joined = ours.get("blocks.0.attn.qkv.bias")!;
  assert.deepEqual(joined.shape, [6]);
  assert.deepEqual([...new Float32Array(joined.bytes.slice().buffer)], [0, 0, 1, 1, 2, 2]);
});
