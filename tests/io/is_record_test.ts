import assert from "node:assert/strict";
import { isRecord } from "lib/io/is_record.ts";

Deno.test("isRecord takes objects with fields, and no list, null, text, number or nothing", () => {
  for (const value of [{}, { a: 1 }, JSON.parse('{"b": []}')]) assert.ok(isRecord(value));
  for (const value of [[], [{}], null, undefined, "{}", 0, true]) assert.ok(!isRecord(value));
});
