import assert from "node:assert/strict";
import { fileFault } from "lib/io/file_fault.ts";

Deno.test("fileFault tells what lies with the file's place, and leaves other errors alone", () => {
  const { NotFound, FilesystemLoop, PermissionDenied, Busy } = Deno.errors;
  assert.equal(fileFault(new NotFound())?.problem, "missing");
  assert.match(fileFault(new FilesystemLoop())!.explanation, /links lead in a circle/);
  assert.equal(fileFault(new PermissionDenied())?.problem, "noPermission");
  assert.equal(fileFault(new Busy()), undefined);
});
