import assert from "node:assert/strict";
import type { EvaluationRow } from "lib/training/evaluation_files.ts";
import { compareWithPaper } from "lib/studies/paper_tables/paper_comparison.ts";
import { PAPER_VALUES } from "lib/studies/paper_tables/paper_tables.ts";
import { PRINTED_ROBUSTNESS, PRINTED_VALUES } from "lib/studies/paper_tables/printed_tables.ts";

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
  for (const number of [1, 2, 3, 4, 5, 6] as const) {
    const { rows, remarks } = compareWithPaper(number, []);
    assert.deepEqual(remarks, []);
    const paper = rows.filter((row) => row.source === "paper").map((row) => row.value);
    const expected = number === 6
      ? Object.values(PRINTED_ROBUSTNESS).flat()
      : number < 4
      ? PRINTED_VALUES.filter((v) => v.table === number).map((v) => v.value)
      : PAPER_VALUES.filter((v) => v.table === number).map((v) => v.paper);
    assert.deepEqual(paper, expected);
    const places = new Set(
      rows.map(({ group, row, column, source }) => `${[group, row, column, source]}`),
    );
    assert.equal(places.size, 2 * expected.length);
    assert.ok(ours({ rows, remarks }).every((row) => row.value === null && row.reason !== null));
  }
  assert.match(
    ours(compareWithPaper(4, []))[2].reason!,
    /^Needs FaceForensics\+\+ at c23, .*; and Celeb-DF v2/,
  );
});

Deno.test("compareWithPaper says once why systems have no value, and which are not here", () => {
  const of = (table: 2 | 6, row: string, column: string) =>
    ours(compareWithPaper(table, [])).find((cell) => cell.row === row && cell.column === column)!;
  assert.match(of(2, "ICT (private data)", "AUC CD2").reason!, /no such detector/);
  assert.match(of(2, "Face X-ray (private data)", "AUC CD2").reason!, /data of its authors/);
  assert.equal(
    of(2, "Meso4 (FF++)", "AUC CD2").reason,
    of(2, "Xception (FF++)", "AUC CD2").reason,
  );
  assert.match(of(6, "Contrast", "level 1").reason!, /neither its levels' parameters nor code/);
});

Deno.test("compareWithPaper fills a system's cell from the run called after it, and no distorted one", () => {
  const xception = { run: "ff_xception", value: 0.74, low: 0.7, high: 0.78 };
  const filled = (table: 1 | 2 | 6, results: Partial<EvaluationRow>[]) =>
    ours(compareWithPaper(table, results.map(result))).filter(({ value }) => value !== null)
      .map(({ row, column, value }) => [row, column, value]);
  assert.deepEqual(filled(2, [xception]), [["Xception (FF++)", "AUC CD2", 0.74]]);
  assert.deepEqual(filled(2, [{ ...xception, differences: "width 0.125 instead of 1" }]), []);
  const own = { run: "ff_resnet34", dataset: "FaceForensics++", value: 0.97 };
  assert.equal(filled(6, [own]).length, 5); // "Normal" is printed at every level
  assert.deepEqual(filled(6, [{ ...own, distortion: "CC:1" }]), []);
  assert.deepEqual(filled(1, [own]), [["Ours (ResNet-34)", "AUC", 0.97]]);
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
