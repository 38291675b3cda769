/**
 * The files of tests of a folder as one, which imports them: `deno test` starts an isolate for each file that
 * it is given, and each loads TensorFlow.js and lib again, which takes longer than most files' tests.
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeWhole } from "lib/io/write_whole.ts";
import { PROJECT } from "./setup/project.ts";

/** Where the files of tests lie, apart for each run. */
const JOINED = join(PROJECT.cache, "joined_tests", String(Deno.pid));

/** A statement at the top of a file that the tests of files beside it would feel. */
const SETTING =
  /^(await tf\.setBackend\(|await startEngine\(\{|Deno\.env\.set\(|Deno\.chdir\().*$/m;

/** Files of tests; disposing of them removes what was written. */
export interface JoinedTests extends AsyncDisposable {
  /** Of each folder the files to give to `deno test`. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
}

/**
 * The text of a file of tests that has those of `files`, one file after another: imported at once, the files'
 * first statements would run in turns.
 *
 * @param files Absolute paths.
 */
function joinedTests(files: readonly string[]): string {
  return files.map((file) => `await import("${pathToFileURL(file)}");\n`).join("");
}

/**
 * Joins the tests of each folder; those that set a backend, its threads or the environment when they begin, only with
 * such that set the same.
 *
 * @param folders Paths in the project, such as `tests/engine`; everything in them counts.
 * @param options `except`: files, as paths in the project, that are left out; `into`: where to write.
 */
export async function writeJoinedTests(
  folders: readonly string[],
  { except = [], into = JOINED }: { except?: readonly string[]; into?: string } = {},
): Promise<JoinedTests> {
  const written: Record<string, string[]> = {};
  for (const folder of folders) {
    const files = (await testFiles(folder)).filter((file) => !except.includes(file));
    const together = new Map<string, string[]>();
    for (const file of files) {
      const path = join(PROJECT.root, file);
      const [setting = ""] = SETTING.exec(await Deno.readTextFile(path)) ?? [];
      together.set(setting, [...together.get(setting) ?? [], path]);
    }
    written[folder] = [];
    for (const [i, paths] of [...together.values()].entries()) {
      const path = join(into, `${folder.replaceAll("/", "_")}_${i + 1}_test.ts`);
      await writeWhole(path, new TextEncoder().encode(joinedTests(paths)));
      written[folder].push(path);
    }
  }
  const remove = () => Deno.remove(into, { recursive: true });
  return { folders: written, [Symbol.asyncDispose]: remove };
}

/** The files of tests in a folder of the project and in those within, sorted. */
async function testFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(PROJECT.root, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) files.push(...await testFiles(path));
    else if (name.endsWith("_test.ts")) files.push(path);
  }
  return files.sort();
}
