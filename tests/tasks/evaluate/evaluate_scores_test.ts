/** `evaluate --scores`: anyone's scores, with and without the data that they are of. */
import assert from "node:assert/strict";
import { csvRows } from "lib/io/csv_rows.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { createRandom } from "lib/random.ts";
import { evaluateScores } from "lib/tasks/evaluate/evaluate_scores.ts";
import { parseScoresOptions } from "lib/tasks/evaluate/scores_options.ts";
import { evaluationsOf } from "lib/training/evaluation_files.ts";
import { evaluationRecordsOf } from "lib/training/evaluation_record.ts";
import { inFolder } from "../../in_folder.ts";

/** Runs the command, and gives its exit code and what it said. */
async function evaluate(...args: string[]): Promise<{ code: number; said: string }> {
  const options = parseScoresOptions(args);
  assert.ok(options !== "help");
  const lines: string[] = [];
  const surroundings = {
    signal: new AbortController().signal,
    say: (line: string) => void lines.push(line),
  };
  return { code: await evaluateScores(options, surroundings), said: lines.join("\n") };
}

/** A file in a folder whose name fits. */
const fileIn = (folder: string, name: RegExp) =>
  `${folder}/${[...Deno.readDirSync(folder)].map((entry) => entry.name).find((n) => name.test(n))}`;

/** A folder of videos, as far as their names go, and a file with a score for each but two. */
async function madeUpVideos(folder: string): Promise<{ scores: number[]; labels: number[] }> {
  const random = createRandom(1, "scores"), lines = ["file,p_real"];
  const scores: number[] = [], labels: number[] = [];
  for (const [place, label] of [["real", 0], ["fake/DF", 1], ["fake/NT", 1]] as const) {
    await Deno.mkdir(`${folder}/videos/${place}`, { recursive: true });
    for (let i = 0; i < 12; i++) {
      await Deno.writeTextFile(`${folder}/videos/${place}/${i}.mp4`, "");
      const score = Math.round(1e4 * (0.6 * random.uniform() + 0.3 * label)) / 1e4;
      if (place === "fake/NT" && i === 11) continue; // nobody asked
      const isNone = place === "real" && i === 0;
      lines.push(`/data/videos/${place}/${i}.mp4,${isNone ? "nan" : 1 - score}`);
      if (isNone) continue;
      scores.push(score);
      labels.push(label);
    }
  }
  await Deno.writeTextFile(`${folder}/theirs.csv`, lines.join("\n"));
  return { scores, labels };
}

Deno.test("evaluateScores measures a file of paths and scores on a folder of videos, and says what is missing", async () => {
  await inFolder(async (folder) => {
    const { scores, labels } = await madeUpVideos(folder), out = `${folder}/out`;
    const args = ["--scores", `${folder}/theirs.csv`, "--data", `${folder}/videos`, "--out", out];
    const { code, said } = await evaluate(
      ...args,
      ..."--columns path=file,score=p_real --scale real --resamples 50".split(" "),
    );
    assert.equal(code, 1); // two videos have no score
    const rows = await evaluationsOf(out);
    const row = (method: string, metric: string) =>
      rows.find((row) => row.method === method && row.level === "video" && row.metric === metric)!;
    assert.ok(Math.abs(row("all", "AUC").value! - rocAuc(scores, labels)) < 1e-12);
    assert.ok(row("DF", "AUC").low! <= row("DF", "AUC").value!);
    const counts = ["expected", "scored", "missing", "failed"].map((name) =>
      row("all", name).value
    );
    assert.deepEqual(counts, [36, 34, 1, 1]);
    const unscored = await Array.fromAsync(
      csvRows(fileIn(out, /^unscored/), ["path", "problem"]),
      ({ cells }) => [cells.path, cells.problem],
    );
    assert.deepEqual(unscored, [["real/0.mp4", "failed"], ["fake/NT/11.mp4", "missing"]]);
    assert.match(said, /35 rows were joined by the end of their path/);
    const record = (await evaluationRecordsOf(out))[0];
    assert.deepEqual([record.detector.name, record.detector.scores], ["theirs", "file"]);
    assert.equal(record.metrics.length, record.metrics.filter((row) => row.samples > 0).length);
    const page = await Deno.readTextFile(`${out}/index.html`);
    assert.match(page, /<b>34 of 36<\/b> expected\s+videos/);
    assert.match(page, /<td>DF<\/td>/);
    for (const [, file] of page.matchAll(/<img src="([^"]+)"/g)) await Deno.stat(`${out}/${file}`);
    assert.ok(/<img/.test(page) || /There are no pictures: /.test(page));

    await Deno.writeTextFile(`${folder}/theirs.csv`, "file,p_real\nreal/1.mp4,0.5\n");
    await assert.rejects(
      evaluate(...args, "--columns", "path=file,score=p_real", "--scale", "real"),
      /holds the evaluation of other scores of videos\. Choose another folder/,
    );
  });
});

Deno.test("evaluateScores takes labels from the file, --format from YAML, and warns of one value by label", async () => {
  await inFolder(async (folder) => {
    const lines = Array.from({ length: 200 }, (_, i) => {
      const score = i % 4 === 1 ? 0.5 : (i * 37 % 100) / 101;
      return `${i},${score},${i % 2 ? "fake" : "real"},${i % 2 ? "GAN" : "camera"},v`;
    });
    const text = ["id,p,label,generator,kind", ...lines, "x,0.1,real,,other"].join("\n");
    await Deno.writeTextFile(`${folder}/scores.csv`, text);
    await Deno.writeTextFile(`${folder}/f.yaml`, "columns: { score: p }\nonly: { kind: v }\n");
    const { code, said } = await evaluate(
      ...`--scores ${folder}/scores.csv --format ${folder}/f.yaml --resamples 0 --no-figures`.split(
        " ",
      ),
      ...["--out", `${folder}/out`],
    );
    assert.equal(code, 0);
    assert.match(
      said,
      /Warning: .*\(score 0\.5000\) are those of 0 of 100 .* and 50 of 100 \(50\.0 %\)/,
    );
    assert.match(said, /each row counts as a video of its own/);
    assert.match(said, /^GAN +video +AUC/m);
  });
});

Deno.test("parseScoresOptions refuses a detector beside the scores, and what it does not know", () => {
  const refused: readonly [string, RegExp][] = [
    ["a_run --scores s.csv", /takes the place of a detector/],
    ["--scores s.csv --join frame", /--join is path or video/],
    ["--scores s.csv --only modality", /COLUMN=TEXT/],
    ["--scores s.csv --scale logit", /log-odds, real/],
    ["--scores s.csv --split val", /--split is "val"/],
    ["--scores s.csv --preset paper", /preset/],
  ];
  for (const [line, message] of refused) {
    assert.throws(() => parseScoresOptions(line.split(" ")), message);
  }
});
