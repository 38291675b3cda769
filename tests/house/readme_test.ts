/** What the pages for people say of files and commands is so. Their examples run with `deno test --doc`. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { presetOf } from "lib/detectors/configuration.ts";
import { kindFrom } from "lib/tasks/configuration_arguments.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { inFolder } from "../in_folder.ts";
import { projectFiles } from "./sources.ts";

const files = await projectFiles();

/** A page's text; of a notebook its prose. */
function proseOf({ path, text }: { path: string; text: string }): string {
  if (!path.endsWith(".ipynb")) return text;
  const { cells } = JSON.parse(text) as { cells: { cell_type: string; source: string[] }[] };
  return cells.filter((cell) => cell.cell_type === "markdown").flatMap((cell) => cell.source).join(
    "",
  );
}

const pages = files.filter(({ path }) =>
  ["README.md", "data/README.md"].includes(path) || /^notebooks\/.*\.ipynb$/.test(path)
).map((page) => ({ path: page.path, prose: proseOf(page) }));

Deno.test("pages name only files and folders of lib and tests that are there", () => {
  const there = new Set(
    files.flatMap(({ path }) =>
      path.split("/").map((_, i, parts) => parts.slice(0, i + 1).join("/"))
    ),
  );
  const gone = pages.flatMap(({ path, prose }) =>
    [...prose.matchAll(/\b(?:lib|tests)\/[\w/.]*\w/g)]
      .filter(([named]) => !there.has(named))
      .map(([named]) => `${path}: ${named}`)
  );
  assert.ok(pages.length > 10);
  assert.deepEqual(gone, []);
});

Deno.test("README's tour has every room of lib", () => {
  const { prose } = pages.find(({ path }) => path === "README.md")!;
  const rooms = new Set(
    files.flatMap(({ path }) => /^lib\/([\w]+(?:\.ts|\/))/.exec(path)?.[1] ?? []),
  );
  const tour = prose.slice(prose.indexOf("## The tour"), prose.indexOf("## From a data set"));
  assert.deepEqual([...rooms].filter((room) => !tour.includes(`\`lib/${room}\``)), []);
});

Deno.test("README names only commands that there are", () => {
  const { prose } = pages.find(({ path }) => path === "README.md")!;
  const tasks = Object.keys(JSON.parse(files.find(({ path }) => path === "deno.json")!.text).tasks);
  const named = [...prose.matchAll(/\bdeno(?:@[\d.]+)? task ([a-z-]+)/g)].map(([, task]) => task!);
  assert.ok(named.length > 10);
  assert.deepEqual(named.filter((task) => !tasks.includes(task)), []);
});

/** What is seen of a line of a table: links by their text alone. */
const seen = (line: string) =>
  line.split(/(?<!\\)\|/).slice(1, -1).map((cell) =>
    cell.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("**", "").trim()
  ).join(" | ");

Deno.test("README's tables fit a screen: what is longer is a list", () => {
  const { prose } = pages.find(({ path }) => path === "README.md")!;
  const lines = prose.split("\n").filter((line) =>
    line.startsWith("| ") && !line.startsWith("| ---")
  );
  assert.ok(lines.length > 50);
  assert.deepEqual(lines.map(seen).filter((line) => line.length > 180), []);
});

Deno.test("README says what it is and for whom, then the commands, a picture and the index, before all else", () => {
  const { prose } = pages.find(({ path }) => path === "README.md")!;
  const order = [
    "# Forgery Clues",
    "**It is for you**",
    "**It is not for you**",
    "![",
    "## Two commands",
  ];
  const places = [...order, "## The paper, piece by piece", "## Tasks"].map((part) =>
    prose.indexOf(part)
  );
  assert.ok(places.every((place) => place >= 0), `${places}`);
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
  const picture = /!\[[^\]]{20,}\]\(([^)]+)\)/.exec(prose)![1]!;
  assert.ok(picture.startsWith("results/"), picture);
  assert.equal(prose.match(/<details>/g)!.length, prose.match(/<\/details>/g)!.length);
});

Deno.test("README's detector is one that --detector takes", async () => {
  const { prose } = pages.find(({ path }) => path === "README.md")!;
  const example = [...prose.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!)
    .find((code) => code.includes("export default defineDetector"))!;
  await inFolder(async (folder) => {
    const path = join(folder, "mine.ts");
    const lib = new URL(`file://${PROJECT.root}/lib/`).href;
    await Deno.writeTextFile(path, example.replaceAll('from "lib/', `from "${lib}`));
    const { detector } = presetOf(await kindFrom(path), "quick");
    assert.deepEqual(detector.parameters.map(({ name }) => name), ["head.weight", "head.bias"]);
  });
});
