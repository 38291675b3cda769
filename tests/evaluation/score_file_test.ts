/** Files of anyone's scores: what is read, and what is refused with file, line, column and remedy. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { Sample } from "lib/data/samples.ts";
import { openManifestList } from "lib/data/manifest_list.ts";
import { type JoinedScores, type JoinOptions, joinScores } from "lib/evaluation/joined_scores.ts";
import { probability } from "lib/evaluation/probability.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { parseColumns, scaleOf, type ScoreFormat } from "lib/evaluation/score_columns.ts";
import { readScoreFormat } from "lib/evaluation/score_format_file.ts";
import { type ScoreRow, scoreRows } from "lib/evaluation/score_file.ts";
import { createRandom } from "lib/random.ts";
import { inFolder } from "../in_folder.ts";

/** What a file with this text is read as. */
async function read(text: string | Uint8Array<ArrayBuffer>, format: ScoreFormat = {}) {
  const rows: ScoreRow[] = [];
  await inFolder(async (folder) => {
    const path = `${folder}/scores.csv`;
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    await Deno.writeFile(path, bytes);
    for await (const row of scoreRows(path, format)) rows.push(row);
  });
  return rows;
}

/** What a file with this text is joined to. */
async function join(text: string, options: Partial<JoinOptions> = {}) {
  let joined: JoinedScores | undefined;
  await inFolder(async (folder) => {
    const path = `${folder}/scores.csv`;
    await Deno.writeTextFile(path, text);
    joined = await joinScores(path, { split: "test", dataset: "mine", ...options });
  });
  return joined!;
}

Deno.test("scoreRows reads a file that gzip packed, in two members and across blocks", async () => {
  const rows = Array.from({ length: 9000 }, (_, i) => `clips/${i}.mp4,${i / 9000}\n`);
  const parts = ["path,score\n" + rows.slice(0, 4000).join(""), rows.slice(4000).join("")];
  const packed = new Uint8Array(parts.flatMap((part) => [...gzipSync(part)]));
  const found = await read(packed);
  assert.equal(found.length, 9000);
  assert.deepEqual([found[8999].path, found[8999].line], ["clips/8999.mp4", 9001]);
  assert.ok(Math.abs(probability(found[8999].logOdds!) - 8999 / 9000) < 1e-12);
  await assert.rejects(read(packed.slice(0, 9000)), /scores\.csv.*damaged or cut short.*again/);
});

Deno.test("openManifestList refuses a packed manifest, whose rows it could not find again", async () => {
  await inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/manifest.csv`, new Uint8Array(gzipSync("path,label\n")));
    await assert.rejects(openManifestList(`${folder}/manifest.csv`), /packed by gzip.*Unpack/);
  });
});

Deno.test("scoreRows keeps the order of scores on every scale", async () => {
  const random = createRandom(4, "scores"), labels = [0, 1, 0, 1, 1, 0, 1, 0];
  const values = labels.map((label) => 0.3 * label + 0.7 * random.uniform());
  const auc = rocAuc(values, labels);
  for (
    const [scale, of] of [
      ["probability", (p: number) => p],
      ["real", (p: number) => 1 - p],
      ["log-odds", (p: number) => Math.log(p / (1 - p))],
    ] as const
  ) {
    const text = "path,score\n" + values.map((p, i) => `${i},${of(p)}\n`).join("");
    const rows = await read(text, { scale });
    rows.forEach(({ logOdds }, i) =>
      assert.ok(Math.abs(probability(logOdds!) - values[i]) < 1e-12, scale)
    );
    assert.equal(rocAuc(rows.map((row) => row.logOdds!), labels), auc);
  }
});

Deno.test("scoreRows keeps the order of probabilities that log-odds in double precision do not tell apart", async () => {
  const rising = [0, 5e-324, 1e-300, 1e-45, 3e-17, 2.3e-16, 1e-15, 0.5, 1 - 1e-15, 1 - 2 ** -53, 1];
  const rows = await read("path,score\n" + rising.map((p, i) => `${i},${p}\n`).join(""));
  const logOdds = rows.map((row) => row.logOdds!);
  assert.ok(logOdds.every((value, i) => i === 0 || value > logOdds[i - 1]), logOdds.join(", "));
  assert.ok(logOdds.every((value) => Math.abs(value) < 38.1)); // log loss near scikit-learn's
  assert.deepEqual(rows.filter((row) => row.clipped).map(({ path }) => path), [
    ..."01234",
    "9",
    "10",
  ]);
  const real = await read("path,score\n" + rising.map((p, i) => `${i},${p}\n`).join(""), {
    scale: "real",
  });
  assert.deepEqual(real.map((row) => row.logOdds), logOdds.map((value) => 0 - value));
});

Deno.test("scoreRows tells rows without a score, clipped ones, labels in words and chosen rows", async () => {
  const text = "id,who,prob,label,generator,modality\n" +
    "a,x,0.5,real,coco,images\nb,x,NaN,FAKE,glide,images\nc,x,,fake,,images\n" +
    "d,x,1,fake,sora,video\ne,x,1e-17,fake,sora,images\n";
  const rows = await read(text, { only: { modality: "images" } });
  assert.deepEqual(
    rows.map(({ path, label, method, logOdds }) => [path, label, method, logOdds === undefined]),
    [["a", 0, "real", false], ["b", 1, "glide", true], ["c", 1, "fake", true], [
      "e",
      1,
      "sora",
      false,
    ]],
  );
  assert.deepEqual(rows.map((row) => row.clipped), [false, false, false, true]);
  const named = await read("path,score,label\na,0.1,bona fide\nb,0.9,spoof\n", {
    realLabel: "bona fide",
  });
  assert.deepEqual(named.map((row) => row.label), [0, 1]);
});

Deno.test("scoreRows names file, line, column and remedy of what it cannot take", async () => {
  const cases: readonly [string, ScoreFormat, RegExp][] = [
    ["path,score\na,1.5\n", {}, /scores\.csv", line 2: column "score": "1.5" .*--scale log-odds/],
    ["path,score\na,high\n", {}, /line 2: column "score": "high"/],
    ["path,score\na,inf\n", { scale: "log-odds" }, /line 2: column "score": "inf" .*finite/],
    ["path,score\na,0.5\n,0.5\n", {}, /line 3: column "path": is empty/],
    ["path,score,label\na,0.5,2\n", {}, /line 2: column "label": "2" .*--real-label/],
    ["path,score,label,method\na,0.5,1,real\n", {}, /column "method": "real" does not go/],
    ["name,score\na,0.5\n", {}, /line 1: no column is called "path".*"name", "score".*--columns/],
    ["path,prediction\na,0.5\n", {}, /line 1: no column is called "logOdds" or "score"/],
    ["path;score\na;0.5\n", {}, /separated by semicolons/],
    ["path,score\na,0.5\n", { columns: { video: "clip" } }, /no column "clip" for the video/],
    ["path,score\na,0.5\n", { only: { kind: "x" } }, /no column "kind" to choose rows by/],
  ];
  for (const [text, format, message] of cases) {
    await assert.rejects(read(text, format), (error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("readScoreFormat and parseColumns refuse what says nothing", async () => {
  assert.deepEqual(parseColumns("path=id, score=prob"), { path: "id", score: "prob" });
  assert.throws(() => scaleOf("logit"), /probability, log-odds, real .*not "logit"/);
  for (const text of ["score", "score=", "=a", "frame=a"]) {
    assert.throws(() => parseColumns(text), /path, score, label/);
  }
  await inFolder(async (folder) => {
    for (
      const [text, message] of [
        ["scale: logit\n", /scale is "logit"/],
        ["column: {}\n", /no field "column"/],
        ["columns: { frame: x }\n", /columns is/],
        ["[", /is not YAML/],
        ["x", /holds no fields/],
      ] as const
    ) {
      await Deno.writeTextFile(`${folder}/f.yaml`, text);
      await assert.rejects(readScoreFormat(`${folder}/f.yaml`), message);
    }
  });
});

const sample = (path: string, more: Partial<Sample> = {}): Sample => ({
  path,
  label: path.startsWith("fake") ? 1 : 0,
  dataset: "set",
  method: path.startsWith("fake") ? "DF" : "real",
  video: path.replace(/\/\d+\.png$/, ""),
  split: "test",
  frame: 0,
  identities: [],
  ...more,
});

const EXPECTED = [
  sample("real/a/0.png"),
  sample("real/a/1.png"),
  sample("real/b/0.png"),
  sample("fake/a/0.png"),
  sample("fake/c/0.png", { split: "train" }),
];

Deno.test("joinScores finds samples by path, by its end, and tells missing from failed", async () => {
  const text =
    "path,score\n./real/a/0.png,0.1\n/home/me/x/real/a/1.png,0.2\nC:\\x\\fake\\a\\0.png,nan\n" +
    "fake/c/0.png,0.9\n";
  const joined = await join(text, { expected: EXPECTED });
  assert.deepEqual(
    Array.from(joined.scored.samples, ({ path }) => path),
    EXPECTED.slice(0, 4).map((s) => s.path),
  );
  assert.deepEqual(
    Array.from(joined.scored.predictions, ({ path, method, video }) => [path, method, video]),
    [
      ["real/a/0.png", "real", "real/a"],
      ["real/a/1.png", "real", "real/a"],
    ],
  );
  assert.deepEqual([...joined.scored.unscored].filter((row) => row.failed), [
    { path: "fake/a/0.png", failed: true },
  ]);
  assert.equal(joined.scored.failed, 1);
  assert.equal(joined.joinedByEnd, 2);
});

Deno.test("joinScores joins whole videos, with or without folders and endings before them", async () => {
  const clips = ["real/a.mp4", "real/b.mp4", "fake/c.mp4"];
  const expected = clips.flatMap((video) =>
    [0, 1].map((frame) => sample(`${video}/${frame}.png`, { video, frame }))
  );
  const joined = await join("id,score\na,0.1\nb.mp4,0.3\nfake/c,0.8\n", { expected, by: "video" });
  assert.deepEqual(Array.from(joined.scored.predictions, ({ path }) => path), clips);
  assert.equal(joined.joinedByEnd, 3);
});

Deno.test("joinScores refuses what cannot be told, with lines", async () => {
  const cases: readonly [string, Partial<JoinOptions>, RegExp][] = [
    ["path,score\n0.png,0.1\n", {}, /line 2: "0.png" may be any of 4 samples, such as "real\/a/],
    [
      "path,score\nreal/a/0.png,0.1\nx/real/a/0.png,0.2\n",
      {},
      /line 3: .* a score in line 2 already/,
    ],
    ["path,score\nreal/z.png,0.1\n", {}, /1 of 1 rows are of no sample.*line 2 "real\/z.png"/],
    [
      "path,score,label\nreal/a/0.png,0.1,1\n",
      {},
      /line 2: the label of .* is 1, and the data's is 0/,
    ],
    [
      "path,score\nreal/a/0.png,0.1\n",
      { split: "validation" },
      /no samples of the split validation/,
    ],
  ];
  for (const [text, options, message] of cases) {
    await assert.rejects(join(text, { expected: EXPECTED, ...options }), message);
  }
  const alone: readonly [string, RegExp][] = [
    ["path,score\na,0.1\n", /no labels.*--columns label=NAME.*--data/],
    ["path,score,label\na,0.1,0\nb,0.2,1\na,0.1,0\n", /line 4: "a" has a score in line 2 already/],
    [
      "path,score,label,video\na,0.1,0,v\nb,0.2,1,v\n",
      /line 3: the video "v" has label 1 here and 0/,
    ],
    ["path,score,label,split\na,0.1,0,val\n", /no rows of the split test. It has val/],
    ["path,score,label\n", /has no rows/],
  ];
  for (const [text, message] of alone) await assert.rejects(join(text), message);
});

Deno.test("joinScores leaves rows of no sample out and counts them where that is asked for", async () => {
  const options = { expected: EXPECTED, skipStrangers: true };
  const joined = await join("path,score\nreal/z.png,0.1\nreal/a/0.png,0.2\n", options);
  assert.deepEqual([joined.strangers, joined.scored.predictions.length], [1, 1]);
});
