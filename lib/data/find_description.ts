/** Which data set's description a command's argument means. */
import { basename, resolve } from "node:path";
import { readNamedText } from "lib/io/named_text.ts";
import { type Description, parseDescription } from "./descriptions.ts";

/**
 * The description that a command's argument means: a description's file, its name in data/, a folder
 * with `real/` and `fake/`, or a CSV file.
 *
 * @param folder Where names are looked for: the project's data/.
 * @throws RangeError when there is nothing of that name (the message lists the names), or as
 * `parseDescription` does.
 */
export async function findDescription(argument: string, folder: string): Promise<Description> {
  const named = resolve(folder, `${argument}.yaml`);
  for (const file of /\.ya?ml$/.test(argument) ? [resolve(argument)] : [named]) {
    if (await Deno.stat(file).catch(() => undefined) === undefined) continue;
    return parseDescription(await readNamedText(file), file);
  }
  const path = resolve(argument);
  const found = await Deno.stat(path).catch(() => undefined);
  if (found?.isDirectory || (found?.isFile && path.endsWith(".csv"))) {
    const reader = found.isDirectory ? "folders" : "csv";
    return parseDescription(
      JSON.stringify({ name: basename(path, ".csv"), reader, root: path }), // JSON is YAML
      resolve(`${path}.yaml`),
    );
  }
  const names = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  const known = names.flatMap(({ name }) => /^(.+)\.yaml$/.exec(name)?.[1] ?? []).sort();
  throw new RangeError(
    `There is no data set ${JSON.stringify(argument)}: neither ${JSON.stringify(named)}, nor a ` +
      `description's file, a folder or a CSV file. Described are: ${known.join(", ") || "none"}.`,
  );
}
