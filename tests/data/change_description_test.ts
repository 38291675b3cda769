import assert from "node:assert/strict";
import { changeDescription } from "lib/data/change_description.ts";
import { parseDescription } from "lib/data/descriptions.ts";

const read = (text: string) => parseDescription(`name: mine\nroot: a\n${text}`, "/data/mine.yaml");

Deno.test("changeDescription puts what the command line says on top", () => {
  const mine = read("reader: folders\nvalidation: 0.2\nsplit: train\n");
  assert.deepEqual(changeDescription(mine, {}), mine);
  assert.deepEqual(changeDescription(mine, { test: 0.1, group: "name" }), {
    ...mine,
    test: 0.1,
    group: "name",
  });
  assert.equal(changeDescription(read("reader: csv\n"), { test: 0.1 }).split, "train");
  assert.equal(changeDescription(read("reader: csv\n"), { group: "none" }).split, "test");
  assert.equal(changeDescription(read("reader: dfdc\n"), { validation: 0.1 }).split, "test");
});

Deno.test("changeDescription refuses what the reader does not look at, and shares that are none", () => {
  assert.throws(
    () => changeDescription(read("reader: dfdc\n"), { test: 0.1 }),
    /^RangeError: --test means nothing to the reader dfdc of "mine"\..* it is for folders, csv\./,
  );
  assert.throws(
    () => changeDescription(read("reader: folders\n"), { validation: 0.6 }),
    /^RangeError: --validation is a number from 0 to 0\.5, not 0\.6\./,
  );
});
