/**
 * What `deno doc --lint` finds, less what nobody here can mend: it calls each type of an npm package
 * that a signature names "private".
 */

const FAULT = /^error\[([\w-]+)\]: (.*)\n\s+--> (.*):(\d+):\d+/gm;
const PRIVATE_TYPE = /references private type '([^']+)'/;

/**
 * The faults in the output of `deno doc --lint`, one line each: file, line, and what is wrong.
 * `read` gives the text of a file that the output names.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { documentationFaults } from "lib/tasks/documentation.ts";
 *
 * const output = [
 *   "error[missing-jsdoc]: exported symbol is missing JSDoc documentation",
 *   "  --> /project/lib/a.ts:3:1",
 *   "error[private-type-ref]: public type 'f' references private type 'Tensor'",
 *   "  --> /project/lib/a.ts:9:1",
 * ].join("\n");
 * assert.deepEqual(await documentationFaults(output, () => Promise.resolve("")), [
 *   "/project/lib/a.ts:3: exported symbol is missing JSDoc documentation",
 * ]);
 * ```
 */
export async function documentationFaults(
  output: string,
  read: (path: string) => Promise<string>,
): Promise<string[]> {
  const faults: string[] = [];
  for (const [, kind, message, path, line] of output.matchAll(FAULT)) {
    const name = PRIVATE_TYPE.exec(message!)?.[1];
    if (kind === "private-type-ref" && name !== undefined) {
      const declared = new RegExp(`^(?:interface|type|class|enum)\\s+${name}\\b`, "m");
      if (!declared.test(await read(path!))) continue;
    }
    faults.push(`${path}:${line}: ${message}`);
  }
  return faults;
}
