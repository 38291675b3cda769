import assert from "node:assert/strict";
import { tensorflowPackage } from "lib/tasks/setup/library_wheels.ts";

Deno.test("tensorflowPackage is the one for processors alone where there is one, and no GPU is to be used", () => {
  const machine = (os: typeof Deno.build.os, arch: typeof Deno.build.arch) => ({ os, arch });
  assert.equal(tensorflowPackage(machine("linux", "x86_64")), "tensorflow-cpu");
  assert.equal(tensorflowPackage(machine("windows", "x86_64")), "tensorflow-cpu");
  assert.equal(tensorflowPackage(machine("linux", "aarch64")), "tensorflow");
  assert.equal(tensorflowPackage(machine("darwin", "aarch64")), "tensorflow");
  assert.equal(tensorflowPackage(machine("linux", "x86_64"), { cuda: true }), "tensorflow");
});
