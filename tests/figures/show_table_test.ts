import assert from "node:assert/strict";
import { showTable } from "lib/figures/show_table.ts";
import { tableCells, type TableRow } from "lib/figures/table_cells.ts";
import { inKernel } from "./stand_in_kernel.ts";

const XCEPTION = { row: "Xception", column: "AUC" } as const;
const ROWS: TableRow[] = [
  { ...XCEPTION, group: "FF++", source: "paper", value: 0.75, text: "0.750*", mark: "second" },
  { ...XCEPTION, group: "FF++", source: "ours", value: null, reason: "Needs <data>." },
  { ...XCEPTION, group: "CD2", source: "paper", value: 0.98, mark: "best" },
  { ...XCEPTION, group: "CD2", source: "ours", value: 0.5, low: 0.25, high: 0.75 },
  { group: "CD2", row: "ICT", column: "AUC", source: "ours", value: null, reason: "Needs <data>." },
];

Deno.test("tableCells tells groups with equal lines apart, and gives equal reasons one footnote", () => {
  const { columns, lines, notes } = tableCells(ROWS, 2);
  assert.deepEqual(columns.map(({ source }) => source), ["paper", "ours"]);
  assert.deepEqual(lines.map(({ group, row }) => [group, row]), [
    ["FF++", "Xception"],
    ["CD2", "Xception"],
    ["CD2", "ICT"],
  ]);
  assert.deepEqual(lines.map(({ cells }) => cells.map((cell) => cell?.text)), [
    ["0.750*", "–"],
    ["0.98", "0.50 [0.25, 0.75]"],
    [undefined, "–"],
  ]);
  assert.deepEqual(notes, ["Needs <data>."]);
});

Deno.test("showTable marks the paper's values, best and second, and escapes text", async () => {
  const [sent] = await inKernel(() => showTable(ROWS, { title: "Table 1", decimals: 2 }));
  const { "text/html": html, "text/plain": text } = sent!.data as Record<string, string>;
  assert.match(html, /<i><u>0\.750\*<\/u><\/i>/);
  assert.match(html, /<i><b>0\.98<\/b><\/i>/);
  assert.match(html, /–<sup>1<\/sup>/);
  assert.equal(html.match(/Needs &lt;data&gt;\./g)!.length, 1);
  assert.equal(html.match(/colspan="3"[^>]*>(FF\+\+|CD2)</g)!.length, 2);
  assert.deepEqual(text.split("\n").slice(0, 5), [
    "Table 1",
    "",
    "                AUC, paper  AUC, ours",
    "FF++: Xception  0.750*      – (1)",
    "CD2: Xception   0.98        0.50 [0.25, 0.75]",
  ]);
});
