import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decidingFiles } from "lib/forgeries/stand_ins/stand_in_cache.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Every file of lib that runs when `path` does: imports of values, and threads. */
async function running(path: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const code = (await Deno.readTextFile(join(ROOT, path))).replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^import type [^;]*;/gm, "");
  for (const [, written] of code.matchAll(/(?:\bfrom |\bimport |\bURL\()"([^"]+\.ts)"/g)) {
    await running(written.startsWith(".") ? join(path, "..", written) : written, seen);
  }
  return seen;
}

Deno.test("decidingFiles are there, and hold all that makes the pixels", async () => {
  const files = await decidingFiles();
  for (const file of files) assert.ok((await Deno.stat(join(ROOT, file))).isFile, file);
  const makes = [...await running("lib/forgeries/stand_ins.ts")];
  assert.ok(makes.includes("lib/faces/face_detector_worker.ts"), "threads are followed too");
  // Threads and whole files in io carry bytes and change none.
  const left = makes.filter((file) => !files.includes(file) && !file.startsWith("lib/io/"));
  assert.deepEqual(left, []);
});
