/** What prepare says and refuses, in this process: its work needs no set-up. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { readManifest } from "lib/data/manifest.ts";
import { parsePrepareOptions } from "lib/tasks/prepare/prepare_options.ts";
import { prepareDataSet } from "lib/tasks/prepare/prepare_run.ts";
import { inFolder } from "../../in_folder.ts";

/** Runs the work; gives its exit code and all lines. */
async function prepare(folder: string, dataSet: string, ...more: string[]) {
  const options = parsePrepareOptions([
    dataSet,
    "--out",
    join(folder, "out"),
    "--size",
    "32",
    ...more,
  ]);
  assert.ok(options !== "help");
  const lines: string[] = [];
  const code = await prepareDataSet(options, {
    descriptions: join(folder, "data"),
    signal: new AbortController().signal,
    say: (line) => lines.push(...line.split("\n")),
  });
  return { code, said: lines.join("\n"), last: lines.at(-1)! };
}

/** Photographs by path, each in bytes of its own; the number says which of the six. */
async function photographs(root: string, files: Record<string, number>): Promise<void> {
  for (const [path, n] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(root, path)), { recursive: true });
    const bytes = await Deno.readFile(demoPhotographs()[n]!);
    const comment = new TextEncoder().encode(path);
    const marker = [0xff, 0xfe, 0, comment.length + 2, ...comment];
    await Deno.writeFile(
      join(root, path),
      new Uint8Array([...bytes.slice(0, 2), ...marker, ...bytes.slice(2)]),
    );
  }
}

Deno.test("prepare of a plain real/fake folder says that nothing can be trained, and how; with shares it can", async () => {
  await inFolder(async (folder) => {
    const root = join(folder, "mine"), names = "abcdefgh".split("");
    await photographs(
      root,
      Object.fromEntries(
        names.flatMap((name) => [[`real/${name}.jpg`, 4], [`fake/${name}.jpg`, 4]]),
      ),
    );
    const plain = await prepare(folder, root);
    assert.equal(plain.code, 0, plain.said);
    assert.match(
      plain.said,
      /Nothing can be trained on it: all 16 are for test\. .*\n16 videos or pictures;/,
    );
    assert.match(
      plain.last,
      /"split: train" and "validation: 0\.1".* deno task evaluate <run> --data .*manifest\.csv$/,
    );
    const shares = await prepare(folder, root, "--validation", "0.3", "--test", "0.2");
    assert.match(shares.said, /16 kept from before/);
    const samples = await readManifest(join(folder, "out", "manifest.csv"));
    const splits = (label: 0 | 1) =>
      samples.filter((sample) => sample.label === label).map(({ split }) => split);
    assert.deepEqual(splits(0), splits(1)); // a real and the fake called after it are on one side
    assert.ok(splits(0).includes("train"));
    assert.match(shares.last, /Next: deno task train --data .*manifest\.csv/);
  });
});

Deno.test("prepare refuses one path, and one content, under both labels, naming both", async () => {
  await inFolder(async (folder) => {
    const root = join(folder, "mine"), csv = join(root, "dupe.csv");
    await photographs(root, { "real/a.jpg": 4 });
    await Deno.writeTextFile(csv, "path,label\nreal/a.jpg,0\nreal/a.jpg,1\n");
    await assert.rejects(prepare(folder, csv), {
      name: "RangeError",
      message: /label 0 in line 2 and has label 1 in line 3/,
    });
    await Deno.mkdir(join(root, "fake"));
    await Deno.copyFile(join(root, "real/a.jpg"), join(root, "fake/b.jpg"));
    await assert.rejects(prepare(folder, root), {
      name: "RangeError",
      message: /"real\/a\.jpg" with label 0 and "fake\/b\.jpg" with label 1/,
    });
  });
});

Deno.test("prepare of fakes alone says so loudly, names what it left out, and ends with 1", async () => {
  await inFolder(async (folder) => {
    const root = join(folder, "mine");
    await photographs(root, { "fake/a.jpg": 4, "real/b": 4, "real/c.xyz": 4 });
    const { code, said, last } = await prepare(folder, root);
    assert.equal(code, 1);
    assert.match(
      said,
      /"real\/b": it is neither a picture nor a video[\s\S]*"real\/c\.xyz": it is neither/,
    );
    assert.match(last, /^THERE IS NOTHING REAL IN IT, only fakes/);
    assert.equal((await readManifest(join(folder, "out", "manifest.csv"))).length, 1);
  });
});

Deno.test("prepare of reals alone with landmarks ends with 0 and says how fakes are made of them", async () => {
  await inFolder(async (folder) => {
    const root = join(folder, "mine");
    await photographs(root, { "real/a.jpg": 4, "real/b.jpg": 5 });
    const kept = await prepare(join(folder, "kept"), root, "--landmarks");
    assert.equal(kept.code, 0);
    assert.doesNotMatch(kept.said, /NOTHING FAKE/);
    assert.match(
      kept.last,
      /deno task forge \S*manifest\.csv --out <folder>\. Nothing can be trained/,
    );
    const shares = ["--landmarks", "--validation", "0.2", "--test", "0"];
    const split = await prepare(join(folder, "split"), root, ...shares);
    assert.match(split.last, /, or fakes made while it trains: .*manifest\.csv --set forge=SBI$/);
  });
});

Deno.test("prepare counts pictures of a kind that is not read, and broken ones, as unreadable: exit code 1", async () => {
  await inFolder(async (folder) => {
    const root = join(folder, "mine");
    await photographs(root, { "real/a.jpg": 4, "fake/b.jpg": 4, "fake/v/01.jpg": 4 });
    await Deno.writeTextFile(join(root, "real/c.heic"), "not read");
    await Deno.mkdir(join(root, "fake/DF/v"), { recursive: true });
    await Deno.rename(join(root, "fake/v/01.jpg"), join(root, "fake/DF/v/01.jpg"));
    await Deno.writeTextFile(join(root, "fake/DF/v/02.jpg"), "broken");
    const { code, said, last } = await prepare(folder, root);
    assert.equal(code, 1);
    assert.match(said, /Cannot be read, see report\.csv: "real\/c\.heic"/);
    assert.match(said, /1 pictures cannot be read: "fake\/DF\/v"/);
    assert.match(said, /1 of 4 could not be read[\s\S]*1 pictures could not be read among others/);
    assert.match(last, /evaluate <run> --data/);
  });
});

Deno.test("prepare of a list whose paths are all wrong is an error, with no manifest left", async () => {
  await inFolder(async (folder) => {
    const csv = join(folder, "list.csv"); // its crops may go into a folder beside it
    await Deno.writeTextFile(csv, "path,label\nnowhere/a.jpg,0\nnowhere/b.jpg,1\n");
    const { code, last } = await prepare(folder, csv);
    assert.equal(code, 1);
    assert.match(last, /^Nothing could be read, so there is no manifest\. .*are the paths right\?/);
    await assert.rejects(Deno.stat(join(folder, "out", "manifest.csv")), Deno.errors.NotFound);
  });
});

Deno.test("prepare and doctor refuse shares and rules that a reader does not look at", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "data/ff"), { recursive: true });
    await Deno.writeTextFile(
      join(folder, "data/ff.yaml"),
      "name: FF\nreader: faceforensics\nroot: ff\n",
    );
    await assert.rejects(
      prepare(folder, "ff", "--test", "0.1"),
      /--test means nothing to the reader faceforensics/,
    );
    await assert.rejects(
      prepare(folder, "ff", "--test", "0.7"),
      /--test is "0\.7", not a number from 0 to 0\.5/,
    );
    await assert.rejects(
      prepare(folder, "ff", "--group", "colour"),
      /--group is folder, name or none/,
    );
  });
});
