/**
 * Every notebook of the project, headless from top to bottom in the smoke profile, with the solutions that are
 * folded below its exercises: they pass the assertions that a student runs.
 */

import assert from "node:assert/strict";
import { findNotebooks, runNotebook } from "lib/tasks/notebooks.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { join } from "node:path";

for (const path of await findNotebooks([])) {
  Deno.test(`${path} runs from top to bottom in the smoke profile, its exercises solved, and stays as it is`, async () => {
    const before = await Deno.readTextFile(join(PROJECT.root, path));
    const lines: string[] = [];
    const onLine = (line: string) => lines.push(line);
    const code = await runNotebook(path, { profile: "smoke", solutions: true, onLine });
    assert.equal(code, 0, lines.join("\n"));
    assert.equal(await Deno.readTextFile(join(PROJECT.root, path)), before);
  });
}
