import assert from "node:assert/strict";
import { table } from "lib/figures/table.ts";
import type { EvaluationRow } from "lib/training/evaluation_files.ts";
import { compareWithPaper } from "lib/studies/paper_tables/paper_comparison.ts";
import { PAPER_VALUES } from "lib/studies/paper_tables/paper_tables.ts";

const result = (changes: Partial<EvaluationRow>): EvaluationRow => ({
  run: "ff_neither",
  seed: 1,
  dataset: "Celeb-DF-v2",
  split: "test",
  method: "all",
  level: "frame",
  metric: "AUC",
  value: 0.8,
  low: 0.78,
  high: 0.82,
  reason: null,
  samples: 100,
  protocol: "a",
  data: "m",
  distortion: "",
  differences: "",
  ...changes,
});
const ours = (of: ReturnType<typeof compareWithPaper>) =>
  of.rows.filter((r) => r.source === "ours");

Deno.test("compareWithPaper has the paper's value for every cell, and says what an empty one needs", () => {
  for (const number of [1, 2, 3, 4, 5] as const) {
    const { rows, remarks } = compareWithPaper(number, []);
    assert.deepEqual(remarks, []);
    const paper = rows.filter((row) => row.source === "paper").map((row) => row.value);
    const expected = PAPER_VALUES.filter((v) => v.table === number).map((v) => v.paper);
    assert.deepEqual(paper, expected);
    assert.equal(table(rows, {}).source.rows.length, 2 * expected.length);
  }
  const empty = ours(compareWithPaper(4, []));
  assert.ok(empty.every((row) => row.value === null));
  assert.match(empty[2].reason!, /^Needs FaceForensics\+\+ at c23, .*; and Celeb-DF v2/);
});

Deno.test("compareWithPaper fills our column from results of the same measurement and no other", () => {
  const wrong: Partial<EvaluationRow>[] = [
    { run: "mine" },
    { dataset: "DFDC" },
    { split: "validation" },
    { method: "DF" },
    { level: "video" },
    { metric: "EER" },
    { value: null, reason: "none" },
  ];
  const nothing = ours(compareWithPaper(4, wrong.map(result)));
  assert.ok(nothing.every((row) => row.value === null));
  const one = ours(compareWithPaper(4, [result({})])).filter((row) => row.value !== null);
  assert.deepEqual(
    one.map(({ row, column, value, low, high }) => [row, column, value, low, high]),
    [
      ["neither loss (FF++)", "AUC CD2", 0.8, 0.78, 0.82],
    ],
  );
});

Deno.test("compareWithPaper gives several seeds as mean and range", () => {
  const seeds = [0.75, 0.8, 0.88].map((value, seed) => result({ value, seed }));
  const [filled] = ours(compareWithPaper(4, seeds)).filter((row) => row.value !== null);
  assert.deepEqual([filled.value!.toFixed(6), filled.low, filled.high], ["0.810000", 0.75, 0.88]);
});

Deno.test("compareWithPaper says where results of one column follow different protocols", () => {
  const same = [result({}), result({ run: "ff_gil_only" })];
  assert.deepEqual(compareWithPaper(4, same).remarks, []);
  const other = [...same, result({ run: "ff_resnet34", protocol: "b" })];
  const { remarks } = compareWithPaper(4, other);
  assert.equal(remarks.length, 1);
  assert.match(remarks[0], /^AUC CD2: .*2 different protocols.*ff_resnet34 \(b\)/);
  const elsewhere = [...same, result({ dataset: "FaceForensics++", protocol: "c" })];
  assert.deepEqual(compareWithPaper(4, elsewhere).remarks, []); // another column
});

Deno.test("compareWithPaper leaves out results of another experiment, and says what differs", () => {
  const toy = result({ differences: "imageSize 64 instead of 224" });
  const blurred = result({ distortion: "GB:3", value: 0.6 });
  for (
    const [other, why] of [[toy, /imageSize 64 instead of 224/], [blurred, /\(GB:3\)/]] as const
  ) {
    const cells = ours(compareWithPaper(4, [other])).filter(({ reason }) => why.test(reason ?? ""));
    assert.equal(cells.length, 1);
    assert.equal(cells[0].value, null);
    const both = ours(compareWithPaper(4, [other, result({})])).filter(({ value }) =>
      value !== null
    );
    assert.deepEqual(both.map(({ value }) => value), [0.8]);
  }
});
