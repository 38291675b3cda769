/** Rules for notebooks. */

import assert from "node:assert/strict";
import { projectFiles } from "./sources.ts";

const LARGEST_BYTES = 300_000;
const MOST_LINES = 15;
const MOST_IMPORTS = 12;

interface Notebook {
  path: string;
  bytes: number;
  text: string;
  cells: { cell_type: string; source: string | string[] }[];
  metadata: Record<string, unknown>;
}

const notebooks: Notebook[] = (await projectFiles())
  .filter(({ path }) => path.startsWith("notebooks/") && path.endsWith(".ipynb"))
  .map(({ path, text }) => ({
    path,
    text,
    bytes: new TextEncoder().encode(text).length,
    ...JSON.parse(text),
  }));

const sourceOf = ({ source }: { source: string | string[] }) =>
  Array.isArray(source) ? source.join("") : source;

for (const notebook of notebooks) {
  const { path, cells } = notebook;

  Deno.test(`${path} has one title, and it is a question`, () => {
    const titles = cells.filter((cell) => cell.cell_type === "markdown").flatMap((cell) =>
      sourceOf(cell).split("\n").filter((line) => /^# /.test(line))
    );
    assert.equal(titles.length, 1, titles.join("; "));
    assert.match(titles[0]!, /\?\s*$/);
  });

  Deno.test(`${path} is small and free of paths, widget state and errors`, () => {
    assert.ok(notebook.bytes < LARGEST_BYTES, `${notebook.bytes} bytes`);
    assert.doesNotMatch(notebook.text, /file:\/\/\/|"\/(work|root|home|Users|tmp)\//);
    assert.equal(notebook.metadata.widgets, undefined);
    assert.doesNotMatch(notebook.text, /"output_type": "error"/);
  });

  Deno.test(`${path} has cells of at most ${MOST_LINES} lines of code`, () => {
    const long = cells.flatMap((cell, index) => {
      if (cell.cell_type !== "code") return [];
      const code = sourceOf(cell).split("\n").filter((line) =>
        line.trim() !== "" && !/^\s*\/\//.test(line)
      );
      return code.length > MOST_LINES ? [`cell ${index + 1}: ${code.length} lines`] : [];
    });
    assert.deepEqual(long, []);
  });

  Deno.test(`${path} has cells of at most ${MOST_IMPORTS} imports`, () => {
    const counts = cells.filter((cell) => cell.cell_type === "code").map((cell) =>
      sourceOf(cell).match(/^import\b/gm)?.length ?? 0
    );
    assert.deepEqual(counts.filter((count) => count > MOST_IMPORTS), []);
  });

  Deno.test(`${path} keeps no figure of work that was stopped`, () => {
    for (const code of cells.map(sourceOf).filter((code) => code.includes("listenForInterrupt("))) {
      const stops = code.search(/if \(\w+\.signal\.aborted\) throw /);
      const saves = code.search(/\bsave\w+\(|Deno\.write/);
      assert.ok(saves < 0 || (stops >= 0 && stops < saves), code);
    }
  });

  Deno.test(`${path} was run from top to bottom`, () => {
    const counts = (cells as unknown as { execution_count?: number | null; cell_type: string }[])
      .filter((cell) => cell.cell_type === "code").map((cell) => cell.execution_count);
    assert.deepEqual(counts, counts.map((_, index) => index + 1));
  });
}

Deno.test("notebooks are numbered from 00 on without a gap; a letter follows a number that is there", () => {
  const names = notebooks.map(({ path }) => path.replace("notebooks/", ""));
  const numbers = names.filter((name) => /^\d\d_/.test(name)).map((name) => name.slice(0, 2));
  assert.deepEqual(numbers, numbers.map((_, i) => String(i).padStart(2, "0")));
  const lettered = names.filter((name) => !/^\d\d_/.test(name));
  assert.deepEqual(lettered.filter((name) => !numbers.includes(name.slice(0, 2))), []);
});
