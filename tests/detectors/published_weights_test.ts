/** Published files, by the lists of their names and shapes, into the detectors that they are for. */
import assert from "node:assert/strict";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import type { Detector } from "lib/detectors/detector.ts";
import { exposingTheDeception } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { f3Net } from "lib/detectors/f3_net.ts";
import { dspFwa } from "lib/detectors/dsp_fwa.ts";
import { faceXRay } from "lib/detectors/face_x_ray.ts";
import { mesonet } from "lib/detectors/mesonet.ts";
import { multiAttentional } from "lib/detectors/multi_attentional/multi_attentional.ts";
import { pcl } from "lib/detectors/pcl.ts";
import { describePublished, loadPublished } from "lib/detectors/published_weights.ts";
import { recce } from "lib/detectors/recce.ts";
import { spsl } from "lib/detectors/spsl.ts";
import { srm } from "lib/detectors/srm.ts";
import { xception } from "lib/detectors/xception.ts";
import { startEngine } from "lib/engine/engine.ts";
import type { MesoNetwork } from "lib/networks/mesonet.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import {
  type StoredTensor,
  storeFloat32,
  type TensorFile,
} from "lib/networks/weights/safetensors.ts";
import { toTorchLayout } from "lib/networks/weights/torch_layout.ts";
import { readFixture } from "../networks/fixture_formula.ts";

await startEngine();

const lists = await readFixture<Record<string, { source: string; arrays: string }>>(
  "published_weights.json",
);

/** Arrays of more numbers share their zeros: what is where is told by the smaller ones. */
const SMALL = 4096, zeros = new Uint8Array(4 * 17_000_000);

/** A file with the names and shapes of a list; each small array holds its place in the list. */
function madeUp(list: string): TensorFile {
  const tensors = lists[list].arrays.split("\n").map((line, place): [string, StoredTensor] => {
    const [name, sides] = line.split(" "), shape = sides === "" ? [] : sides.split("x").map(Number);
    const count = shape.reduce((a, b) => a * b, 1);
    if (name.endsWith("num_batches_tracked")) {
      return [name, { type: "I64", shape, bytes: zeros.subarray(0, 8) }];
    }
    return [
      name,
      count > SMALL
        ? { type: "F32", shape, bytes: zeros.subarray(0, 4 * count) }
        : storeFloat32(new Float32Array(count).fill(place), shape),
    ];
  });
  return { path: `${list}.pth`, tensors: new Map(tensors), metadata: {} };
}

/** A file with one array changed, or without it where there is no new one. */
function changed(file: TensorFile, name: string, array?: StoredTensor): TensorFile {
  const tensors = new Map(file.tensors);
  if (array) tensors.set(name, array);
  else tensors.delete(name);
  return { ...file, tensors };
}

const settings = (detector: unknown) => detector as Detector;
const xceptionAt = settings(presetOf(xception).detector);
const port = (network: MesoNetwork) =>
  settings(vary(presetOf(mesonet, "deepfakeBench"), { network }).detector);
const product = settings(presetOf(srm, "deepfakeBench").detector);
const oneBlock = settings(vary(presetOf(exposingTheDeception), { blocks: 1 }).detector);

/** DeepfakeBench's file holds the kernels that its code makes. */
function withKernel(file: TensorFile): TensorFile {
  const { name, shape, first } = product.parameters.find(({ name }) =>
    name === "srm_conv1.kernel"
  )!;
  const here = Float32Array.from((first as { values: number[] }).values);
  const { shape: there, values } = toTorchLayout({ shape, values: here });
  return changed(file, name, storeFloat32(values, there));
}

/** A list, the detector for it, and how names begin that stay fresh or are not used. */
const CASES: readonly {
  readonly list: string;
  readonly detector: Detector;
  readonly fresh?: RegExp;
  readonly unused?: RegExp;
  readonly change?: (file: TensorFile) => TensorFile;
  /** Where the order differs: the file's name of a parameter; undefined where its numbers are others. */
  readonly theirs?: (name: string) => string | undefined;
}[] = [
  { list: "cadene_xception", detector: xceptionAt, fresh: /^last_linear/, unused: /^fc\./ },
  { list: "timm_legacy_xception", detector: xceptionAt, fresh: /^last_linear/, unused: /^fc\./ },
  { list: "faceforensics_xception", detector: xceptionAt },
  { list: "deepfakebench_xception", detector: xceptionAt, unused: /^backbone\.adjust_channel/ },
  {
    list: "deepfakebench_spsl",
    detector: settings(vary(presetOf(spsl), { depth: "shallow" }).detector),
    unused: /^backbone\.(adjust_channel|block([4-9]|10|11)\.)/,
  },
  {
    list: "cadene_xception",
    detector: settings(presetOf(srm).detector),
    fresh: /last_linear|^(srm|dual|fusion)/,
    unused: /^fc\./,
  },
  {
    list: "timm_legacy_xception",
    detector: settings(presetOf(recce).detector),
    fresh: /^(?!encoder\.)/,
    unused: /^fc\./,
  },
  {
    list: "deepfakebench_srm",
    detector: product,
    unused: /adjust_channel|^blur\./,
    change: withKernel,
  },
  {
    list: "deepfakebench_f3net",
    detector: settings(vary(presetOf(f3Net), { streams: "decomposed", imageSize: 256 }).detector),
    unused: /adjust_channel|_DCT_|filters\.\d\.base/,
    // Its Xception comes first; of two logits, alike here, the classifier is the difference.
    theirs: (name) => name.startsWith("fc.") ? undefined : name.replace("FAD_xcep.", "backbone."),
  },
  {
    list: "deepfakebench_recce",
    detector: settings(presetOf(recce, "deepfakeBench").detector),
    unused: /^backbone\.|encoder\.fc\./,
    // Of two logits, alike here, the classifier is the difference.
    theirs: (name) => name.startsWith("fc.") ? undefined : `model.${name}`,
  },
  { list: "deepfakebench_meso4", detector: port("meso4") },
  { list: "deepfakebench_meso4Inception", detector: port("mesoInception4") },
  {
    list: "timm_hrnet_w32",
    detector: settings(presetOf(faceXRay).detector),
    fresh: /^(xray_conv|cls_fc)\./,
    unused: /^(incre_modules|downsamp_modules|final_layer|classifier)\./,
  },
  {
    list: "deepfakebench_facexray",
    detector: settings(vary(presetOf(faceXRay), { channels: 48 }).detector),
    fresh: /^(xray_conv|cls_fc)\./,
    unused: /^(backbone\.(incre_modules|downsamp_modules|final_layer|fc)|post_process|fc)\./,
  },
  ...["efficientnet_pytorch_b4", "timm_tf_efficientnet_b4"].map((list) => ({
    list,
    detector: settings(presetOf(multiAttentional).detector),
    fresh: /^(?!net\.)|^net\._fc\./,
    unused: /^(_fc|classifier)\./,
  })),
  {
    list: "yoctta_multi_attentional",
    detector: settings(presetOf(multiAttentional).detector),
    unused: /^(attentions\.mask|auxiliary_loss\.)/,
  },
  {
    list: "efficientnet_pytorch_b0",
    detector: settings(
      vary(presetOf(exposingTheDeception), { backbone: "efficientnetB0", blocks: 1 }).detector,
    ),
    fresh: /^(?!region_model1\.)/,
  },
  {
    list: "torchvision_resnet34",
    detector: oneBlock,
    fresh: /^(?!region_model1\.)/,
    unused: /^fc\./,
  },
  {
    list: "torchvision_resnet34",
    detector: settings(presetOf(pcl).detector),
    fresh: /^(?!net\.)/,
    unused: /^fc\./,
  },
  {
    list: "torchvision_resnet34",
    detector: settings(vary(presetOf(pcl), { classifierStage: 3 }).detector),
    fresh: /^(?!net\.)/,
    unused: /^(fc|layer4)\./,
  },
  {
    list: "timm_resnet50",
    detector: settings(presetOf(dspFwa).detector),
    fresh: /^classifier\./,
    unused: /^fc\./,
  },
  {
    list: "dsp_fwa_spp50",
    detector: settings(presetOf(dspFwa).detector),
    unused: /^resnet\.(resnet\.)?fc\./,
  },
];

for (const { list, detector, fresh = /^$/, unused = /^$/, change, theirs } of CASES) {
  const { name, source } = { name: detector.kind.name, source: lists[list].source };
  Deno.test(`loadPublished fills ${name} from ${list}, and lists what else there is`, () => {
    const made = madeUp(list), file = change ? change(made) : made;
    const parameters = blankParameters(detector);
    const report = loadPublished({ detector, parameters }, file);
    const own = Object.keys(parameters);
    const arrays = [...file.tensors.keys()].filter((name) => !name.endsWith("num_batches_tracked"));
    assert.deepEqual([...report.fresh], own.filter((name) => fresh.test(name)));
    assert.deepEqual(
      report.skipped.filter((name) => !name.endsWith("num_batches_tracked")).sort(),
      arrays.filter((name) => unused.test(name)).sort(),
      source,
    );
    // Both state dicts are in the order of the network, so the k-th array is the k-th parameter's.
    const filled = own.filter((name) => !fresh.test(name));
    const used = arrays.filter((name) => !unused.test(name)), streams = filled.length / used.length;
    assert.ok(Number.isInteger(streams) && streams >= 1, `${filled.length} of ${used.length}`);
    const places = [...file.tensors.keys()];
    filled.forEach((name, k) => {
      const source = theirs ? theirs(name) : used[k % used.length];
      if (!source || parameters[name].size > SMALL || name.endsWith("kernel")) return;
      assert.equal(parameters[name].dataSync()[0], places.indexOf(source), `${name}, ${source}`);
    });
    const words = describePublished(report, file.path!);
    for (const name of [...report.fresh, ...report.skipped]) assert.ok(words.includes(name), name);
    disposeParameters(parameters);
  });
}

Deno.test("loadPublished refuses a file with a name missing, a name too many, or another shape, by name", () => {
  const cases = [
    ["deepfakebench_meso4", port("meso4"), "backbone.conv2.weight", "conv2.weight"],
    [
      "deepfakebench_xception",
      xceptionAt,
      "backbone.block3.rep.1.pointwise.weight",
      "block3.rep.1",
    ],
    ["timm_hrnet_w32", settings(presetOf(faceXRay).detector), "stage4.2.branches.3.3.bn2.bias"],
    ["torchvision_resnet34", oneBlock, "layer4.2.conv2.weight"],
  ] as const;
  for (const [list, detector, name, ours = name] of cases) {
    const file = madeUp(list), parameters = blankParameters(detector);
    const refused = (file: TensorFile, message: RegExp) =>
      assert.throws(() => loadPublished({ detector, parameters }, file), {
        name: "TypeError",
        message,
      });
    const escaped = ours.replaceAll(".", "\\.");
    refused(changed(file, name), new RegExp(`missing: .*${escaped}`));
    const extra = name.replace(/[^.]+\.\w+$/, "surplus.weight"),
      one = storeFloat32(new Float32Array(1), [1]);
    refused(changed(file, extra, one), /unexpected: .*surplus\.weight/);
    refused(changed(file, name, one), new RegExp(`misshapen: .*${escaped}\\S* \\[`));
    disposeParameters(parameters);
  }
});

Deno.test("loadPublished tells DeepfakeBench's network from the authors' where names are alike", () => {
  const detector = settings(presetOf(srm).detector);
  const file = madeUp("deepfakebench_srm");
  assert.throws(() => detector.loadPretrained({}, file), /DeepfakeBench.*"product".*"sum"/s);
  assert.throws(() => product.loadPretrained({}, file), /order of filters in srm_conv1.kernel/);
});
