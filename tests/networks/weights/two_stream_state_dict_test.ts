import assert from "node:assert/strict";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import { storeFloat32, type TensorFile } from "lib/networks/weights/safetensors.ts";
import { twoStreamAuthor, twoStreamStateDict } from "lib/networks/weights/two_stream_state_dict.ts";

const one = storeFloat32(new Float32Array(1), [1]);
const file = (...names: string[]): TensorFile => ({
  metadata: {},
  tensors: new Map(names.map((name) => [name, one])),
});

Deno.test("twoStreamStateDict renames DeepfakeBench's streams and leaves the authors' names", () => {
  const theirs = twoStreamStateDict(file(
    "module.backbone_rgb.conv1.weight",
    "module.backbone_rgb.last_linear.bias",
    "module.backbone_srm.last_linear.1.bias",
    "module.backbone_srm.adjust_channel.0.bias",
    "module.blur.weight",
    "module.srm_conv0.kernel",
  ));
  assert.deepEqual([...theirs.tensors.keys()], [
    "xception_rgb.model.conv1.weight",
    "xception_rgb.model.last_linear.1.bias",
    "xception_srm.model.last_linear.1.bias",
    "srm_conv0.kernel",
  ]);
  assert.deepEqual(unusedOf(theirs, ["srm_conv0.kernel"]), [
    "module.backbone_srm.adjust_channel.0.bias",
    "module.blur.weight",
    "module.srm_conv0.kernel",
  ]);
  const names = ["xception_rgb.model.last_linear.1.bias", "fusion.convblk.0.weight"];
  assert.deepEqual([...twoStreamStateDict(file(...names)).tensors.keys()], names);
});

Deno.test("twoStreamAuthor tells by the streams' names, and an Xception's file is of neither", () => {
  assert.equal(
    twoStreamAuthor(file("module.backbone_rgb.a", "module.blur.weight")),
    "deepfakeBench",
  );
  assert.equal(twoStreamAuthor(file("xception_rgb.model.a", "srm_conv0.kernel")), "authors");
  assert.equal(twoStreamAuthor(file("backbone.conv1.weight")), undefined);
});
