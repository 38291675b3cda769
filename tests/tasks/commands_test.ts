/** The small parts of commands that decide something. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { documentationFaults } from "lib/tasks/documentation.ts";
import { labCommand } from "lib/tasks/lab.ts";
import { findNotebooks } from "lib/tasks/notebooks.ts";
import { projectAt, projectEnvironment } from "lib/tasks/setup/project.ts";
import { figuresSince } from "lib/tasks/start.ts";

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("figuresSince names new pictures only", () =>
  inTemporaryFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    for (const name of ["b.svg", "a.png", "rows.csv", "old.svg"]) {
      await Deno.writeTextFile(path(name), "");
    }
    await Deno.utime(path("old.svg"), 1000, 1000);
    assert.deepEqual(await figuresSince(folder, 2_000_000), [path("a.png"), path("b.svg")]);
  }));

Deno.test("labCommand lets the user's options replace ours", () => {
  const project = projectAt("/p");
  const plain = labCommand(project, []);
  assert.ok(plain.includes("--ServerApp.root_dir=/p"));
  assert.ok(plain.some((option) => option.endsWith("notebooks/00_start_here.ipynb")));
  const own = labCommand(project, ["--ServerApp.root_dir=/q", "notebooks/03_data.ipynb"]);
  assert.deepEqual(own.slice(-2), ["--ServerApp.root_dir=/q", "notebooks/03_data.ipynb"]);
  assert.ok(!own.includes("--ServerApp.root_dir=/p"));
  assert.ok(!own.some((option) => option.includes("default_url")));
});

Deno.test("findNotebooks finds by the name's beginning, by path, and all in order", () =>
  inTemporaryFolder(async (folder) => {
    const project = projectAt(folder);
    await Deno.mkdir(join(folder, "notebooks"));
    for (const name of ["01_b.ipynb", "00_a.ipynb", ".part.ipynb", "note.txt"]) {
      await Deno.writeTextFile(join(folder, "notebooks", name), "");
    }
    const [a, b] = [join("notebooks", "00_a.ipynb"), join("notebooks", "01_b.ipynb")];
    assert.deepEqual(await findNotebooks([], project), [a, b]);
    assert.deepEqual(await findNotebooks(["01"], project), [b]);
    assert.deepEqual(await findNotebooks([b, "00_a"], project), [b, a]);
    await assert.rejects(findNotebooks(["07"], project), /No notebook is called "07"/);
  }));

Deno.test("projectEnvironment keeps every cache and setting in the project's folder", () => {
  const project = projectAt("/p");
  const { PATH, ...rest } = projectEnvironment(project);
  assert.ok(PATH!.startsWith("/p/"));
  for (const [name, value] of Object.entries(rest)) {
    if (!["", "0", "1"].includes(value)) {
      assert.ok(value.startsWith("/p/.cache/"), `${name}=${value}`);
    }
  }
});

Deno.test("documentationFaults drops types of packages, and keeps our own private ones", async () => {
  const output = ["Tensor", "Secret"].map((name) =>
    `error[private-type-ref]: public type 'f' references private type '${name}'\n  --> /p/lib/a.ts:4:1\n`
  ).join("\n");
  const faults = await documentationFaults(output, () => Promise.resolve("interface Secret {}\n"));
  assert.deepEqual(faults, ["/p/lib/a.ts:4: public type 'f' references private type 'Secret'"]);
});
