/** From every notebook there is a way to its neighbours and to the map, at both ends. */
import assert from "node:assert/strict";
import { navigationLine } from "./navigation.ts";
import { readNotebooks } from "./read_notebooks.ts";

const notebooks = await readNotebooks(), names = notebooks.map(({ name }) => name);

Deno.test("navigationLine follows the order of the files, and ends where they end", () => {
  const files = ["00_start_here.ipynb", "01_a_b.ipynb", "01b_c.ipynb"];
  assert.deepEqual(files.map((name) => navigationLine(files, name)), [
    "[map](#The-map) · [01 a b →](01_a_b.ipynb)",
    "[← 00 start here](00_start_here.ipynb) · [map](00_start_here.ipynb#The-map) · [01b c →](01b_c.ipynb)",
    "[← 01 a b](01_a_b.ipynb) · [map](00_start_here.ipynb#The-map)",
  ]);
});

for (const { path, name, cells } of notebooks) {
  Deno.test(`${path} has the navigation line below its title and as its last line`, () => {
    const line = navigationLine(names, name), first = cells[0]!, last = cells.at(-1)!;
    const paragraphs = first.text.split(/\n\n+/).map((text) => text.replaceAll("\n", " "));
    assert.equal(paragraphs[1], line, "the paragraph below the title");
    assert.equal(last.cell_type, "markdown");
    assert.equal(
      last.text.trim().split(/\n\n+/).at(-1)!.replaceAll("\n", " "),
      line,
      "the last paragraph",
    );
  });
}

Deno.test("the map has every notebook", () => {
  const map = notebooks[0]!.cells.find(({ text }) => text.includes("## The map"))!.text;
  const missing = names.slice(1).filter((name) => !map.includes(`](${name})`));
  assert.deepEqual(missing, []);
});
