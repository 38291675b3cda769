/** `train` refuses videos and people that are in two splits before anything is read. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeManifest } from "lib/data/manifest.ts";
import type { Sample, Split } from "lib/data/samples.ts";
import { parseTrainOptions } from "lib/tasks/train/train_options.ts";
import { trainRuns } from "lib/tasks/train/train_runs.ts";
import { inFolder } from "../../in_folder.ts";

const sample = (i: number, split: Split, changes: Partial<Sample> = {}): Sample => ({
  path: `not there ${split} ${i}.png`,
  label: (i % 2) as 0 | 1,
  dataset: "mine",
  method: i % 2 ? "DF" : "real",
  video: `${split}/${i}`,
  split,
  frame: 0,
  identities: [`${split} ${i}`],
  ...changes,
});

/** What is said of a manifest of four videos of each split, and one more. */
async function refused(more: Sample, options = ""): Promise<string> {
  let message = "nothing";
  await inFolder(async (folder) => {
    const splits = ["train", "validation", "test"] as const;
    const samples = splits.flatMap((split) => [0, 1, 2, 3].map((i) => sample(i, split)));
    await writeManifest(join(folder, "manifest.csv"), [...samples, more]);
    const line = `--data ${folder}/manifest.csv --preset smoke --set batchSize=2 ${options}`;
    const parsed = parseTrainOptions(line.trim().split(" "));
    assert.ok(parsed !== "help");
    const { signal } = new AbortController();
    const surroundings = { signal, say: () => {}, runsFolder: join(folder, "runs") };
    await trainRuns(parsed, surroundings).catch((error) => message = error.message);
  });
  return message;
}

Deno.test("trainRuns refuses a training video among the test's, although test samples are not read", async () => {
  const video = await refused(sample(9, "test", { video: "train/1" }));
  assert.match(video, /video "train\/1" of mine is in train and test/);
});

Deno.test("trainRuns refuses people of training in validation, unless that is allowed", async () => {
  const person = sample(8, "validation", { identities: ["train 1"] });
  assert.match(await refused(person), /identity "train 1" .*--allow-shared-identities/);
  assert.match(await refused(person, "--allow-shared-identities"), /not there/); // now files are read
});
