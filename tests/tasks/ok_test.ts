/** What `deno task ok` checks besides what Deno's own commands do. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { findNotebooks } from "lib/tasks/notebooks.ts";
import { knownFiles, unformattedNotebooks } from "lib/tasks/ok.ts";
import { PROJECT, projectAt } from "lib/tasks/setup/project.ts";
import { inFolder } from "../in_folder.ts";

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

async function git(folder: string, ...args: string[]): Promise<string> {
  const command = new Deno.Command("git", { args, cwd: folder });
  return new TextDecoder().decode((await command.output()).stdout);
}

Deno.test("knownFiles are what git knows and new sources, not what commands wrote", () =>
  inFolder(async (folder) => {
    const write = async (path: string, text = "") => {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await Deno.writeTextFile(join(folder, path), text);
    };
    for (const path of ["README.md", "lib/old.ts", "lib/gone.ts"]) await write(path);
    await write(".gitignore", "*.log\n");
    await git(folder, "init", "--quiet");
    await git(folder, "add", ".");
    await Deno.remove(join(folder, "lib/gone.ts"));
    for (const path of ["lib/new file.ts", "tests/new_test.ts", "lib/a.log", "crops/x.json"]) {
      await write(path);
    }
    const found = await knownFiles(projectAt(folder));
    const expected = [
      ".gitignore",
      "README.md",
      "lib/new file.ts",
      "lib/old.ts",
      "tests/new_test.ts",
    ];
    assert.deepEqual(found, expected);
  }));

Deno.test("git ignores every folder that the README's commands write", async () => {
  const readme = await Deno.readTextFile(join(PROJECT.root, "README.md"));
  const written = [...readme.matchAll(/prepare .*--out ([\w./-]+)/g)].map((match) => match[1]!);
  assert.ok(written.length > 1);
  for (const folder of [...written, "results/runs"]) {
    const path = join(folder, "metadata.json");
    assert.equal(await git(PROJECT.root, "check-ignore", path), path + "\n");
  }
});
