/** Every link of the pages for people leads somewhere: the file is there, and the heading in it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { headingAnchor, PAPER_INDEX, paperIndexLines } from "lib/studies/paper_places.ts";
import { readCommand } from "./task_parsers.ts";
import { headingsOf, notebooksOf, proseOf, withoutCode } from "./read_notebooks.ts";
import { projectFiles } from "./sources.ts";

const files = await projectFiles(), notebooks = notebooksOf(files);
/** Whether there is a file or folder at a path of the project; pictures are none of the files above. */
const exists = (path: string) => Deno.stat(join(PROJECT.root, path)).then(() => true, () => false);

const pages = [
  ...files.filter(({ path }) => path.endsWith(".md") && !path.startsWith("tests/fixtures/")),
  ...notebooks.map((notebook) => ({ path: notebook.path, text: proseOf(notebook) })),
];

/** A heading's anchor as GitHub makes it for Markdown. */
const githubAnchor = (heading: string) =>
  heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");

/** The anchors of a page. */
function anchorsOf(path: string): Set<string> {
  const page = pages.find((page) => page.path === path);
  if (page === undefined) return new Set();
  const headings = headingsOf(page.text);
  return new Set(headings.map(path.endsWith(".ipynb") ? headingAnchor : githubAnchor));
}

/** Links of a page that lead nowhere. */
async function lost({ path, text }: { path: string; text: string }): Promise<string[]> {
  const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const found = links.filter((link) => !/^[a-z]+:/.test(link)).map(async (link) => {
    const [file, anchor] = link.split("#") as [string, string?];
    const target = file === "" ? path : join(path, "..", decodeURI(file)).replaceAll("\\", "/");
    if (!await exists(target)) return [`${path}: ${link} (no such file)`];
    const isThere = anchor === undefined || anchorsOf(target).has(anchor);
    return isThere ? [] : [`${path}: ${link} (no such heading)`];
  });
  return (await Promise.all(found)).flat();
}

Deno.test("every link of README, data/README and notebooks opens: file and heading are there", async () => {
  assert.deepEqual((await Promise.all(pages.map(lost))).flat(), []);
  const text = "[a](lib/gone.ts) [b](#gone) [c](notebooks/00_start_here.ipynb#gone)";
  assert.equal((await lost({ path: "README.md", text })).length, 3);
});

Deno.test("the index has every figure and table of the paper, and the numbers that only the text has", () => {
  const items = PAPER_INDEX.map(({ item }) => item);
  for (const what of ["Figure", "Table"]) {
    const numbers = items.filter((item) => item.startsWith(what)).flatMap((item) =>
      item.match(/\d+/g)!
    ).map(Number);
    assert.deepEqual(numbers.sort(), [1, 2, 3, 4, 5, 6, 7], what);
  }
  for (const number of ["0.728", "0.579", "0.959", "0.798", "0.857"]) {
    assert.ok(items.some((item) => item.includes(number)), number);
  }
});

Deno.test("the index leads to headings that are there, and its commands are understood", async () => {
  for (const { item, places, command } of PAPER_INDEX) {
    for (const [name, heading] of places) {
      const notebook = notebooks.find((notebook) => notebook.name === name);
      assert.ok(notebook, `${item}: there is no ${name}`);
      assert.ok(
        headingsOf(proseOf(notebook)).includes(heading),
        `${item}: ${name} has no heading "${heading}"`,
      );
    }
    await readCommand(command);
  }
});

Deno.test("README and notebook 00 show the index, line by line", () => {
  const cells = (line: string) => line.split("|").map((cell) => cell.trim()).join("|");
  for (
    const [path, folder] of [["README.md", "notebooks/"], [
      "notebooks/00_start_here.ipynb",
      "",
    ]] as const
  ) {
    const lines = new Set(pages.find((page) => page.path === path)!.text.split("\n").map(cells));
    const missing = paperIndexLines(folder).filter((line) =>
      !/^\| ---/.test(line) && !lines.has(cells(line))
    );
    assert.deepEqual(missing, [], `${path} lacks lines of lib/studies/paper_places.ts`);
  }
});
