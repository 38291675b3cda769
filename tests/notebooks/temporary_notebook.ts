/** Notebooks made for one test, in a folder of the project, so that `lib/` is found from them. */

import { join } from "node:path";
import { PROJECT } from "lib/tasks/setup/project.ts";

/** What holds the folders of all of them. */
export const MADE_FOR_TESTS: string = join(PROJECT.cache, "tests");

/** A notebook file that lasts as long as a test. */
export interface TemporaryNotebook extends AsyncDisposable {
  /** The folder that holds nothing else. */
  folder: string;
  /** The notebook. */
  path: string;
}

/** Writes a notebook named `name` with a heading and one code cell for each of `cells`. */
export async function temporaryNotebook(
  name: string,
  cells: readonly string[],
): Promise<TemporaryNotebook> {
  await Deno.mkdir(MADE_FOR_TESTS, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: MADE_FOR_TESTS });
  const path = join(folder, name);
  const heading = { cell_type: "markdown", id: "heading", metadata: {}, source: "# A test?" };
  const code = cells.map((source, index) => ({
    cell_type: "code",
    id: `code-${index}`,
    execution_count: null,
    metadata: {},
    outputs: [],
    source,
  }));
  const kernelspec = { name: "deno", display_name: "Deno", language: "typescript" };
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      cells: [heading, ...code],
      metadata: { kernelspec },
      nbformat: 4,
      nbformat_minor: 5,
    }),
  );
  return {
    folder,
    path,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
