import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { cellsOf, type CsvRecord, csvRecords } from "lib/io/csv_records.ts";
import { inFolder } from "../in_folder.ts";

/** All records, or undefined for a file that is refused. */
async function read(path: string): Promise<CsvRecord[] | undefined> {
  const records: CsvRecord[] = [];
  for await (const part of csvRecords(path)) {
    records.push(...part.records);
    if (part.fault) return undefined;
  }
  return records;
}

/** What another parser makes of it. */
function parsed(bytes: Uint8Array): string[][] | undefined {
  try {
    return parse(bytes, {
      bom: true,
      record_delimiter: ["\r\n", "\n"],
      relax_column_count: true,
    }) as string[][];
  } catch {
    return undefined;
  }
}

Deno.test("csvRecords reads and refuses what csv-parse does, whatever the text", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.csv");
    const piece = fc.constantFrom('"', '"', ",", "\n", "\r\n", "\r", "a", " ", "é", "語", "\ufeff");
    const cell = fc.constantFrom('"a"', '"x, y"', '"1\n2"', '""""', "", "b", "日");
    const text = fc.oneof(
      fc.array(piece, { maxLength: 12 }),
      fc.array(cell, { maxLength: 12 }).map((cells) => [cells.join(","), "\n", cells.join("\n")]),
    );
    let refused = 0, taken = 0;
    await fc.assert(
      fc.asyncProperty(text, async (pieces) => {
        const bytes = new TextEncoder().encode(pieces.join(""));
        await Deno.writeFile(path, bytes);
        const records = await read(path), expected = parsed(bytes);
        assert.deepEqual(records?.map(({ cells }) => cells), expected);
        if (records) taken++;
        else refused++;
      }),
      { numRuns: 500 },
    );
    assert.ok(taken > 100 && refused > 50, `${taken} taken, ${refused} refused`);
  }));

Deno.test("csvRecords says where each record is, so that it is read alone, in files of many blocks", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.csv");
    const long = "long ".repeat(200_000); // longer than what is read at a time
    const rows = Array.from(
      { length: 30_000 },
      (_, i) => `${i},"a ""${i}""\nb",é${"x".repeat(i % 50)}`,
    );
    rows[7] = `7,"${long}\n",e`;
    rows[20_000] = `20000,${long},e`;
    await Deno.writeTextFile(path, "\ufeff" + rows.map((row) => row + "\r\n\n").join(""));
    const bytes = await Deno.readFile(path);
    const records = (await read(path))!.filter(({ cells }) => cells.length > 1);
    assert.equal(records.length, rows.length);
    records.forEach(({ cells, offset, line }, i) => {
      const end = records[i + 1]?.offset ?? bytes.length;
      assert.deepEqual(cellsOf(bytes.subarray(offset, end)), cells);
      assert.equal(cells[0], `${i}`);
      if (i < 7) assert.equal(line, 1 + 3 * i); // two of the row, one blank
    });
    assert.equal(records[7].cells[1].length, long.length + 1);
  }));
