import assert from "node:assert/strict";
import { wrapperPrefix } from "lib/networks/weights/wrapper_prefix.ts";

Deno.test("wrapperPrefix finds what all names have, however often, and nothing that some have", () => {
  assert.equal(wrapperPrefix(["a", "b"]), "");
  assert.equal(wrapperPrefix(["module.a", "module.b"]), "module.");
  assert.equal(wrapperPrefix(["module.module.a"]), "module.module.");
  assert.equal(wrapperPrefix(["module.backbone.a"]), "module.backbone.");
  assert.equal(wrapperPrefix(["module._orig_mod.model.a"]), "module._orig_mod.model.");
  assert.equal(wrapperPrefix(["module.model.a", "module.b"]), "module.");
  assert.equal(wrapperPrefix(["model.a", "module.b"]), "");
  assert.equal(wrapperPrefix(["models.a"]), "");
  assert.equal(wrapperPrefix([]), "");
});

Deno.test("wrapperPrefix stops before a word of the network's own", () => {
  const own = ["model.a", "b"];
  assert.equal(wrapperPrefix(["module.model.a", "module.model.c"], { own }), "module.");
  assert.equal(wrapperPrefix(["net.a"]), "");
});
