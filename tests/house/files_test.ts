/** Names, headers, documentation, and what may not stand in a file. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { lintDocumentation } from "lib/tasks/ok.ts";
import { projectFiles, type Source } from "./sources.ts";

const files = await projectFiles();
const typescript = files.filter(({ path }) => /^(lib|tests)\/.*\.ts$/.test(path));
const lib = typescript.filter(({ path }) => path.startsWith("lib/"));

/** Lock files hold hashes; fixtures hold what others wrote. */
const written = files.filter(({ path }) =>
  path !== "deno.lock" && !path.startsWith("tests/fixtures/")
);

/** The rules' own files name what they forbid. */
const notThisFolder = ({ path }: Source) => !path.startsWith("tests/house/");

/** Lines that match, as "path:line: text". */
function lines(pattern: RegExp, sources = written): string[] {
  return sources.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) =>
      pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 100)}`] : []
    )
  );
}

Deno.test("file names are snake_case and say what the file is about", () => {
  const wrong = typescript.map((f) => f.path).filter((path) =>
    path.split("/").some((part) => !/^[a-z0-9]+(_[a-z0-9]+)*(\.ts)?$/.test(part)) ||
    /(^|[/_])(utils?|helpers?|misc|common|mod|index)(_test)?\.ts$/.test(path)
  );
  assert.deepEqual(wrong, []);
});

/** Words that say nothing of a file without its folder, or not even with it. */
const BARE =
  /\/(look|join|cut|pool|units|entries|open|records?|run|options|settings|report|data)\.ts$/;

Deno.test("no file in a room has a name that says nothing alone", () => {
  assert.deepEqual(lib.map((f) => f.path).filter((path) => BARE.test(path)), []);
  assert.ok(BARE.test("lib/data/prepare/cut.ts") && !BARE.test("lib/figures/table.ts"));
});

Deno.test("every source file begins with what it is for", () => {
  // A test file's name says it: the tests of the file of that name.
  const named = typescript.filter(({ path }) => !path.endsWith("_test.ts"));
  const wrong = named.filter(({ text }) =>
    !/^(\/\/ deno-lint-ignore-file .*\n)?(\/\*\*|\/\/) ?\S|^\/\*\*\n \* \S/.test(text)
  );
  assert.deepEqual(wrong.map((f) => f.path), []);
});

Deno.test("no file of lib only re-exports", () => {
  const wrong = lib.filter(({ text }) => {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "").trim();
    const rest = code.replaceAll(/export (type )?(\*|\{[^}]*\})( as \w+)? from "[^"]+";/g, "");
    return rest.trim() === "";
  });
  assert.deepEqual(wrong.map((f) => f.path), []);
});

Deno.test("no type is any", () => {
  // Lint's no-explicit-any has the word on code; this also sees where lint was told to look away.
  const told = lines(/lint-ignore(-file)?\b.*no-explicit-any/, typescript.filter(notThisFolder));
  const code = typescript.filter(notThisFolder).map(({ path, text }) => ({
    path,
    text: text.replaceAll(
      /\/\*[\s\S]*?\*\/|\/\/.*/g,
      (comment) => comment.replaceAll(/[^\n]/g, ""),
    ),
  }));
  assert.deepEqual([...told, ...lines(/\bas any\b|: any\b/, code)], []);
});

Deno.test("no file names a place on one machine", () => {
  const place = new RegExp(
    `(^|[^\\w.~])/(${
      ["work", "root", "home/(?!me/)\\w+", "Users/(?!me/)\\w+", "tmp/\\w+"].join("|")
    })/`,
  );
  assert.deepEqual(
    lines(place, written.filter(notThisFolder)),
    [],
  );
});

Deno.test("no file names a package registry's host", () => {
  const host = new RegExp(
    ["registry\\.npmjs", "pypi\\.org", "pythonhosted", "jsr\\.io", "yarnpkg\\.com"].join("|"),
  );
  assert.deepEqual(
    lines(
      host,
      [...written, ...files.filter((f) => f.path === "deno.lock")].filter(notThisFolder),
    ),
    [],
  );
});

Deno.test("no unfinished work is marked in sources and notebooks", () => {
  const mark = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);
  const notebooks = files.filter(({ path }) => path.endsWith(".ipynb"));
  assert.deepEqual(lines(mark, [...typescript, ...notebooks]), []);
});

Deno.test("every exported symbol of lib is documented", async () => {
  assert.deepEqual(await lintDocumentation(lib.map((f) => f.path)), []);
});

/** Files without a test file of their own, and why. */
const UNTESTED: { path: RegExp; why: string }[] = [
  {
    path:
      /^lib\/tasks\/(doctor|prepare|forge|train|evaluate|compare|predict|suite|study|unseen|bench|bench_data|bench_scaling)\.ts$/,
    why: "commands: entries_test.ts runs each, and what they call is tested",
  },
  { path: /^lib\/tasks\/bench\//, why: "measurements, run by hand" },
  {
    path: /^lib\/tasks\/doctor\/multiply_matrices\.ts$/,
    why: "a program that installation_checks.ts runs and its test sees",
  },
];

Deno.test("every file of lib is tested by name or as an inner part, or the exception says why not", () => {
  const tests = typescript.filter(({ path }) => path.startsWith("tests/")).map((f) => f.text);
  const tested = new Set(lib.filter(({ path }) => tests.some((t) => t.includes(`"${path}"`))));
  for (const file of tested) for (const part of innerParts(file)) tested.add(part); // grows as it goes
  const wrong = lib.filter((file) =>
    !tested.has(file) && !UNTESTED.some((exception) => exception.path.test(file.path))
  );
  assert.deepEqual(wrong.map((f) => f.path), []);
});

/** The files that `file` imports from its own room. */
function innerParts(file: Source): Source[] {
  const targets = [...file.text.matchAll(/from "(\.[^"]+)"/g)].map((match) =>
    join(file.path, "..", match[1]!)
  );
  return lib.filter(({ path }) => targets.includes(path));
}
