/**
 * The examples in lib's documentation as one file of tests for each room. `deno test --doc` starts each
 * example in an isolate of its own, which loads TensorFlow.js again; a room's examples here share one.
 */

import { join } from "node:path";
import { writeWhole } from "lib/io/write_whole.ts";
import { PROJECT } from "./setup/project.ts";

/** Where the files of tests lie, apart for each run. */
const EXAMPLES = join(PROJECT.cache, "examples", String(Deno.pid));

/** An example as it stands in a file's documentation. */
interface Example {
  /** The line of its first statement, from 1. */
  readonly line: number;
  readonly code: string;
}

/** The blocks in a file's comments that `deno test --doc` runs: marked ts, and not to be ignored. */
function* examplesIn(text: string): Generator<Example> {
  for (const { 0: comment, index } of text.matchAll(/\/\*\*.*?\*\//gs)) {
    for (const block of comment.matchAll(/^ *\* ```ts\n(.*?)^ *\* ```$/gms)) {
      const before = text.slice(0, index + block.index).split("\n").length;
      yield { line: before + 1, code: block[1].replace(/^ *\* ?/gm, "") };
    }
  }
}

/** An import at the beginning of a line; its clause may take several lines. */
const IMPORT = /^import\s+([^"]*?)(?:\s+from\s+)?"([^"]+)";$/gm;

/** What an import's clause takes from its module, as a declaration. */
function declaration(clause: string, module: string): string {
  const [, whole] = /\*\s+as\s+(\w+)/.exec(clause) ?? [];
  if (whole !== undefined) return `const ${whole} = ${module};`;
  const [, listed = ""] = /\{([^}]*)\}/.exec(clause) ?? [], [first] = /^\w+/.exec(clause) ?? [];
  const names = [...first === undefined ? [] : [`default as ${first}`], ...listed.split(",")]
    .map((name) => name.trim()).filter((name) => name !== "" && !name.startsWith("type "));
  return `const { ${names.map((name) => name.replace(/\s+as\s+/, ": ")).join(", ")} } = ${module};`;
}

/**
 * The text of a test file with a test for each example in the documentation of `files`, whose names are
 * their paths and lines. What examples import is imported once.
 *
 * @param files Texts by path; the paths only name the tests.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { exampleTests } from "lib/tasks/example_tests.ts";
 * const fence = "`".repeat(3), example = `${fence}ts\n * import { join } from "node:path";\n * ${fence}`;
 * const [first, second] = exampleTests({ "lib/a.ts": `/** Joins.\n * ${example}\n *` + "/" }).split("\n");
 * assert.equal(first, 'import * as m0 from "node:path";');
 * assert.equal(second, 'Deno.test("lib/a.ts, line 3", async () => {');
 * ```
 */
export function exampleTests(files: Readonly<Record<string, string>>): string {
  const modules = new Map<string, string>(), tests: string[] = [];
  const moduleOf = (path: string) => {
    if (!modules.has(path)) modules.set(path, `m${modules.size}`);
    return modules.get(path)!;
  };
  for (const [path, text] of Object.entries(files)) {
    for (const { line, code } of examplesIn(text)) {
      const body = code.replace(
        IMPORT,
        (_, clause, from) => clause.startsWith("type ") ? "" : declaration(clause, moduleOf(from)),
      );
      tests.push(`Deno.test("${path}, line ${line}", async () => {\n${body}});\n`);
    }
  }
  const imports = [...modules].map(([path, name]) =>
    ["import * as", name, "from", `"${path}";\n`].join(" ")
  );
  return [...imports, ...tests].join("");
}

/** Files of tests; disposing of them removes their folder. */
export interface ExampleTests extends AsyncDisposable {
  /** Where they are, sorted. */
  readonly paths: readonly string[];
}

/** Writes a file of tests for each room of lib into `folder`. */
export async function writeExampleTests(folder: string = EXAMPLES): Promise<ExampleTests> {
  const files: [path: string, text: string][] = [];
  const walk = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(join(PROJECT.root, path))) {
      const inner = `${path}/${name}`;
      if (isDirectory) await walk(inner);
      else if (name.endsWith(".ts")) {
        files.push([inner, await Deno.readTextFile(join(PROJECT.root, inner))]);
      }
    }
  };
  await walk("lib");
  files.sort(([a], [b]) => a < b ? -1 : 1);
  const paths: string[] = [];
  for (const [room, own] of Map.groupBy(files, ([path]) => path.split(/[/.]/)[1])) {
    const path = join(folder, `${room}_test.ts`), text = exampleTests(Object.fromEntries(own));
    await writeWhole(path, new TextEncoder().encode(text));
    paths.push(path);
  }
  // Formatter and linter shall not meet them.
  const remove = () => Deno.remove(folder, { recursive: true });
  return { paths, [Symbol.asyncDispose]: remove };
}
