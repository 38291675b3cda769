/** Settings and options from the command line: each wrong one has an error of its own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { plainConfiguration, vary } from "lib/detectors/configuration.ts";
import {
  OFFICIAL_CODE,
  PAPER,
  QUICK,
  SMOKE,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { DETECTORS } from "lib/detectors/register.ts";
import { parseEvaluateOptions } from "lib/tasks/evaluate/evaluate_options.ts";
import { parsePredictOptions } from "lib/tasks/predict/predict_options.ts";
import { configurationFrom, kindFrom } from "lib/tasks/configuration_arguments.ts";
import { plannedRuns } from "lib/tasks/train/planned_runs.ts";
import { parseTrainOptions, USAGE } from "lib/tasks/train/train_options.ts";
import { PAPER_TRAININGS } from "lib/studies/paper_tables/paper_tables.ts";
import { inFolder } from "../in_folder.ts";

const words = (line: string) => line.split(" ").filter((word) => word !== "");
const planned = async (line: string) => {
  const options = parseTrainOptions(words(line));
  assert.ok(options !== "help");
  return await plannedRuns(options);
};
const plain = async (preset: string, changes: string[] = []) =>
  plainConfiguration(await configurationFrom({ preset, changes }));

Deno.test("configurationFrom reads presets, numbers, truth values and lists", async () => {
  assert.deepEqual(await plain("paper"), plainConfiguration(PAPER));
  assert.deepEqual(await plain("officialCode"), plainConfiguration(OFFICIAL_CODE));
  const changed = await plain("smoke", [
    "blocks=3",
    "localInformation=false",
    "crossEntropyTerms=joint",
    "lossForm=official",
    "blocks=4",
  ]);
  const wanted = vary(SMOKE, {
    blocks: 4,
    localInformation: false,
    crossEntropyTerms: ["joint"],
    lossForm: "official",
  });
  assert.deepEqual(changed, plainConfiguration(wanted));
});

Deno.test("configurationFrom keeps one length when steps or epochs are set", async () => {
  const { epochs, steps } = (await plain("paper", ["steps=50"])).training;
  assert.deepEqual([epochs, steps], [0, 50]);
  assert.deepEqual((await plain("quick", ["epochs=2"])).training.steps, 0);
  await assert.rejects(plain("quick", ["epochs=2", "steps=2"]), /one length/);
});

Deno.test("wrong settings each have an error that says what is wrong", async () => {
  const wrong: [string, string[], RegExp][] = [
    ["paper", ["block=3"], /no field "block".*blocks, .*\(exposing_the_deception\)/],
    ["paper", ["blocks=0"], /blocks is 0.*from 1 to 8/],
    ["paper", ["learningRate=NaN"], /learningRate is NaN/],
    ["paper", ["lil=False"], /no field "lil"/],
    ["paper", ["localInformation=False"], /localInformation is "False"/],
    ["paper", ["alpha=3"], /alpha.*no effect/],
    ["paper", ["blocks"], /field=value/],
    ["fast", [], /no preset "fast"/],
    ["toString", [], /no preset/],
  ];
  for (const [preset, changes, message] of wrong) {
    await assert.rejects(
      plain(preset, changes),
      (error: Error) => error instanceof RangeError && message.test(error.message),
      `${preset} ${changes}`,
    );
  }
});

Deno.test("kindFrom takes a name of the register, or a file whose default export is a detector", async () => {
  for (const kind of DETECTORS) assert.equal(await kindFrom(kind.name), kind);
  await assert.rejects(kindFrom("resnet"), /no detector "resnet".*xception.*\.\/mine\.ts/);
  await inFolder(async (folder) => {
    const path = join(folder, "mine.ts");
    await assert.rejects(kindFrom(path), /no file .*mine\.ts/);
    await Deno.writeTextFile(path, "export const x = 1;");
    await assert.rejects(kindFrom(path), /exports no detector.*export default defineDetector/);
  });
});

Deno.test("the usage of train names every detector and the presets of the first", () => {
  for (const { name } of DETECTORS) assert.ok(USAGE.includes(name), name);
  for (const preset of Object.keys(DETECTORS[0].presets)) assert.ok(USAGE.includes(preset), preset);
});

Deno.test("plannedRuns has one run for each seed, and a job's share of a sweep", async () => {
  const { runs: [one] } = await planned("--data m.csv --preset quick --set blocks=3");
  assert.equal(one.name, "exposing_the_deception_quick");
  assert.deepEqual(
    plainConfiguration(one.configuration),
    plainConfiguration(vary(QUICK, { blocks: 3 })),
  );
  const { runs: [other] } = await planned("--data m.csv --detector xception");
  assert.equal(other.name, "xception_faceforensics");
  const shares = await Promise.all(
    ["1/2", "2/2"].map((job) =>
      planned(`--data m.csv --preset smoke --name try --seeds 1,2,3 --job ${job}`)
    ),
  );
  const seeds = shares.map((s) => s.runs.map((run) => run.configuration.training.seed));
  assert.deepEqual(seeds, [[1, 3], [2]]);
  assert.ok(shares.every(({ sweep }) => sweep === 3));
  await assert.rejects(planned("--data a --job 3/2"), /k\/N/);
});

Deno.test("plannedRuns has the paper's tables, with changes for all of them", async () => {
  const all = await planned("--data a.csv --data b.csv --tables all --set epochs=10 --seeds 1,2");
  assert.equal(all.runs.length, 2 * PAPER_TRAININGS.length);
  for (const { name, configuration, dataset } of all.runs) {
    const paper = PAPER_TRAININGS.find((training) => training.name === name)!;
    const { seed } = configuration.training;
    assert.deepEqual(
      plainConfiguration(configuration),
      plainConfiguration(vary(paper.configuration, { epochs: 10, seed })),
    );
    assert.equal(dataset, paper.data);
  }
  await assert.rejects(planned("--data a.csv --tables none"), /no training "none"/);
});

Deno.test("options of train, evaluate and predict refuse what they cannot mean", () => {
  const wrong: [(args: string[]) => unknown, string, RegExp][] = [
    [parseTrainOptions, "", /--data is missing/],
    [parseTrainOptions, "--data a --data b", /one manifest/],
    [parseTrainOptions, "--data a --tables all --preset paper", /leave out --detector, --preset/],
    [parseTrainOptions, "--data a --tables all --detector xception", /leave out --detector/],
    [parseTrainOptions, "--data a --seeds 1,x", /--seeds has "x"/],
    [parseTrainOptions, "--data a --checkpoint-every 0", /--checkpoint-every has "0"/],
    [parseTrainOptions, "--data a --lil_loss False", /lil_loss/],
    [parseEvaluateOptions, "--data a", /One detector/],
    [parseEvaluateOptions, "run", /--data is missing/],
    [parseEvaluateOptions, "run --data a --split val", /--split is "val".*validation/],
    [parseEvaluateOptions, "run --data a --resamples -1", /resamples/],
    [parseEvaluateOptions, "run --data a --set blocks=2", /--set changes a --preset/],
    [parsePredictOptions, "--weights run", /nothing to score/],
    [parsePredictOptions, "a.png --preset officialCode", /--weights is missing/],
    [parsePredictOptions, "a.png --weights run --faces two", /--faces is "two"/],
    [parsePredictOptions, "a.png --weights run --every 0", /--every is "0"/],
    [parsePredictOptions, "a.mp4 --video-rule median", /--video-rule is "median".*sharpened/],
  ];
  for (const [parse, line, message] of wrong) {
    assert.throws(() => parse(words(line)), message, line);
    assert.equal(parse([...words(line), "--help"].filter((w) => w === "--help")), "help");
  }
});
