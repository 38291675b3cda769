/** Tables 1 to 3, 6 and 7 against the PDF's text, column by column, and against what the paper says of them. */
import assert from "node:assert/strict";
import { COMPARED_SYSTEMS, OURS } from "lib/studies/paper_tables/compared_systems.ts";
import { TABLE_7 } from "lib/studies/paper_tables/paper_table7.ts";
import { PAPER_VALUES } from "lib/studies/paper_tables/paper_tables.ts";
import {
  PRINTED_ROBUSTNESS,
  PRINTED_VALUES,
  type PrintedValue,
} from "lib/studies/paper_tables/printed_tables.ts";

type Columns = Readonly<Record<string, readonly string[]>>;
const fixture = JSON.parse(
  await Deno.readTextFile(new URL("../../fixtures/paper_tables.json", import.meta.url)),
) as {
  underlined: string[];
  table1: Record<"FF++" | "CD2" | "DFDC", Columns>;
  table2: Columns;
  table3: Columns;
  table6: Columns;
  table7: Columns;
};
const SHORT = {
  "FaceForensics++": "FF++",
  "Celeb-DF-v1": "CD1",
  "Celeb-DF-v2": "CD2",
  "DFDC-Preview": "DFDC-P",
  "DFDC": "DFDC",
  private: "PD",
} as const;

const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
const cells = (table: PrintedValue["table"], of: Partial<PrintedValue> = {}) =>
  PRINTED_VALUES.filter((value) =>
    value.table === table &&
    Object.entries(of).every(([field, wanted]) => value[field as keyof PrintedValue] === wanted)
  );

/** Names begin as printed; the numbers are the same texts in the same order. */
function assertColumn(
  found: readonly PrintedValue[],
  methods: readonly string[],
  printed: readonly string[],
) {
  assert.deepEqual(found.map(({ text }) => text), printed.map((text) => text.replace("^{*}", "*")));
  found.forEach(({ system }, i) => {
    assert.ok(plain(methods[i]).startsWith(plain(system)), `${system}: ${methods[i]}`);
  });
}

Deno.test("PRINTED_VALUES has every cell of Tables 1 to 3 as the PDF has it", () => {
  let seen = 0;
  for (const [test, { method, ...columns }] of Object.entries(fixture.table1)) {
    for (const [metric, printed] of Object.entries(columns)) {
      const found = cells(1, { metric: metric as "AUC" })
        .filter((value) => SHORT[value.test] === test);
      assert.ok(found.every(({ training, test }) => training === test));
      assertColumn(found, method, printed);
      seen += found.length;
    }
  }
  for (const table of [2, 3] as const) {
    const { method, training, ...columns } = fixture[`table${table}`];
    for (const [test, printed] of Object.entries(columns)) {
      const found = cells(table).filter((value) => SHORT[value.test] === test);
      assertColumn(found, method, printed);
      assert.deepEqual(found.map((value) => SHORT[value.training]), training);
      seen += found.length;
    }
  }
  assert.equal(seen, PRINTED_VALUES.length);
  assert.equal(seen, 32 + 56 + 42);
});

Deno.test("PRINTED_ROBUSTNESS and TABLE_7 are the PDF's Tables 6 and 7", () => {
  const { method, ...levels } = fixture.table6;
  assert.deepEqual(Object.keys(PRINTED_ROBUSTNESS), method);
  Object.values(levels).forEach((printed, i) => {
    const ours = Object.values(PRINTED_ROBUSTNESS).map((values) => values[i].toFixed(3));
    assert.deepEqual(ours, printed);
  });
  const { method: methods, ...columns } = fixture.table7;
  assert.deepEqual(
    TABLE_7.map((row) => plain(row.method)),
    methods.map((name) => plain(name.replace("Ours ", ""))),
  );
  assert.deepEqual({
    FLOPs: TABLE_7.map(({ gflops }) => gflops.toFixed(2)),
    MACs: TABLE_7.map(({ gmacs }) => gmacs.toFixed(2)),
    Params: TABLE_7.map(({ megaparameters }) => megaparameters.toFixed(2)),
    Time: TABLE_7.map(({ time }) => time),
    "AUC FF++": TABLE_7.map(({ ffAuc }) => ffAuc.toFixed(3)),
    "AUC CD2": TABLE_7.map(({ cd2Auc }) => cd2Auc.toFixed(3)),
  }, columns);
});

const textOf = (
  table: PrintedValue["table"],
  system: string,
  test: PrintedValue["test"],
  metric: PrintedValue["metric"] = "AUC",
) => cells(table, { system, test, metric })[0];

Deno.test("the marks are those of the captions: the two underlined texts of the PDF, and what its prose says", () => {
  const second = PRINTED_VALUES.filter(({ place }) => place === "second").map(({ text }) => text);
  assert.ok(
    fixture.underlined.length === 2 && fixture.underlined.every((text) => second.includes(text)),
  );
  // "outperforming existing methods on all": each column's best is the paper's own.
  const best = PRINTED_VALUES.filter(({ place }) => place === "best");
  assert.ok(best.every(({ system }) => system === OURS));
  assert.equal(best.length, 4 + 4 + 3);
  // The comparisons of Section 4.2: the paper's number, and the best of the others by name.
  for (
    const [table, test, ours, system, other] of [
      [1, "DFDC", 0.939, "Chugh et al.", 0.907],
      [2, "Celeb-DF-v1", 0.818, "ICT", 0.814],
      [2, "Celeb-DF-v2", 0.864, "ICT", 0.857],
      [2, "DFDC-Preview", 0.851, "OST", 0.833],
      [2, "DFDC", 0.721, "RECCE", 0.691],
    ] as const
  ) {
    assert.equal(textOf(table, OURS, test).value, ours);
    const { value, place } = textOf(table, system, test);
    assert.deepEqual([value, place], [other, "second"]);
  }
  for (
    const [test, ours] of [["Celeb-DF-v2", 0.936], ["DFDC-Preview", 0.902], [
      "DFDC",
      0.754,
    ]] as const
  ) {
    assert.equal(textOf(3, OURS, test).value, ours);
    assert.ok(textOf(3, "AUNet", test).value! < ours);
  }
  // SBIs and AUNet share the second place on DFDC-P.
  const shared = cells(3, { test: "DFDC-Preview", place: "second" }).map(({ system }) => system);
  assert.deepEqual(shared, ["EFNB4 + SBIs", "AUNet"]);
});

Deno.test("a value that stands in two tables is the same in both", () => {
  const row7 = (method: string) => TABLE_7.find((row) => row.method === method)!;
  for (const system of ["Xception", "Face X-ray"]) {
    assert.equal(row7(system).ffAuc, textOf(1, system, "FaceForensics++").value);
    assert.equal(row7(system).cd2Auc, textOf(2, system, "Celeb-DF-v2").value);
  }
  const own = (training: string, test: string) =>
    PAPER_VALUES.find((value) =>
      value.table === 5 && value.training === training && value.test === test &&
      value.metric === "AUC"
    )!.paper;
  for (
    const [method, training] of [["MobileNet-V1 (n = 4)", "ff_mobilenet"], [
      "EfficientNet-B0 (n = 4)",
      "ff_efficientnet",
    ]]
  ) {
    const { ffAuc, cd2Auc } = row7(method);
    assert.deepEqual([ffAuc, cd2Auc], [
      own(training, "FaceForensics++"),
      own(training, "Celeb-DF-v2"),
    ]);
  }
  assert.deepEqual(
    new Set(PRINTED_ROBUSTNESS.Normal),
    new Set([textOf(1, OURS, "FaceForensics++").value]),
  );
});

Deno.test("Table 6's averages are the means of its three perturbations, to the rounding of four numbers", () => {
  const { Contrast, Saturation, Compression, Average } = PRINTED_ROBUSTNESS;
  Average.forEach((average, i) => {
    const mean = (Contrast[i] + Saturation[i] + Compression[i]) / 3;
    assert.ok(Math.abs(average - mean) < 0.001, `level ${i + 1}: ${average} and ${mean}`);
  });
});

Deno.test("every system of the tables is described, and none else; a star says who collected the number", () => {
  const printed = new Set(PRINTED_VALUES.map(({ system }) => system));
  assert.deepEqual(new Set(Object.keys(COMPARED_SYSTEMS)), printed);
  for (const { table, system, text, origin, value } of PRINTED_VALUES) {
    assert.equal(origin === "third paper", text.endsWith("*"));
    assert.equal(origin === "measured", system === OURS);
    assert.ok(table > 1 || origin !== "third paper");
    assert.equal(value === null, text === "-");
  }
});
