/** Comparisons as a command: what is joined, what is said, what is written, and what is refused. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { logLoss } from "lib/evaluation/log_loss.ts";
import { type PredictionRow, writePredictions } from "lib/evaluation/prediction_file.ts";
import { probability } from "lib/evaluation/probability.ts";
import { videoScoresBy } from "lib/evaluation/video_rules.ts";
import { csvRows } from "lib/io/csv_rows.ts";
import { createRandom } from "lib/random.ts";
import { parseCompareOptions } from "lib/tasks/compare/compare_options.ts";
import { compareContenders } from "lib/tasks/compare/compare_run.ts";
import { inFolder } from "../../in_folder.ts";

/** Predictions of 40 videos of two frames, of which a skilled detector knows more. */
function predictions(skill: number, seed: number): PredictionRow[] {
  const random = createRandom(seed);
  return Array.from({ length: 80 }, (_, i) => {
    const v = i >> 1,
      method = ["real", "DF", "real", "FS"][v % 4],
      label = method === "real" ? 0 : 1;
    const logOdds = skill * (label - 0.5) + random.normal();
    return {
      path: `${method}/${v}/${i}.png`,
      label,
      dataset: "made up",
      method,
      video: `${method}/${v}`,
      split: "test",
      frame: i % 2,
      logOdds,
      score: probability(logOdds),
    };
  });
}

/** Runs the command and gives what it said. */
async function compared(...args: string[]): Promise<string> {
  const options = parseCompareOptions([...args, "--resamples", "200", "--no-figures"]);
  assert.ok(options !== "help");
  const lines: string[] = [], signal = new AbortController().signal;
  assert.equal(await compareContenders(options, { signal, say: (line) => lines.push(line) }), 0);
  return lines.join("\n");
}

Deno.test("compareContenders joins a run's folder and anyone's scores, names what is not shared, and writes it", async () => {
  await inFolder(async (folder) => {
    const good = predictions(5, 1), bad = predictions(0, 2).slice(3);
    await Deno.mkdir(join(folder, "run"));
    await writePredictions(join(folder, "run", "predictions-made-up-test-1.csv"), good);
    // Other names for folders, no video and no method: all that is taken from the run's samples.
    const text = bad.map(({ path, score }) => `/elsewhere/${path},${score}`).join("\n");
    await Deno.writeTextFile(
      join(folder, "theirs.csv"),
      `file,prob\n${text}\n/elsewhere/x.png,0.5\n`,
    );
    const out = join(folder, "out");
    const said = await compared(
      `ours=${join(folder, "run")}`,
      join(folder, "theirs.csv"),
      "--out",
      out,
    );
    assert.match(said, /77 samples of 39 videos are in all/);
    assert.match(said, /3 samples of ours are not in all others.*: real\/0\/0.png/);
    assert.match(said, /theirs: .*theirs.csv \(1 rows are of no sample/);
    assert.match(said, /ours is better than theirs by AUC: ours − theirs is \+\.\d{3}/);
    assert.match(said, /by accuracy on FS/);
    assert.match(said, /Each detector is one training/);
    const rows = await Array.fromAsync(
      csvRows(join(out, "comparison.csv"), ["difference", "holm"]),
    );
    assert.deepEqual(
      rows.map(({ cells }) => `${cells.metric} ${cells.method} ${cells.test}`),
      ["all", "DF", "FS"].flatMap((method) => [
        `AUC ${method} DeLong by video`,
        `accuracy ${method} McNemar (mid-p)`,
      ]),
    );
    const json = JSON.parse(await Deno.readTextFile(join(out, "comparison.json")));
    assert.equal(json.rows.length, 6);
    assert.deepEqual(json.notShared[0].samples, ["real/0/0.png", "real/0/1.png", "DF/1/2.png"]);
    const strays = await Array.fromAsync(csvRows(join(out, "not_compared.csv"), ["sample"]));
    assert.equal(strays.length, 3);
  });
});

Deno.test("compareContenders takes several seeds of a method, and columns of one file", async () => {
  await inFolder(async (folder) => {
    const [one, two, three] = [1, 2, 3].map((seed) => predictions(1, seed));
    const path = join(folder, "all.csv");
    const lines = one.map((row, i) =>
      [row.path, row.video, row.method, row.label, row.score, two[i].score, three[i].score].join()
    );
    await Deno.writeTextFile(path, `path,video,method,label,s1,s2,s3\n${lines.join("\n")}\n`);
    const said = await compared(`a=${path}:s1,${path}:s2`, `b=${path}:s3`, "--metric", "log-loss");
    assert.match(said, /by log loss.*videos and seeds/);
    assert.doesNotMatch(said, /Each detector is one training/);
    const frames = await compared(
      `${path}:s1`,
      `${path}:s2`,
      "--level",
      "frame",
      "--metric",
      "accuracy",
    );
    assert.match(frames, /not told apart by accuracy.*paired bootstrap/);
  });
});

Deno.test("compareContenders says what cannot be compared", async () => {
  await inFolder(async (folder) => {
    const run = join(folder, "run");
    await Deno.mkdir(run);
    await assert.rejects(compared(run, join(folder, "no")), /run has no predictions/);
    for (const name of ["a", "b"]) {
      await writePredictions(join(run, `predictions-${name}.csv`), predictions(1, 1));
    }
    await assert.rejects(
      compared(run, join(folder, "no")),
      /several predictions.*Choose with --on/,
    );
    await assert.rejects(
      compared(run, join(folder, "no"), "--on", "a.csv"),
      /no such folder, no run/,
    );
    await assert.rejects(compared(run, join(folder, "no.csv"), "--on", "a.csv"), /no\.csv/);
  });
});

Deno.test("compareContenders makes videos by the rule that is asked for, and says so", async () => {
  await inFolder(async (folder) => {
    const lists = { good: predictions(5, 1), bad: predictions(1, 2) }, out = join(folder, "out");
    for (const [name, rows] of Object.entries(lists)) {
      await Deno.mkdir(join(folder, name));
      await writePredictions(join(folder, name, "predictions-made-up-test-1.csv"), rows);
    }
    const said = await compared(
      ...[join(folder, "good"), join(folder, "bad")],
      ...["--video-rule", "sharpened", "--metric", "log-loss", "--out", out],
    );
    assert.match(said, /by the rule "sharpened"/);
    const { videoRule, rows: [row] } = JSON.parse(
      await Deno.readTextFile(join(out, "comparison.json")),
    );
    assert.equal(videoRule, "sharpened");
    const [good, bad] = Object.values(lists).map((rows) => {
      const videos = videoScoresBy("sharpened", rows);
      return logLoss(videos.map((v) => v.logOdds), videos.map((v) => v.label));
    });
    assert.deepEqual([row.firstValue, row.secondValue], [good, bad]);
  });
});

Deno.test("parseCompareOptions refuses what it does not know", () => {
  for (
    const [args, words] of [
      [["a"], /Two or more/],
      [["x/run", "y/run"], /Two are called "run"/],
      [["a", "b", "--metric", "F1"], /--metric is "F1"/],
      [["a", "b", "--level", "clip"], /video or frame/],
      [["a", "b", "--resamples", "10"], /100 or more/],
      [["a", "b="], /names nothing/],
      [["a", "b", "--video-rule", "surestFace"], /--video-rule is "surestFace".*sharpened/],
      [["a", "b", "--video-rule", "max", "--level", "frame"], /belongs to --level video/],
    ] as const
  ) assert.throws(() => parseCompareOptions(args), words);
});
