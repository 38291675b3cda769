import assert from "node:assert/strict";
import { launchChrome } from "lib/figures/chrome.ts";
import { showRows, type ShowRowsOptions } from "lib/figures/show_rows.ts";
import { inKernel } from "./stand_in_kernel.ts";

async function shown(rows: readonly object[], options: ShowRowsOptions = {}) {
  const [sent] = await inKernel(() => showRows(rows, options));
  const data = sent!.data as { "text/html": string; "text/plain": string };
  assert.deepEqual(Object.keys(data).sort(), ["text/html", "text/plain"]);
  return { html: data["text/html"], text: data["text/plain"] };
}

const ROWS = [
  { method: "DF", auc: 0.98765, videos: 140, low: -0.5 },
  { method: "all methods", auc: null, videos: 9, low: 1.3e-7 },
  { method: "NT", auc: 1, videos: 20, low: 12.5 },
];

Deno.test("showRows sets text left, numbers right with equal digits, and a dash where nothing is", async () => {
  const { text } = await shown(ROWS, { caption: "AUC by method", digits: 2 });
  assert.equal(
    text,
    [
      "AUC by method",
      "",
      "method        auc  videos     low",
      "DF           0.99     140   −0.50",
      "all methods     –       9  1.3e−7",
      "NT           1.00      20   12.50",
    ].join("\n"),
  );
});

Deno.test("showRows takes the columns that it is told, and says which there are", async () => {
  const { text } = await shown(ROWS, { columns: ["videos", "method"] });
  assert.equal(text.split("\n")[1], "   140  DF");
  await assert.rejects(
    showRows(ROWS, { columns: ["AUC"] }),
    /No row has the column "AUC"\. There are method, auc, videos, low\./,
  );
  await assert.rejects(showRows(ROWS, { digits: -1 }), /digits .* not -1/);
  await assert.rejects(showRows(ROWS, { most: 0 }), /at most .* not 0/);
});

Deno.test("showRows shows JSON, truth values and fields that only some rows have", async () => {
  const { text } = await shown([{ a: [1, 2] }, { a: true, b: "x\ny" }]);
  assert.equal(text, "a      b\n[1,2]  –\ntrue   x y");
});

Deno.test("showRows cuts a long table and says how long it is", async () => {
  const rows = Array.from({ length: 100 }, (_, i) => ({ i }));
  const { html, text } = await shown(rows, { most: 5 });
  assert.equal(html.match(/<tr>/g)!.length, 6);
  for (const form of [html, text]) assert.match(form, /The first 5 of 100 rows\./);
  assert.doesNotMatch((await shown(rows.slice(0, 5), { most: 5 })).html, /of 5 rows/);
  assert.match((await shown([])).text, /There are no rows\./);
});

Deno.test("showRows lets nothing of its rows become HTML, as a browser reads it", async () => {
  const evil = `</td><script>alert("x")</script><img src=x onerror='y'>&lt;b&gt; & "quoted"`;
  const { html } = await shown([{ [evil]: evil, list: [evil] }], { caption: evil });
  await using chrome = await launchChrome();
  const page = await chrome.newPage();
  await page.setContent(html);
  const seen = await page.evaluate(`({
    tags: [...new Set([...document.body.querySelectorAll("*")].map((e) => e.localName))].sort(),
    heading: document.querySelector("th").textContent,
    cells: [...document.querySelectorAll("td")].map((e) => e.textContent),
    caption: document.querySelector("caption").textContent,
  })`);
  assert.deepEqual(seen, {
    tags: ["caption", "table", "tbody", "td", "th", "thead", "tr"],
    heading: evil,
    cells: [evil, JSON.stringify([evil])],
    caption: evil,
  });
});

Deno.test("showRows does nothing outside of a notebook", async () => {
  await showRows(ROWS);
});
