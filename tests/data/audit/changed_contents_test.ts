import assert from "node:assert/strict";
import { join } from "node:path";
import { findChangedContents } from "lib/data/audit/changed_contents.ts";
import { Ledger } from "lib/data/audit/audit_ledger.ts";
import { contentName } from "lib/data/fingerprint.ts";
import { parseDescription } from "lib/data/descriptions.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { inFolder } from "../../in_folder.ts";

Deno.test("findChangedContents names the files that are others than the manifest was written for", async () => {
  await inFolder(async (folder) => {
    const files = ["same", "changed", "not listed"];
    for (const name of files) await Deno.writeTextFile(join(folder, `${name}.png`), name);
    const content = (text: string) => contentName(new TextEncoder().encode(text));
    const rows = [
      "path,label,content",
      `same.png,0,${content("same")}`,
      `changed.png,1,${content("before")}`,
      `not listed.png,0,`,
      `absent.png,0,${content("x")}`,
    ];
    const manifest = join(folder, "manifest.csv");
    await Deno.writeTextFile(manifest, rows.join("\n"));
    const text = JSON.stringify({ name: "mine", reader: "csv", root: manifest });
    const dataSet = await openDataSet(parseDescription(text, join(folder, "mine.yaml")));
    using ledger = await Ledger.open();
    await findChangedContents(dataSet, ledger, {});
    const found = [...ledger.findings()].map(({ kind, path }) => `${kind} ${path}`);
    assert.deepEqual(found, ["changed changed.png"]);
    using quick = await Ledger.open();
    await findChangedContents(dataSet, quick, { depth: "nothing" });
    assert.deepEqual([...quick.findings()], []);
  });
});
