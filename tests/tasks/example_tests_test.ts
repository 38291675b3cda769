import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { exampleTests, writeExampleTests } from "lib/tasks/example_tests.ts";
import { runDenoTest } from "lib/tasks/run_tests.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { inFolder } from "../in_folder.ts";

/** A file whose documentation has these blocks. */
const documented = (...blocks: string[]) =>
  blocks.map((block) =>
    `/**\n * Text.\n *\n * ${block.split("\n").join("\n * ")}\n */\nexport {};\n`
  )
    .join("\n");

const FENCE = "```";

Deno.test("exampleTests takes every way to import, and leaves types and what is to be ignored", () => {
  const text = exampleTests({
    "lib/a.ts": documented(
      `${FENCE}ts\nimport a from "a";\nimport * as b from "b";\nimport {\n  c,\n  d as e,\n` +
        `  type F,\n} from "c";\nimport type { G } from "d";\nimport h, { i } from "a";\na(b);\n${FENCE}`,
      `${FENCE}ts ignore\nnothing();\n${FENCE}`,
    ),
  });
  const lines = text.split("\n").filter((line) => line !== "");
  assert.deepEqual(lines, [
    'import * as m0 from "a";',
    'import * as m1 from "b";',
    'import * as m2 from "c";',
    'Deno.test("lib/a.ts, line 5", async () => {',
    "const { default: a } = m0;",
    "const b = m1;",
    "const { c, d: e } = m2;",
    "const { default: h, i } = m0;",
    "a(b);",
    "});",
  ]);
});

Deno.test("exampleTests' tests run, and one whose example is wrong fails", async () => {
  await inFolder(async (folder) => {
    const example = (sum: number) =>
      `${FENCE}ts\nimport assert from "node:assert/strict";\n` +
      `import { type Random, createRandom } from "lib/random.ts";\n` +
      `const random: Random = createRandom(${sum});\nassert.equal(1 + random.integer(1), ${sum});\n${FENCE}`;
    const path = `${folder}/examples_test.ts`;
    await Deno.writeTextFile(
      path,
      exampleTests({ "lib/a.ts": documented(example(1), example(2)) }),
    );
    const lines: string[] = [];
    const options = ["--no-check", "--config", `${PROJECT.root}/deno.json`, path];
    const counts = await runDenoTest(options, { onLine: (line) => lines.push(line) });
    assert.deepEqual(counts, { passed: 1, failed: 1 });
    assert.ok(
      lines.some((line) => line.includes("lib/a.ts, line 17 ... FAILED")),
      lines.join("\n"),
    );
  });
});

Deno.test("writeExampleTests writes every example of lib, by room", async () => {
  await inFolder(async (folder) => {
    const examples = join(folder, "examples");
    await using written = await writeExampleTests(examples);
    let tests = 0;
    for (const path of written.paths) {
      tests += (await Deno.readTextFile(path)).split("\nDeno.test(").length - 1;
    }
    const rooms = [...Deno.readDirSync(`${PROJECT.root}/lib`)].map(({ name }) =>
      name.split(".")[0]
    );
    assert.deepEqual(
      written.paths.map((path) => basename(path)),
      rooms.sort().map((room) => `${room}_test.ts`),
    );
    let blocks = 0;
    const count = async (at: string) => {
      for await (const { name, isDirectory } of Deno.readDir(at)) {
        if (isDirectory) await count(`${at}/${name}`);
        else if (name.endsWith(".ts")) {
          const lines = (await Deno.readTextFile(`${at}/${name}`)).split("\n");
          blocks += lines.filter((line) => /^ *\* ```ts$/.test(line)).length;
        }
      }
    };
    await count(`${PROJECT.root}/lib`);
    assert.equal(tests, blocks);
    assert.ok(tests > 250, `${tests}`);
  });
});

Deno.test("no example in lib changes the backend, which its room's other examples use too", async () => {
  await inFolder(async (folder) => {
    await using written = await writeExampleTests(join(folder, "examples"));
    for (const path of written.paths) {
      assert.doesNotMatch(await Deno.readTextFile(path), /\b(setBackend|removeBackend)\(/, path);
    }
  });
});
