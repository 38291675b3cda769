/** Foundation encoders against timm and transformers in float64, on weights and pictures of the fixtures' formula. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { type Changes, type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import {
  foundationEncoder,
  type FoundationOutputs,
} from "lib/detectors/foundation_encoder/foundation_encoder.ts";
import type { FoundationSettings } from "lib/detectors/foundation_encoder/foundation_presets.ts";
import { assertBegun, describePublished, loadPublished } from "lib/detectors/published_weights.ts";
import { stagesFromTop } from "lib/detectors/stages.ts";
import { gradientsAt } from "lib/engine/gradients_at.ts";
import { startEngine } from "lib/engine/engine.ts";
import { detectorCost } from "lib/evaluation/cost.ts";
import { countOperations } from "lib/evaluation/operations.ts";
import { classActivationMaps, layerItself } from "lib/explain/grad_cam.ts";
import { foldBatchNorm } from "lib/networks/fold_batch_norm.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { countParameters, disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import { resampledPlaces } from "lib/networks/weights/resample_places.ts";
import { float32Values, storeFloat32, type TensorFile } from "lib/networks/weights/safetensors.ts";
import { fromTorchLayout, torchShape } from "lib/networks/weights/torch_layout.ts";
import { createRandom } from "lib/random.ts";
import { createLearner } from "lib/training/learner.ts";
import { fill, fillImages, readFixture, relativeError } from "../networks/fixture_formula.ts";

await startEngine();

interface Published {
  readonly arrays: string;
  readonly features: number[];
}
interface OfTimm extends Published {
  readonly logits: number[];
  readonly plain_logits: number[];
  readonly attention: number[];
  readonly rollout: number[];
  readonly grad_cam: number[];
  readonly terms: Record<string, number>;
  readonly gradients: Record<string, number>;
}

const fixture = await readFixture<
  & Record<FoundationSettings["encoder"], OfTimm>
  & Record<`timm_${string}` | `transformers_${string}`, Published>
  & {
    meta: { labels: number[] };
    lora: { logits: number[]; loss: number; gradients: Record<string, number> };
    places: Record<string, number[]>;
  }
>("foundation_encoder.json");

/** An array's numbers by the fixtures' rule, by its name and PyTorch's shape. */
function valuesOf(name: string, shape: readonly number[]): Float32Array {
  const count = shape.reduce((a, b) => a * b, 1), fanIn = count / (shape[0] ?? 1);
  if (shape.length > 1) return fill(name, count, { amplitude: Math.sqrt(3 / fanIn) });
  const isFactor = /(weight|gamma|lambda1)$/.test(name);
  return fill(name, count, isFactor ? { amplitude: 0.25, offset: 1 } : { amplitude: 0.1 });
}

/** A file with the names of a list; `rename` as a project around it would. */
function fileOf({ arrays }: Published, rename = (name: string) => name): TensorFile {
  const tensors = new Map(
    arrays.split("\n").map((line) => {
      const [name, sides] = line.split(" "), shape = sides.split("x").map(Number);
      return [rename(name), storeFloat32(valuesOf(name, shape), shape)] as const;
    }),
  );
  return { path: "made_up.safetensors", tensors, metadata: {} };
}

/** Gives what is not in a file, head and adapters, the fixtures' values. */
function fillRest(parameters: Parameters, isMeant: (name: string) => boolean): void {
  for (const [name, variable] of Object.entries(parameters)) {
    if (!isMeant(name)) continue;
    const shape = torchShape(variable.shape);
    const { values } = fromTorchLayout({ shape, values: new Float32Array(valuesOf(name, shape)) });
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
}

const whole = { size: "shallow", patchSize: 8, imageSize: 32, tuning: "all" } as const;

function made(changes: Changes<FoundationSettings>) {
  const configuration = vary(presetOf(foundationEncoder), { ...whole, ...changes });
  const { detector } = configuration;
  const parameters = initialiseParameters(detector.parameters, createRandom(1, "made"));
  return { configuration, detector, parameters };
}

/** With a file's weights, and the fixtures' head. */
function loaded(
  published: Published,
  changes: Changes<FoundationSettings>,
  rename?: (name: string) => string,
) {
  const one = made(changes), { detector, parameters } = one;
  const report = loadPublished({ detector, parameters } as never, fileOf(published, rename));
  fillRest(parameters, (name) => name.startsWith("head."));
  return { ...one, report };
}

const close = (
  actual: ArrayLike<number>,
  expected: readonly number[],
  what: string,
  most = 1e-5,
) => {
  const off = relativeError(actual, expected);
  assert.ok(off < most, `${what} off by ${off}`);
};

for (const encoder of ["vit", "clip", "openClip", "dinov2"] as const) {
  Deno.test(`foundation_encoder answers, learns and looks as timm's ${encoder}`, () => {
    const expected = fixture[encoder];
    const changes = { encoder, ...encoder === "dinov2" ? { registers: 4 } : {} };
    const { detector, parameters, report } = loaded(expected, changes);
    assert.deepEqual(report.fresh, ["head.weight", "head.bias"]);
    assert.deepEqual(report.skipped, ["head.weight", "head.bias"]); // the file's, of five classes
    assert.equal(report.changed, undefined);
    const images = fillImages("input", 4, 32);
    tf.tidy(() => {
      const { logits } = detector.forward(images, parameters);
      close(logits.dataSync(), expected.logits, "logits");
      const plain = vary(presetOf(foundationEncoder), {
        ...whole,
        ...changes,
        unitFeatures: false,
      });
      const unscaled = plain.detector.forward(images, parameters).logits;
      close(unscaled.dataSync(), expected.plain_logits, "logits of features as they are");
    });

    const labels = fixture.meta.labels.map((label) => [1 - label, label]);
    tf.tidy(() => {
      const classes = tf.tensor2d(labels), updates = {};
      const seed = tf.tensor1d([1, 0], "int32");
      let terms: Record<string, number> = {};
      const { gradients } = gradientsAt(() => {
        const forward = (seen = images) =>
          detector.forward(seen, parameters, { training: { seed, updates } });
        const loss = detector.loss({ images, targets: { classes }, parameters, forward, updates });
        terms = Object.fromEntries(
          Object.entries(loss.terms).map(([name, term]) => [name, term.dataSync()[0]]),
        );
        return loss.total;
      }, parameters);
      for (const [name, value] of Object.entries(expected.terms)) {
        assert.ok(Math.abs(terms[name] - value) < 2e-5 * Math.abs(value), `${name} ${terms[name]}`);
      }
      assert.deepEqual(Object.keys(gradients).sort(), Object.keys(expected.gradients).sort());
      const largest = Math.max(...Object.values(expected.gradients));
      for (const [name, norm] of Object.entries(expected.gradients)) {
        // timm's class token with registers has its place in it: there is no such column.
        const isOfPatches = encoder === "dinov2" && name === "encoder.pos_embed";
        const gradient = isOfPatches ? tf.slice(gradients[name], [0, 1]) : gradients[name];
        const found = tf.norm(gradient).dataSync()[0];
        assert.ok(
          Math.abs(found - norm) < 1e-4 * norm + 1e-6 * largest,
          `${name}: ${found}, ${norm}`,
        );
      }
    });

    tf.tidy(() => {
      const maps = (layer: string, weigh = layerItself) =>
        classActivationMaps({
          forward: (tap) => detector.forward(images, parameters, { tap }),
          layers: detector.parts(layer).map(({ layer }) => layer),
          explain: detector.logOdds,
          weigh,
        }).maps[0].dataSync().slice(0, 16);
      close(maps("attention"), expected.attention, "attention");
      close(maps("rollout"), expected.rollout, "rollout");
      const { maps: [cam] } = classActivationMaps({
        forward: (tap) => detector.forward(images, parameters, { tap }),
        layers: detector.parts().map(({ layer }) => layer),
        explain: detector.logOdds,
      });
      close(cam.dataSync().slice(0, 16), expected.grad_cam, "Grad-CAM", 1e-4);
    });
    images.dispose();
    disposeParameters(parameters);
  });
}

Deno.test("foundation_encoder takes transformers' names, GenD's around them, and places of other grids", () => {
  const gend = (name: string) => `feature_extractor.${name}`;
  const registers = { encoder: "dinov2", registers: 4 } as const;
  const cases: [
    `timm_${string}` | `transformers_${string}`,
    Changes<FoundationSettings>,
    string?,
  ][] = [
    ["transformers_clip_32", { encoder: "clip" }],
    ["transformers_clip_48", { encoder: "clip" }, "6 × 6"],
    ["transformers_dinov2_32", { encoder: "dinov2" }],
    ["transformers_dinov2_56", { encoder: "dinov2" }, "7 × 7"],
    ["transformers_registers_32", registers],
    ["transformers_registers_56", registers, "7 × 7"],
    ["timm_vit_56", { encoder: "vit" }, "7 × 7"],
    ["timm_vit_24", { encoder: "vit" }, "3 × 3"],
    ["timm_dinov2_56", registers, "7 × 7"],
    ["timm_dinov2_24", registers, "3 × 3"],
  ];
  const images = fillImages("input", 2, 32);
  for (const [key, changes, from] of cases) {
    for (const rename of key === "transformers_clip_32" ? [undefined, gend] : [undefined]) {
      const { detector, parameters, report } = loaded(fixture[key], changes, rename);
      assert.deepEqual(report.fresh, ["head.weight", "head.bias"], key);
      const words = describePublished(report, "made_up.safetensors");
      assert.equal(words.includes(`resampled from ${from} to 4 × 4`), from !== undefined, words);
      // The features as a head that hands them on would see them.
      const embeddings = tf.tidy(() => detector.forward(images, parameters).embeddings);
      const width = 64,
        rows = [0, 1].map((row) => fixture[key].features.slice(row * width, (row + 1) * width));
      const expected = rows.flatMap((row) => row.map((x) => x / Math.hypot(...row)));
      close(embeddings.dataSync(), expected, key);
      embeddings.dispose();
      disposeParameters(parameters);
    }
  }
  images.dispose();
});

Deno.test("foundation_encoder takes GenD's own file with its head, and leaves CLIP's text aside by name", () => {
  const clip = fixture.transformers_clip_32;
  const file = fileOf(clip, (name) => `feature_extractor.${name}`), tensors = new Map(file.tensors);
  tensors.set("model.linear.weight", storeFloat32(valuesOf("head.weight", [2, 64]), [2, 64]));
  tensors.set("model.linear.bias", storeFloat32(valuesOf("head.bias", [2]), [2]));
  const { detector, parameters } = made({ encoder: "clip" });
  const report = loadPublished({ detector, parameters } as never, { ...file, tensors });
  assert.deepEqual(report.fresh, []);
  assert.ok(report.skipped.includes("feature_extractor.visual_projection.weight"));
  assert.ok(
    report.skipped.every((name) => /text_|visual_projection|logit_scale/.test(name)),
    String(report.skipped),
  );
  const weight = valuesOf("head.weight", [2, 64]), bias = valuesOf("head.bias", [2]);
  const expected = [clip.features.slice(0, 64), clip.features.slice(64)].flatMap((row) =>
    [0, 1].map((c) =>
      row.reduce((sum, x, i) => sum + x / Math.hypot(...row) * weight[64 * c + i], bias[c])
    )
  );
  const images = fillImages("input", 2, 32);
  tf.tidy(() => close(detector.forward(images, parameters).logits.dataSync(), expected, "logits"));
  images.dispose();
  disposeParameters(parameters);
});

Deno.test("foundation_encoder names each array that is missing, and each that another encoder has", () => {
  const refuse = (published: Published, changes: Changes<FoundationSettings>, without: string) => {
    const { detector, parameters } = made(changes), file = fileOf(published);
    const tensors = new Map(file.tensors);
    tensors.delete(without);
    try {
      loadPublished({ detector, parameters } as never, { ...file, tensors });
    } catch (error) {
      return (error as Error).message;
    } finally {
      disposeParameters(parameters);
    }
    return "";
  };
  const key = "vision_model.encoder.layers.1.self_attn.k_proj.bias";
  const incomplete = refuse(fixture.transformers_clip_32, { encoder: "clip" }, key);
  assert.match(incomplete, /missing: blocks\.1\.attn\.qkv\.bias/);
  assert.match(incomplete, /unexpected: blocks\.1\.attn\.v\.bias, blocks\.1\.attn\.q\.bias/);
  const other = refuse(fixture.dinov2, { encoder: "vit" }, "");
  assert.match(other, /unexpected: reg_token, blocks\.0\.ls1\.gamma/);
  const deeper = refuse(fixture.vit, { encoder: "vit", patchSize: 16 }, "");
  assert.match(deeper, /misshapen: patch_embed\.proj\.weight \[64,3,16,16\], file \[64,3,8,8\]/);
});

Deno.test("adapters answer and learn as PyTorch's, begin as nothing, and merge into the same answers", () => {
  const plain = { unitFeatures: false, uniformityWeight: 0, alignmentWeight: 0 } as const;
  const changes = { ...plain, encoder: "vit", tuning: "lora", rank: 2, alpha: 4 } as const;
  const { detector, parameters, report } = loaded(fixture.vit, changes);
  assert.ok(report.fresh.some((name) => name.includes("lora_A")));
  const images = fillImages("input", 4, 32);
  const ask = (weights: Parameters, mode = {}) =>
    tf.tidy(() => detector.forward(images, weights, mode).logits.dataSync());
  close(ask(parameters), fixture.vit.plain_logits, "adapters that begin");
  fillRest(parameters, (name) => name.includes("lora_"));
  close(ask(parameters), fixture.lora.logits, "adapters");

  const folded = foldBatchNorm(parameters, detector.parameters);
  assert.ok(Object.keys(folded).every((name) => !name.includes("lora_")));
  close(ask(folded, { folded: true }), [...ask(parameters)], "merged adapters");
  disposeParameters(folded);

  tf.tidy(() => {
    const taught = Object.entries(parameters).filter(([, { trainable }]) => trainable);
    const classes = tf.tensor2d(fixture.meta.labels.map((label) => [1 - label, label]));
    const { value, gradients } = gradientsAt(() => {
      const forward = () => detector.forward(images, parameters) as FoundationOutputs;
      return detector.loss({ images, targets: { classes }, parameters, forward, updates: {} })
        .total;
    }, Object.fromEntries(taught));
    close(value.dataSync(), [fixture.lora.loss], "loss");
    assert.equal(Object.keys(gradients).length, 2 * 3 * 2 + 2); // blocks, projections, matrices; the head
    for (const [name, norm] of Object.entries(fixture.lora.gradients)) {
      const found = tf.norm(gradients[name]).dataSync()[0];
      assert.ok(Math.abs(found - norm) < 1e-4 * norm, `${name}: ${found}, ${norm}`);
    }
  });
  images.dispose();
  disposeParameters(parameters);
});

Deno.test("what is not taught has no optimiser state, is not changed, and costs no backward pass", async () => {
  const images = fillImages("input", 2, 32), classes = tf.tensor2d([[1, 0], [0, 1]]);
  const macs: Record<string, number> = {}, learnt: Record<string, number> = {};
  for (const tuning of ["head", "layerNorm", "lora", "all"] as const) {
    const { configuration, detector, parameters } = made({ encoder: "vit", tuning });
    using learner = createLearner(configuration as unknown as Configuration);
    const taught = Object.keys(learner.slots);
    const trainable = Object.keys(parameters).filter((name) => parameters[name].trainable);
    assert.deepEqual(taught, trainable);
    learnt[tuning] = Object.values(countParameters(parameters)).reduce((a, b) => a + b);
    const at = Object.fromEntries(taught.map((name) => [name, parameters[name] as tf.Tensor]));
    const operations = await countOperations(() => {
      gradientsAt(() => {
        const forward = () => detector.forward(images, parameters) as FoundationOutputs;
        return detector.loss({ images, targets: { classes }, parameters, forward, updates: {} })
          .total;
      }, at);
    });
    macs[tuning] = operations.convolutionMacs + operations.linearMacs;
    disposeParameters(parameters);
  }
  tf.dispose([images, classes]);
  const width = 64, norms = 2 * 2 * (2 * width) + 2 * width, head = 2 * width + 2;
  assert.deepEqual(learnt.head, head);
  assert.deepEqual(learnt.layerNorm, head + norms);
  assert.deepEqual(learnt.lora, head + 2 * 3 * 2 * 8 * width);
  const once = 2 * (await detectorCost(made({ encoder: "vit" }).detector as never)).macs; // of two pictures
  const share = (tuning: string) => macs[tuning] / once;
  assert.ok(share("head") < 1.01, `head ${share("head")}`);
  assert.ok(share("layerNorm") > 1.8 && share("layerNorm") < 2.1, `norms ${share("layerNorm")}`);
  assert.ok(share("all") > 2.8 && share("all") < 3.1, `all ${share("all")}`);
});

Deno.test("the cost of attention is counted: ViT-B/16's 17.58 thousand million multiply-adds", async () => {
  const { detector } = vary(presetOf(foundationEncoder), {
    ...{ encoder: "vit", size: "base", patchSize: 16, tuning: "all" },
  });
  const { parameters, macs } = await detectorCost(detector as never);
  const tokens = 14 ** 2 + 1, width = 768;
  const ofBlock = tokens * 12 * width ** 2 + 2 * tokens ** 2 * width; // linear layers; attention's two products
  const patches = 14 ** 2 * 16 ** 2 * 3 * width;
  assert.equal(macs, patches + 12 * ofBlock + 2 * width);
  assert.equal(parameters, 85_798_656 + 2 * width + 2); // timm's vit_base_patch16_224 without a head, and the head
});

Deno.test("resampledPlaces resizes as PyTorch's bicubic, with and without antialiasing", () => {
  const old = storeFloat32(fill("places", 52), [1, 26, 2]);
  for (const [key, expected] of Object.entries(fixture.places)) {
    const [to, antialias] = key.split(" ");
    const found = resampledPlaces(old, { to: Number(to), antialias: antialias !== undefined })!;
    assert.equal(found.from, 5);
    const values = float32Values(found.array);
    assert.deepEqual([...values.slice(0, 2)], [...fill("places", 52).slice(0, 2)]); // the class token's
    close(values.slice(2), expected, key, 1e-6);
  }
  assert.equal(
    resampledPlaces(storeFloat32(new Float32Array(12), [6, 2]), { to: 2, antialias: false }),
    undefined,
  );
});

Deno.test("foundation_encoder refuses what does not go together, and orders its stages", () => {
  const preset = presetOf(foundationEncoder);
  assert.throws(
    () => vary(preset, { imageSize: 230 }),
    /230.*patches of 14 pixels do not fill.*224/,
  );
  assert.throws(() => vary(preset, { rank: 4 }), /tuning is not "lora"/);
  assert.throws(() => vary(preset, { registers: 4 }), /encoder is not "dinov2"/);
  assert.throws(() => vary(preset, { tuning: "head", frozen: "head" }), /nothing would be learnt/);
  assert.throws(() => assertBegun(preset.detector as never, undefined), /--pretrained/);
  assertBegun(preset.detector as never, "clip.safetensors");
  assertBegun(presetOf(foundationEncoder, "quick").detector as never, undefined);
  const { detector, parameters } = made({ encoder: "clip" });
  assert.deepEqual(stagesFromTop(detector as never), [
    "head",
    "blocks.1",
    "blocks.0",
    "embeddings",
  ]);
  const large = fillImages("input", 2, 40);
  assert.throws(() => detector.forward(large, parameters), /pictures of 32 × 32, not 40 × 40/);
  large.dispose();
  disposeParameters(parameters);
});
