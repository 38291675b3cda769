/**
 * Makes a TypeScript module of each notebook's code cells, so that they can be type-checked and
 * linted, and leads messages about the module back to the cell. A name is declared once in a
 * notebook: the kernel would allow a second declaration in a later cell, readers would trip over it.
 */

import { basename, join } from "node:path";

/** A notebook's code as one module. */
export interface CellModule {
  /** The module's text. */
  text: string;
  /** For each line of the module (from 0): the cell it is from, counted from 1 over all cells, and the line in it, from 1. */
  origins: { cell: number; line: number }[];
}

interface NotebookFile {
  cells: { cell_type: string; source: string | string[] }[];
}

/**
 * Joins the code cells of a notebook (its file's text) into a module. Throws a `SyntaxError` when the
 * text is not a notebook.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { joinCells } from "lib/tasks/notebook_cells.ts";
 * const module = joinCells(JSON.stringify({
 *   cells: [
 *     { cell_type: "markdown", source: "# Title" },
 *     { cell_type: "code", source: ["const a = 1;\n", "a"] },
 *   ],
 * }));
 * assert.deepEqual(module.origins.at(1), { cell: 2, line: 1 });
 * ```
 */
export function joinCells(notebook: string): CellModule {
  const { cells } = JSON.parse(notebook) as NotebookFile;
  if (!Array.isArray(cells)) {
    throw new SyntaxError("A notebook has a list of cells; this has none.");
  }
  // Without an import or export it would be a script, where top-level await is an error.
  const lines = ["export {};"];
  const origins = [{ cell: 0, line: 0 }];
  for (const [index, cell] of cells.entries()) {
    if (cell.cell_type !== "code") continue;
    const source = Array.isArray(cell.source) ? cell.source.join("") : cell.source;
    // The semicolon keeps a cell that ends in an expression from running into the next one.
    const code = source.trimEnd();
    const closed = code === "" || /[;}]$/.test(code) ? code : code + ";";
    for (const [number, line] of closed.split("\n").entries()) {
      lines.push(line);
      origins.push({ cell: index + 1, line: number + 1 });
    }
  }
  return { text: lines.join("\n") + "\n", origins };
}

/** A module that was written from a notebook. */
export interface WrittenModule extends CellModule {
  /** The notebook's path as it was given. */
  notebook: string;
  /** The module's path. */
  path: string;
}

/** Writes a module for each notebook into `folder`, which is emptied first. */
export async function writeCellModules(
  notebooks: readonly string[],
  folder: string,
): Promise<WrittenModule[]> {
  await Deno.remove(folder, { recursive: true }).catch(() => {}); // there may be none
  await Deno.mkdir(folder, { recursive: true });
  return await Promise.all(notebooks.map(async (notebook) => {
    const module = joinCells(await Deno.readTextFile(notebook));
    const path = join(folder, basename(notebook, ".ipynb") + ".ts");
    await Deno.writeTextFile(path, module.text);
    return { ...module, notebook, path };
  }));
}

/** `text` (a tool's message) with each "module:line:column" replaced by notebook, cell, line and column. */
export function leadBack(text: string, modules: readonly WrittenModule[]): string {
  return text.replaceAll(
    /(?:file:\/\/)?([^\s()"']+\.ts):(\d+):(\d+)/g,
    (whole, path, line, column) => {
      const module = modules.find((m) => m.path === path || m.path.endsWith(`/${basename(path)}`));
      const origin = module?.origins[Number(line) - 1];
      if (module === undefined || origin === undefined || !path.includes("cells")) return whole;
      return `${module.notebook} cell ${origin.cell}, line ${origin.line}, column ${column}`;
    },
  );
}
