/** `suite` on made-up crops: jobs that share it, going on, and what its tables say. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readManifest, writeManifest } from "lib/data/manifest.ts";
import { csvRows } from "lib/io/csv_rows.ts";
import type { SuiteRecord } from "lib/studies/suites/suite_results.ts";
import { parseSuiteOptions } from "lib/tasks/suite/suite_options.ts";
import { runSuite } from "lib/tasks/suite/suite_run.ts";
import { evaluationsOf } from "lib/training/evaluation_files.ts";
import { inFolder } from "../../in_folder.ts";
import { madeUpFolder } from "../../training/made_up_folder.ts";

const SUITE = `question: Does it know squares of the other kind?
detectors: [{ preset: smoke, set: { backbone: conv4, width: 1, steps: 2, validateEvery: 2 } }]
seeds: [1]
train: faces
test: [faces]
leaveOneMethodOut: true
`;

/** A suite with its data: fakes of two methods in every split. */
async function madeUpSuite(folder: string) {
  const manifest = await madeUpFolder(folder, { train: 16, validation: 8, test: 16 });
  const samples = await readManifest(manifest);
  await writeManifest(
    manifest,
    samples.map((sample, i) =>
      sample.label === 0 ? sample : { ...sample, method: i % 4 === 1 ? "A" : "B" }
    ),
  );
  await Deno.writeTextFile(join(folder, "squares.yaml"), SUITE);
  const run = async (...more: string[]) => {
    const options = parseSuiteOptions([
      join(folder, "squares.yaml"),
      ...[
        "--data",
        `faces=${manifest}`,
        "--resamples",
        "10",
        "--out",
        join(folder, "out"),
        ...more,
      ],
    ]);
    assert.ok(options !== "help");
    const lines: string[] = [], signal = new AbortController().signal;
    const say = (line: string) => void lines.push(line);
    const code = await runSuite(options, { signal, say, runsFolder: join(folder, "runs") });
    return { code, said: lines.join("\n") };
  };
  const table = () =>
    Array.fromAsync(csvRows(join(folder, "out", "table.csv"), []), (row) => row.cells);
  return { run, table };
}

Deno.test("runSuite trains without a method, tests on it, shares the work among jobs and goes on", async () => {
  await inFolder(async (folder) => {
    const { run, table } = await madeUpSuite(folder);
    const first = await run("--job", "1/2");
    assert.equal(first.code, 0, first.said);
    assert.match(first.said, /1 of 2 trainings in this job/);
    assert.match(first.said, /1 of 2 trainings are done and tested/);
    assert.deepEqual((await table()).map(({ leftOut, method, met }) => [leftOut, method, met]), [
      ["A", "A", "held out"],
      ["A", "B", "seen"],
      ["A", "all", ""],
    ]);
    await run("--job", "2/2");
    const rows = await table();
    assert.equal(rows.length, 6);
    for (const { run: id, leftOut, method, auc, low } of rows) {
      const kept = (await evaluationsOf(join(folder, "runs", id))).find((row) =>
        row.method === method && row.level === "video" && row.metric === "AUC"
      );
      assert.deepEqual([Number(auc), Number(low)], [kept?.value, kept?.low]);
      const learnt = await Array.fromAsync(
        csvRows(join(folder, "runs", id, "trained_on.csv"), ["video"]),
        ({ cells }) => cells.video,
      );
      const methodOf = new Map(
        (await readManifest(join(folder, "manifest.csv"))).map((
          sample,
        ) => [sample.video, sample.method]),
      );
      assert.ok(learnt.length === 18 && learnt.every((video) => methodOf.get(video) !== leftOut));
    }
    const text = await Deno.readTextFile(join(folder, "out", "suite.json"));
    const record = JSON.parse(text) as SuiteRecord;
    assert.deepEqual([record.version, record.trainings, record.cells.length], [1, 2, 2]);
    const protocols = record.cells.map(({ evaluations }) => evaluations.faces[0].protocol);
    assert.notEqual(protocols[0], protocols[1]); // they learnt from other samples

    const again = await run();
    assert.equal(again.said.match(/evaluated already/g)?.length, 2);
    assert.equal(await Deno.readTextFile(join(folder, "out", "suite.json")), text);
    assert.deepEqual((await run("--collect")).code, 0);
    assert.deepEqual(await table(), rows);
  });
});

Deno.test("parseSuiteOptions and runSuite refuse data that the suite does not know", async () => {
  for (
    const [line, message] of [
      ["", /one suite/],
      ["a.yaml --data faces", /NAME=MANIFEST/],
      ["a.yaml --data a=b --data a=c", /"a" twice/],
      ["a.yaml --resamples x", /--resamples/],
    ] as const
  ) assert.throws(() => parseSuiteOptions(line.split(" ").filter(Boolean)), message);
  await inFolder(async (folder) => {
    const { run } = await madeUpSuite(folder);
    await assert.rejects(run("--data", "target=x"), /has no data called target. It has faces/);
  });
});
