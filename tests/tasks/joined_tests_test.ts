import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { writeJoinedTests } from "lib/tasks/joined_tests.ts";
import { runDenoTest } from "lib/tasks/run_tests.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { inFolder } from "../in_folder.ts";

/** Files of tests in a folder of the project's cache, joined into another one. */
async function inJoined(
  files: Readonly<Record<string, string>>,
  use: (paths: readonly string[]) => Promise<void>,
): Promise<void> {
  const parent = join(PROJECT.cache, "joined_tests");
  await Deno.mkdir(parent, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: parent });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(join(folder, "own", "inner"), { recursive: true });
      await Deno.writeTextFile(join(folder, "own", name), text);
    }
    const own = relative(PROJECT.root, join(folder, "own"));
    await using joined = await writeJoinedTests([own], {
      except: [`${own}/left_test.ts`],
      into: join(folder, "joined"),
    });
    await use(joined.folders[own]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const counted = (before: string) =>
  `${before}const g = globalThis as { seen?: number };
Deno.test("n", () => { g.seen = (g.seen ?? 0) + 1; if (g.seen !== EXPECTED) throw new Error(String(g.seen)); });`;

Deno.test("writeJoinedTests' files run in their order in one isolate; a failing test counts, and names its file", async () => {
  const files = {
    "a_test.ts": counted("").replace("EXPECTED", "1"),
    "inner/b_test.ts": counted("").replace("EXPECTED", "2"),
    "inner/c_test.ts": counted("").replace("EXPECTED", "9"),
    "left_test.ts": "throw new Error();",
    "program.ts": "throw new Error();",
  };
  await inJoined(files, async (paths) => {
    assert.equal(paths.length, 1);
    const lines: string[] = [];
    const options = ["--no-check", ...paths];
    const counts = await runDenoTest(options, { onLine: (line) => lines.push(line) });
    assert.deepEqual(counts, { passed: 2, failed: 1 }, lines.join("\n"));
    assert.ok(lines.some((line) => /=> .*inner\/c_test\.ts/.test(line)), lines.join("\n"));
  });
});

Deno.test("writeJoinedTests keeps files that set something for themselves with such as set the same", async () => {
  const files = {
    "a_test.ts": counted("").replace("EXPECTED", "1"),
    "b_test.ts": counted('Deno.env.set("X", "1");\n').replace("EXPECTED", "1"),
    "c_test.ts": counted("  Deno.chdir;\n").replace("EXPECTED", "2"),
    "d_test.ts": counted('Deno.env.set("X", "2");\n').replace("EXPECTED", "1"),
    "e_test.ts": counted('Deno.env.set("X", "1");\n').replace("EXPECTED", "2"),
  };
  await inJoined(files, async (paths) => {
    assert.equal(paths.length, 3);
    const counts = await runDenoTest(["--no-check", ...paths], { onLine: () => {} });
    assert.deepEqual(counts, { passed: 5, failed: 0 });
  });
});

Deno.test("writeJoinedTests leaves nothing behind", async () => {
  await inFolder(async (folder) => {
    const into = join(folder, "joined");
    {
      await using joined = await writeJoinedTests(["tests/settings"], { into });
      assert.ok(joined.folders["tests/settings"].length > 0);
    }
    await assert.rejects(Deno.stat(into), Deno.errors.NotFound);
  });
});
