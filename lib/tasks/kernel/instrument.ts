/**
 * Makes a cell's text stoppable: its loops ask at each turn whether Stop was pressed, and its own awaits
 * end when it is. Behind an import it has looked whether the names are there, as Deno's kernel runs one
 * that is not as undefined. Nothing else of the text changes, and no line moves.
 */

import { stripTypeScriptTypes } from "node:module";
import { type ImportDeclaration, type Node, parse } from "acorn";

/** The name of the global function that the loops of a cell call at each turn. */
export const CHECK = "__checkStop";

/** The name of the global function around what a cell awaits outside of its functions. */
export const AWAIT = "__stoppable";

/** The name of the global function that is given what a cell has imported. */
export const IMPORTED = "__imported";

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/**
 * The text of a cell with a call of `CHECK` at the start of each loop's body, wherever the loop stands,
 * a call of `AWAIT` around each operand of `await` that stands outside of functions, and one of `IMPORTED`
 * behind each import of names.
 *
 * A text that cannot be read, or uses the few parts of TypeScript that are more than annotations (`enum`,
 * `namespace`), comes back as it is: it runs, and cannot be stopped so.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { instrument } from "lib/tasks/kernel/instrument.ts";
 *
 * assert.equal(instrument("const x: number = await f();"), "const x: number = await __stoppable( f());");
 * assert.equal(instrument("while (true) { step(); }"), "while (true) {__checkStop(); step(); }");
 * const text = 'import { a } from "lib/a.ts";';
 * assert.equal(instrument(text), text + ' __imported("lib/a.ts", { a });');
 * ```
 */
export function instrument(code: string): string {
  try {
    // Types become spaces: every place in the rest is a place in `code`.
    const tree = parse(stripTypeScriptTypes(code), {
      ecmaVersion: "latest",
      sourceType: "module",
      allowAwaitOutsideFunction: true,
    });
    const text = insert(code, insertions(tree));
    stripTypeScriptTypes(text); // throws should it no longer be TypeScript
    return text;
  } catch {
    return code;
  }
}

function insert(code: string, wanted: readonly Insertion[]): string {
  const parts: string[] = [];
  let end = 0;
  for (const { at, text } of wanted.toSorted((a, b) => a.at - b.at)) {
    parts.push(code.slice(end, at), text);
    end = at;
  }
  return parts.join("") + code.slice(end);
}

const LOOPS = new Set([
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "DoWhileStatement",
]);

const FUNCTIONS = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
]);

function insertions(tree: Node): Insertion[] {
  const found: Insertion[] = [];
  const visit = (node: Node, inFunction: boolean): void => {
    const inner = inFunction || FUNCTIONS.has(node.type);
    if (LOOPS.has(node.type)) found.push(checkOf((node as Node & { body: Node }).body));
    if (node.type === "AwaitExpression" && !inFunction) {
      const at = node.start + "await".length;
      found.push({ at, text: ` ${AWAIT}(` }, { at: node.end, text: ")" });
    }
    if (node.type === "ImportDeclaration") found.push(...imported(node as ImportDeclaration));
    for (const child of children(node)) visit(child, inner);
  };
  visit(tree, false);
  return found;
}

/** What goes behind an import of names, types left out; nothing behind others. */
function imported({ specifiers, source, end }: ImportDeclaration): Insertion[] {
  const names = specifiers.filter(({ type }) => type === "ImportSpecifier");
  if (names.length === 0) return [];
  const values = names.map(({ local }) => local.name).join(", ");
  return [{ at: end, text: ` ${IMPORTED}(${JSON.stringify(source.value)}, { ${values} });` }];
}

/** What goes before or into a loop's body; the value of the cell, its last expression, stays what it is. */
function checkOf(body: Node): Insertion {
  return body.type === "BlockStatement"
    ? { at: body.start + 1, text: `${CHECK}();` }
    : { at: body.start, text: `if (!${CHECK}()) ` };
}

function children(node: Node): Node[] {
  return Object.values(node).flat().filter((value): value is Node =>
    typeof (value as Node | null)?.type === "string"
  );
}
