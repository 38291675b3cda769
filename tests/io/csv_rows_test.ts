import assert from "node:assert/strict";
import { stringify } from "csv-stringify/sync";
import { join } from "node:path";
import fc from "fast-check";
import { csvRows, writeCsv } from "lib/io/csv_rows.ts";
import { inFolder } from "../in_folder.ts";

const cellsOf = async (path: string, required: string[]) =>
  (await Array.fromAsync(csvRows(path, required))).map((row) => row.cells);

Deno.test("csvRows gives back what writeCsv wrote, whatever stands in the cells", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.csv");
    const cell = fc.oneof(
      fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
      fc.constantFrom("", " ", '"', ",", "\n", "\r", "\r\n", "a\r", "=1+1", "\ufeff", "日本,語"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), async (pairs) => {
        const rows = pairs.map(([a, b]) => ({ a, b, last: "." })); // a row is not a blank line
        await writeCsv(path, rows, ["a", "b", "last"]);
        assert.deepEqual(await cellsOf(path, ["a"]), rows);
      }),
      { numRuns: 200 },
    );
  });
});

Deno.test("writeCsv writes csv-stringify's text, with and without cells to quote", async () => {
  const path = await Deno.makeTempFile();
  const cell = fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.constantFrom("", " ", ",", '"', "\n", "\r", "\t", "a,b", "\ufeff"),
    fc.double(),
    fc.integer(),
  );
  const rows = fc.array(fc.record({ a: cell, b: cell }), { maxLength: 5 });
  await fc.assert(fc.asyncProperty(rows, async (rows) => {
    await writeCsv(path, rows, ["a", "b"]);
    const cells = [["a", "b"], ...rows.map(({ a, b }) => [a, b])];
    assert.equal(await Deno.readTextFile(path), stringify(cells, { quoted_match: /\r/ }));
  }));
  await Deno.remove(path);
});

Deno.test("csvRows says on which line a row begins, newlines in cells counted", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.csv");
    await Deno.writeTextFile(path, '\ufeffa,b\r\n"1\n\n2",x\r\n\r\n3,y\r\n');
    const rows = await Array.fromAsync(csvRows(path, ["a", "b"]));
    assert.deepEqual(rows, [
      { line: 2, cells: { a: "1\n\n2", b: "x" } },
      { line: 6, cells: { a: "3", b: "y" } },
    ]);
  });
});

Deno.test("csvRows refuses a broken file with file, line and remedy", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.csv");
    const cases: [string | Uint8Array<ArrayBuffer>, RegExp][] = [
      ["", /x\.csv", line 1: the heading lacks "a", "b"\. It has nothing; needed are a,b/],
      ["a,c\n1,2\n", /line 1: the heading lacks "b"\. It has "a", "c"/],
      ["a,b,b\n1,2,3\n", /line 1: two columns are called "b"/],
      ["a,b\n1,2\n1,2,3\n", /line 3: this row has 3 cells, the heading 2/],
      ["a,b\n1,2\n1\n", /line 3: this row has 1 cells, the heading 2/],
      ['a,b\n1,2\n\n"1,2\n3,4\n', /line 4: a quote is opened here and never closed/],
      ['a,b\n1,"2"x\n', /line 2: a cell with quotes stands in quotes/],
      ['a,b\n1,2"\n', /line 2: a cell with quotes.*doubled/],
      [new Uint8Array([0x61, 0x2c, 0x62, 0x0a, 0xe9, 0x2c, 0x0a]), /not UTF-8/],
    ];
    for (const [text, message] of cases) {
      if (typeof text === "string") await Deno.writeTextFile(path, text);
      else await Deno.writeFile(path, text);
      await assert.rejects(cellsOf(path, ["a", "b"]), { name: "RangeError", message });
    }
    await assert.rejects(cellsOf(join(folder, "absent.csv"), ["a"]), /there is no such file/);
  });
});

Deno.test("csvRows closes its file when its reader stops early", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.csv");
    await Deno.writeTextFile(path, "a\n" + "1\n".repeat(200_000));
    for await (const row of csvRows(path, ["a"])) {
      assert.equal(row.line, 2);
      break; // Deno's test runner fails the test if the file stays open
    }
  });
});

Deno.test("writeCsv that fails midway keeps what was there and leaves nothing beside it", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.csv");
    await writeCsv(path, [{ a: 1 }], ["a"]);
    const rows = function* () {
      for (let i = 0; i < 5000; i++) yield { a: i };
      throw new Error("the source broke");
    };
    await assert.rejects(writeCsv(path, rows(), ["a"]), /^Error: the source broke$/);
    assert.equal(await Deno.readTextFile(path), "a\n1\n");
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["x.csv"]);
    await assert.rejects(writeCsv(join(path, "below"), [{ a: 1 }], ["a"]), /Cannot write.*below/);
  });
});

Deno.test("csvRows says how to save a file whose cells are separated by something else than commas", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.csv");
    const files: [text: string, name: string][] = [
      ["path;label\na.jpg;0\n", "semicolons"],
      ['\ufeff"path";"label"\r\na.jpg;0\r\n', "semicolons"],
      ["label\tpath\n0\ta.jpg\n", "tabs"],
      ["path|label\na.jpg|0\n", "bars"],
      ["note;path;label\n1,5;a.jpg;0\n", "semicolons"],
    ];
    for (const [text, name] of files) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(
        cellsOf(path, ["path", "label"]),
        new RegExp(`x\\.csv", line 1: its cells are separated by ${name}, .*Save it with commas`),
      );
    }
  });
});

Deno.test("csvRows names a file that is a folder, missing or barred, in words of its own", async () => {
  await inFolder(async (folder) => {
    const refused: [path: string, words: RegExp][] = [
      [folder, /^Cannot read ".*": it is a folder, not a file\. Name a file in it\.$/],
      [
        join(folder, "none.csv"),
        /^Cannot read ".*none\.csv": there is no such file\. Check the path\.$/,
      ],
      [join(folder, "a\0b"), /^Cannot read ".*": /],
    ];
    for (const [path, words] of refused) {
      await assert.rejects(cellsOf(path, ["path"]), { name: "RangeError", message: words });
      await assert.rejects(
        cellsOf(path, ["path"]),
        ({ message }: Error) => !/os error/.test(message),
      );
    }
  });
});
