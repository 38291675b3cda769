/** What `deno task ok` checks besides what Deno's own commands do. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { findNotebooks } from "lib/tasks/notebooks.ts";
import { unformattedNotebooks } from "lib/tasks/ok.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";

Deno.test("unformattedNotebooks finds a cell that is not formatted, and changes nothing", async () => {
  const folder = await Deno.makeTempDir();
  const notebook = (source: string) =>
    JSON.stringify({
      cells: [{
        cell_type: "code",
        execution_count: 1,
        id: "a",
        metadata: {},
        outputs: [],
        source,
      }],
      metadata: { language_info: { name: "typescript" } },
      nbformat: 4,
      nbformat_minor: 5,
    });
  try {
    const paths = ["good", "bad"].map((name) => join(folder, `${name}.ipynb`));
    await Deno.writeTextFile(paths[0]!, notebook("const x = 1;"));
    await Deno.writeTextFile(paths[1]!, notebook("const   x=1"));
    assert.deepEqual(await unformattedNotebooks(paths), [paths[1]]);
    assert.equal(await Deno.readTextFile(paths[1]!), notebook("const   x=1"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("unformattedNotebooks finds nothing in the project's notebooks", async () => {
  const notebooks = (await findNotebooks([])).map((path) => join(PROJECT.root, path));
  assert.ok(notebooks.length > 0);
  assert.deepEqual(await unformattedNotebooks(notebooks), []);
});
