/** Whether a CSV file's first line is the heading that its reader needs, and what else it may be. */
import { csvError } from "./csv_records.ts";
import { openBytes } from "./file_bytes.ts";

function failHeading(path: string, message: string): never {
  throw csvError(path, { line: 1, message });
}

/** What other programs put between cells instead of commas. */
const OTHER_SEPARATORS = [[";", "semicolons"], ["\t", "tabs"], ["|", "bars"]] as const;

/**
 * Refuses a file whose heading is separated by something else than commas, with the remedy; anything else
 * that is wrong with it is told by whoever asks.
 */
export async function refuseOtherSeparator(
  path: string,
  required: readonly string[],
): Promise<void> {
  using file = await openBytes(path);
  const start = new Uint8Array(1 << 12), length = await file.read(start) ?? 0;
  const [heading = ""] = new TextDecoder().decode(start.subarray(0, length)).split(/\r?\n/);
  for (const [mark, name] of OTHER_SEPARATORS) {
    const cells = heading.split(mark).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
    if (cells.length < 2 || !required.some((column) => cells.includes(column))) continue;
    failHeading(
      path,
      `its cells are separated by ${name}, and a CSV's are by commas. Save it with commas: in a table ` +
        'program as "CSV UTF-8 (comma delimited)", or with "," as the field separator.',
    );
  }
}

/**
 * Checks that a heading has the columns that are needed, and none twice.
 *
 * @throws RangeError naming them.
 */
export function checkHeading(
  path: string,
  heading: readonly string[],
  required: readonly string[],
): void {
  const missing = required.filter((column) => !heading.includes(column));
  if (missing.length > 0) {
    failHeading(
      path,
      `the heading lacks ${missing.map((column) => `"${column}"`).join(", ")}. It has ` +
        `${heading.map((column) => `"${column}"`).join(", ") || "nothing"}; ` +
        `needed are ${required.join(",")}.`,
    );
  }
  const twice = heading.find((column, i) => heading.indexOf(column) !== i);
  if (twice !== undefined) failHeading(path, `two columns are called "${twice}". Rename one.`);
}
