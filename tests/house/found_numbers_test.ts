/** What notebooks say that was found stands in what their cells gave. */
import assert from "node:assert/strict";
import { foundNumbers, unfoundedNumbers } from "./found_numbers.ts";
import { type NotebookCell, readNotebooks } from "./read_notebooks.ts";

const notebooks = await readNotebooks();

for (const notebook of notebooks) {
  Deno.test(`${notebook.path}: the numbers of what was found come from its cells`, () => {
    assert.deepEqual(unfoundedNumbers(notebook), []);
  });
}

Deno.test("unfoundedNumbers compares to the printed digits, in text, tables and figures", () => {
  const cell = (
    cell_type: NotebookCell["cell_type"],
    text: string,
    outputs: NotebookCell["outputs"] = [],
  ) => ({
    ...{ cell_type, text, outputs },
  });
  const outputs = [
    { output_type: "stream", text: ["AUC 0.8476\n", "12 of 40 pairs"] },
    {
      output_type: "display_data",
      data: { "text/html": "<td>−0.0231</td>", "image/png": "0.777" },
    },
    {
      output_type: "display_data",
      data: { "application/vnd.plotly.v1+json": { data: [{ y: [0.284] }] } },
    },
  ];
  const saying = (list: string) => ({
    path: "notebooks/made.ipynb",
    name: "made.ipynb",
    cells: [
      cell("code", "", outputs),
      cell("markdown", `## What was found\n\n${list}\n\n**Exercises**\n\n- .123`),
    ],
  });
  assert.deepEqual(
    unfoundedNumbers(saying("- .848, −.023 and\n  28 %, 12 of 40, `0.9`, $0.9$")),
    [],
  );
  assert.equal(foundNumbers(saying("- .848, −.023 and\n  28 %, 12 of 40")).length, 5);
  for (const wrong of [".849", ".777", "29 %", "13 of 40", ".8477"]) {
    assert.equal(unfoundedNumbers(saying(`- It is ${wrong} here.`)).length, 1, wrong);
  }
});
