import assert from "node:assert/strict";
import { join } from "node:path";
import { joinCells, leadBack, writeCellModules } from "lib/tasks/notebook_cells.ts";
import { runCommand } from "lib/tasks/setup/run_command.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";

const notebook = (...sources: (string | string[])[]) =>
  JSON.stringify({
    cells: [
      { cell_type: "markdown", source: ["# A question?"] },
      ...sources.map((source) => ({ cell_type: "code", source })),
    ],
  });

Deno.test("joinCells knows the cell and line that each line is from", () => {
  const { text, origins } = joinCells(notebook(["const a = 1;\n", "a"], "", "await a;"));
  assert.equal(text, "export {};\nconst a = 1;\na;\n\nawait a;\n");
  assert.deepEqual(origins.slice(1), [
    { cell: 2, line: 1 },
    { cell: 2, line: 2 },
    { cell: 3, line: 1 },
    { cell: 4, line: 1 },
  ]);
});

Deno.test("joinCells refuses what is not a notebook", () => {
  assert.throws(() => joinCells("{}"), SyntaxError);
  assert.throws(() => joinCells("not JSON"), SyntaxError);
});

/** Type-checks a notebook of these cells as `deno task ok` does; the messages, led back. */
async function checkCells(...sources: string[]): Promise<string> {
  const parent = join(PROJECT.cache, "tests");
  await Deno.mkdir(parent, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: parent });
  const modules = join(PROJECT.cache, "cells", "of_a_test");
  try {
    const path = join(folder, "wrong.ipynb");
    await Deno.writeTextFile(path, notebook(...sources));
    const written = await writeCellModules([path], modules);
    const { code, lines } = await runCommand([Deno.execPath(), "check", written[0]!.path], {
      cwd: PROJECT.root,
      env: { NO_COLOR: "1" },
    });
    return code === 0 ? "" : leadBack(lines.join("\n"), written).replaceAll(folder + "/", "");
  } finally {
    await Deno.remove(folder, { recursive: true });
    await Deno.remove(modules, { recursive: true });
  }
}

Deno.test("cells that use lib, await and show a value pass the type check", async () => {
  const faults = await checkCells(
    'import { SMOKE_TRAINING } from "lib/settings/training_settings.ts";\nSMOKE_TRAINING.steps',
    "const waited = await Promise.resolve(SMOKE_TRAINING.epochs);\nwaited",
    "(1 + waited) / 2",
  );
  assert.equal(faults, "");
});

Deno.test("a type error in a cell is told with notebook, cell and line", async () => {
  const faults = await checkCells("const a = 1;", "// a comment\nconst b: string = a;");
  assert.match(faults, /wrong\.ipynb cell 3, line 2, column 7/);
});

Deno.test("a name that is declared in two cells is told with both", async () => {
  const faults = await checkCells("const again = 1;", "const again = 2;");
  assert.match(faults, /Cannot redeclare block-scoped variable 'again'/);
  assert.match(faults, /cell 2, line 1/);
  assert.match(faults, /cell 3, line 1/);
});

Deno.test("leadBack leaves other files' places alone", () => {
  const module = { ...joinCells(notebook("1")), notebook: "n.ipynb", path: "/p/.cache/cells/n.ts" };
  const text = "file:///p/lib/n.ts:2:1 and file:///p/.cache/cells/n.ts:2:5";
  assert.equal(
    leadBack(text, [module]),
    "file:///p/lib/n.ts:2:1 and n.ipynb cell 2, line 1, column 5",
  );
});
