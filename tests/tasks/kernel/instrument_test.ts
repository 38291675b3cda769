/** What becomes of a cell's text: it stays TypeScript, means the same, and can be stopped. */

import assert from "node:assert/strict";
import { AWAIT, CHECK, instrument } from "lib/tasks/kernel/instrument.ts";

const SAME = [
  "const x = 3;",
  "async function f() { await g(); }",
  "const f = async () => await g();",
  "for (const x of", // no TypeScript
  'import "lib/a.ts";',
  'import * as a from "lib/a.ts";',
  'import type { A } from "lib/a.ts";',
  "enum A { b }\nfor (;;) {}", // more than annotations
  'const text = "await x; for (;;) {}"; // for (;;) await y',
];

const CHANGED: [code: string, expected: string][] = [
  ["await f()!;", "await __stoppable( f())!;"],
  ["(await f<number>(x as string)) as T", "(await __stoppable( f<number>(x as string))) as T"],
  ["await (x as Promise<T>)", "await __stoppable( (x as Promise<T>))"],
  ["await (a, b)", "await __stoppable( (a, b))"],
  ["await await f()", "await __stoppable( await __stoppable( f()))"],
  [
    "if (a) { x = [await b, `${await c}`]; }",
    "if (a) { x = [await __stoppable( b), `${await __stoppable( c)}`]; }",
  ],
  ["for (;;) x = y as T", "for (;;) if (!__checkStop()) x = y as T"],
  [
    "for (const x of xs) if (x) a(); else b();",
    "for (const x of xs) if (!__checkStop()) if (x) a(); else b();",
  ],
  ["for await (const x of xs()) { a(x); }", "for await (const x of xs()) {__checkStop(); a(x); }"],
  ["for (const k in o) {}", "for (const k in o) {__checkStop();}"],
  ["do a(); while (b)", "do if (!__checkStop()) a(); while (b)"],
  [
    "function f(): void { while (true) {} }",
    "function f(): void { while (true) {__checkStop();} }",
  ],
  [
    'import { a } from "lib/a.ts";\nawait a();',
    'import { a } from "lib/a.ts"; __imported("lib/a.ts", { a });\nawait __stoppable( a());',
  ],
  [
    'import { a as b, type C } from "lib/a.ts"; b;',
    'import { a as b, type C } from "lib/a.ts"; __imported("lib/a.ts", { b }); b;',
  ],
];

Deno.test("instrument changes loops and the cell's own awaits, and nothing else", () => {
  for (const code of SAME) assert.equal(instrument(code), code);
  for (const [code, expected] of CHANGED) assert.equal(instrument(code), expected);
});

Deno.test("instrument leaves values and lines as they are", () => {
  const code = `let sum = 0;
for (let i: number = 0; i < 4; i++) if (i % 2) sum += i; else sum -= 1;
outer: for (const a of [1, 2]) { for (const b of [1, 2]) { if (b === a) continue outer; sum *= 3; } }
do sum++; while (sum < 0);
sum as number`;
  const text = instrument(code);
  assert.equal(text.split("\n").length, code.split("\n").length);
  let turns = 0;
  const run = (source: string) => {
    const body = source.replace(": number", "").replace("sum as number", "return sum");
    return new Function(CHECK, AWAIT, body)(() => void turns++, () => {});
  };
  assert.equal(run(text), run(code));
  assert.equal(turns, 4 + 2 + 3 + 1);
});
