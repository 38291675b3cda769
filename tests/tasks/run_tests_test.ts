import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { countTests, runDenoTest, runPieces, writeTestPieces } from "lib/tasks/run_tests.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";

Deno.test("countTests reads every form of the summary line", () => {
  const cases: [string, number, number, number][] = [
    ["ok | 12 passed | 0 failed (3s)", 0, 12, 0],
    ["ok | 1 passed (3 steps) | 0 failed | 2 ignored | 5 filtered out (1m2s)", 0, 1, 0],
    ["FAILED | 7 passed (1 step) | 2 failed (9s)", 1, 7, 2],
  ];
  for (const [line, code, passed, failed] of cases) {
    assert.deepEqual(countTests(["running 1 test", line, ""], code), { passed, failed });
  }
});

Deno.test("countTests takes a run that broke off for a failure", () => {
  assert.deepEqual(countTests(["ok | 12 passed | 0 failed (3s)"], 139), { passed: 12, failed: 1 });
  assert.deepEqual(countTests([], 1), { passed: 0, failed: 1 });
});

Deno.test("runDenoTest counts real tests, and a file that does not compile as a failure", async () => {
  const folder = await Deno.makeTempDir({ dir: PROJECT.cache });
  try {
    const good = join(folder, "good_test.ts");
    const bad = join(folder, "bad_test.ts");
    await Deno.writeTextFile(
      good,
      `Deno.test("a", () => {}); Deno.test("b", () => {}); Deno.test("c", () => { throw 1; });`,
    );
    await Deno.writeTextFile(bad, `const n: number = "a"; console.log(n);`);
    const options = ["--config", join(folder, "deno.json")];
    await Deno.writeTextFile(join(folder, "deno.json"), "{}");
    const silent = { onLine: () => {} };
    assert.deepEqual(await runDenoTest([...options, good], silent), { passed: 2, failed: 1 });
    assert.deepEqual(await runDenoTest([...options, bad], silent), { passed: 0, failed: 1 });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("writeTestPieces has every test file once, and the examples, the longest work first", async () => {
  const found: string[] = [],
    read = async (path: string): Promise<void> => {
      const imported = [...(await Deno.readTextFile(path)).matchAll(/^await import\("(.*)"\);$/gm)];
      found.push(...imported.map(([, url]) => relative(PROJECT.root, fileURLToPath(url))));
    };
  const files: string[] = [];
  const walk = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(join(PROJECT.root, folder))) {
      if (isDirectory) await walk(`${folder}/${name}`);
      else if (name.endsWith("_test.ts")) files.push(`${folder}/${name}`);
    }
  };
  await walk("tests");
  await using written = await writeTestPieces();
  const { pieces } = written;
  for (const path of pieces.flat()) {
    if (path.startsWith("tests/")) found.push(path);
    else if (path.includes("joined_tests")) await read(path);
  }
  assert.deepEqual(found.sort(), files.sort());
  assert.deepEqual(pieces[0], ["tests/notebooks/smoke_test.ts"]);
  assert.ok(pieces.some((piece) => piece.some((path) => /examples.*engine_test\.ts$/.test(path))));
  assert.deepEqual(pieces.at(-1), ["--doc", "README.md"]);
});

Deno.test("runPieces that was stopped begins nothing more", async () => {
  const pieces = [["tests/random_test.ts"]];
  assert.deepEqual(await runPieces(pieces, AbortSignal.abort()), { passed: 0, failed: 0 });
  assert.ok((await runPieces(pieces, new AbortController().signal)).passed > 0);
});
