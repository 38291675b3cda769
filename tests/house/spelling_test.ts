/** Words in what people read are spelt as in British English, or are among those of this field. */
import assert from "node:assert/strict";
import { join } from "node:path";
import dictionary from "dictionary-en-gb";
import nspell from "nspell";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { notebooksOf, proseOf } from "./read_notebooks.ts";
import { projectFiles } from "./sources.ts";

/** Words of the field and names, one a line, that the dictionary lacks. */
const OWN = join(PROJECT.root, "tests", "house", "words.txt");

/** What is no prose: code, equations, addresses, tags, names of files, references. */
const HIDDEN = [
  /^```[^]*?^```/gm,
  /^ {4,}\S.*$/gm,
  /`[^`\n]*`/g,
  /\$\$[^]*?\$\$/g,
  /\$[^$\n]*\$/g,
  /\]\([^)]*\)/g,
  /<[^>]*>/g,
  /\bhttps?:\S+/g,
  /@\w+/g,
  /[\w./-]*\/[\w./-]*/g,
];

/** A word of prose: letters, with an apostrophe or a hyphen within. */
const WORD = /(?<![\p{L}\p{N}_.=@-])\p{L}+(?:['’]\p{L}+)?(?![\p{L}\p{N}_(=]|\.\p{L})/gu;

interface Text {
  readonly path: string;
  readonly text: string;
}

/** The prose of a text, its places kept. */
const prose = (text: string) =>
  HIDDEN.reduce(
    (rest, hidden) => rest.replaceAll(hidden, (all) => all.replaceAll(/\S/g, "\0")),
    text,
  );

/** Words that are checked: neither abbreviations nor, as they may be names, those that begin with a capital. */
const wordsOf = (text: string): string[] =>
  [...prose(text).matchAll(WORD)].map(([word]) => word)
    .filter((word) => !/\p{Lu}/u.test(word) && word.length > 2);

/** Documentation comments of a source file. */
const commentsOf = (text: string) =>
  [...text.matchAll(/\/\*\*[^]*?\*\//g)].map(([comment]) =>
    comment.replaceAll(/^\/\*\*|\*\/$/g, "").replaceAll(/^ *\* ?/gm, "")
      .replaceAll(/@example[^]*?(?=^@|$(?![^]))/gm, "").replaceAll(/@param \S+/g, "")
  ).join("\n\n");

const files = await projectFiles();
const texts: Text[] = [
  ...files.filter(({ path }) => path.endsWith(".md") && !path.startsWith("tests/fixtures/")),
  ...notebooksOf(files).map((notebook) => ({ path: notebook.path, text: proseOf(notebook) })),
  ...files.filter(({ path }) => /^lib\/.*\.ts$/.test(path))
    .map(({ path, text }) => ({ path, text: commentsOf(text) })),
];

/** A word without its genitive. */
const stemOf = (word: string) => word.replace(/['’]s$/, "");

const own = (await Deno.readTextFile(OWN)).trim().split("\n");

Deno.test("words are spelt right in pages, notebooks and documentation", () => {
  const speller = nspell(dictionary) as unknown as { correct(word: string): boolean }; // untyped
  const known = new Set(own), cache = new Map<string, boolean>();
  const isRight = (word: string) =>
    [word.replace("’", "'"), stemOf(word)].some((form) => known.has(form) || speller.correct(form));
  const wrong = new Map<string, string>();
  for (const { path, text } of texts) {
    for (const word of wordsOf(text)) {
      if (!cache.has(word)) cache.set(word, isRight(word));
      if (!cache.get(word) && !wrong.has(word)) wrong.set(word, path);
    }
  }
  assert.deepEqual([...wrong].map(([word, path]) => `${word} (${path})`), []);
  assert.ok(cache.size > 3000, `${cache.size} words were read`);
  assert.ok(["teh", "recieve", "color"].every((word) => !isRight(word)));
});

Deno.test("the list of own words is sorted and has no word that is not used", () => {
  const used = new Set<string>();
  for (const { text } of texts) {
    for (const word of wordsOf(text)) used.add(stemOf(word));
  }
  assert.deepEqual(own, [...new Set(own)].sort());
  assert.deepEqual(own.filter((word) => !used.has(word)), []);
});
