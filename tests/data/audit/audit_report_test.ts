import assert from "node:assert/strict";
import { join } from "node:path";
import { auditDataSet } from "lib/data/audit/audit_data_set.ts";
import { Ledger } from "lib/data/audit/audit_ledger.ts";
import { balanceOf, formatBytes, writeFindings, writePage } from "lib/data/audit/audit_report.ts";
import { csvRows } from "lib/io/csv_rows.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { inFolder } from "../../in_folder.ts";
import { described, writeFiles } from "../readers/made_data_sets.ts";

Deno.test("writePage and writeFindings tell all findings, whatever is in a name", async () => {
  await inFolder(async (root) => {
    const names = ['<script>alert("x")</script>.png'.replaceAll("/", "∕"), 'a, "b"\n日本.png'];
    await writeFiles(root, Object.fromEntries(names.map((name) => [`fake/${name}`, ""])));
    const dataSet = await openDataSet(
      described(root, { reader: "folders", name: "<mine> & yours" }),
    );
    using ledger = await Ledger.open();
    const audit = await auditDataSet(dataSet, ledger);
    const [page, csv] = [join(root, "out/page.html"), join(root, "out/findings.csv")];
    await writePage(page, { dataSet, audit, ledger, verdict: "2 problems" });
    await writeFindings(csv, ledger);

    const html = await Deno.readTextFile(page);
    assert.match(html, /<h1>&lt;mine&gt; &amp; yours: 2 problems<\/h1>/);
    assert.match(html, /label 0 = real, 1 = fake/);
    assert.match(html, /<h2>Empty: 2<\/h2>/);
    assert.doesNotMatch(html, /<script/);
    assert.ok(html.includes("a, &quot;b&quot;\n日本.png"));
    const rows = (await Array.fromAsync(csvRows(csv, ["severity", "kind", "path", "message"])))
      .map(({ cells }) => cells);
    assert.deepEqual(
      rows.map(({ path }) => path).toSorted(),
      ["", ...names.map((n) => `fake/${n}`)].toSorted(), // the first: that there is nothing real
    );
    assert.deepEqual([rows[0]!.severity, rows[0]!.kind], ["problem", "empty"]);
  });
});

Deno.test("writePage shows the first 200 of a kind and counts the rest; the CSV holds all", async () => {
  await inFolder(async (root) => {
    await Deno.mkdir(join(root, "real"));
    const dataSet = await openDataSet(described(root, { reader: "folders" }));
    using ledger = await Ledger.open();
    for (let i = 0; i < 1300; i++) {
      ledger.addFinding({ severity: "warning", kind: "unlisted", path: `p${i}`, message: "m" });
    }
    const faces = { looked: 4, found: 3 };
    const page = join(root, "page.html"), csv = join(root, "findings.csv");
    await writePage(page, { dataSet, audit: { comparisons: [], faces }, ledger, verdict: "" });
    await writeFindings(csv, ledger);
    const html = await Deno.readTextFile(page);
    assert.equal(html.match(/<td>warning<\/td>/g)!.length, 200);
    assert.match(html, /<h2>There, but in no list: 1300<\/h2>/);
    assert.match(html, /and 1100 more, in the CSV/);
    assert.match(html, /Faces were found in 3 of 4 entries/);
    assert.equal((await Array.fromAsync(csvRows(csv, ["path"]))).length, 1300);
  });
});

Deno.test("balanceOf tells the official code's repetition, or what evens own data out", () => {
  const row = { method: "", entries: 0, bytes: 0 };
  const rows = [
    { ...row, split: "train", label: 0, videos: 30 },
    { ...row, split: "train", label: 1, videos: 40 },
    { ...row, split: "train", label: 1, videos: 32 },
    { ...row, split: "test", label: 1, videos: 500 },
  ] as const;
  assert.equal(
    balanceOf(rows, undefined),
    "Training: 30 real and 72 fake videos, 1 to 2.4. realRepeats=2 evens it out.",
  );
  assert.match(balanceOf(rows, 6)!, /official code repeats reals 6 times/);
  assert.equal(balanceOf(rows.slice(1), 6), undefined);
});

Deno.test("formatBytes takes the unit that fits", () => {
  const cases = [[0, "0 B"], [999, "999 B"], [1500, "1.5 kB"], [2.5e9, "2.5 GB"], [
    3e15,
    "3000.0 TB",
  ]];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes as number), text);
});
