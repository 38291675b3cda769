/** Settings and options from the command line: each wrong one has an error of its own. */
import assert from "node:assert/strict";
import { OFFICIAL_CODE, PAPER, QUICK, SMOKE } from "lib/config.ts";
import { parseEvaluateOptions } from "lib/tasks/evaluate/evaluate_options.ts";
import { parsePredictOptions } from "lib/tasks/predict/predict_options.ts";
import { settingsFrom } from "lib/tasks/configuration_arguments.ts";
import { parseTrainOptions } from "lib/tasks/train/train_options.ts";
import { PAPER_TRAININGS } from "lib/studies/paper_tables/paper_tables.ts";

const words = (line: string) => line.split(" ").filter((word) => word !== "");
const trained = (line: string) => {
  const options = parseTrainOptions(words(line));
  assert.ok(options !== "help");
  return options;
};

Deno.test("settingsFrom reads presets, numbers, truth values and lists", () => {
  assert.deepEqual(settingsFrom("paper"), PAPER);
  assert.deepEqual(settingsFrom("officialCode"), OFFICIAL_CODE);
  const changed = settingsFrom("smoke", [
    "blocks=3",
    "localInformation=false",
    "crossEntropyTerms=joint",
    "lossForm=official",
    "blocks=4",
  ]);
  assert.deepEqual(changed, {
    ...SMOKE,
    blocks: 4,
    localInformation: false,
    crossEntropyTerms: ["joint"],
    lossForm: "official",
  });
});

Deno.test("settingsFrom keeps one length when steps or epochs are set", () => {
  const { epochs, steps } = settingsFrom("paper", ["steps=50"]);
  assert.deepEqual([epochs, steps], [0, 50]);
  assert.deepEqual(settingsFrom("quick", ["epochs=2"]).steps, 0);
  assert.throws(() => settingsFrom("quick", ["epochs=2", "steps=2"]), /one length/);
});

Deno.test("wrong settings each have an error that says what is wrong", () => {
  const wrong: [string, string[], RegExp][] = [
    ["paper", ["block=3"], /no field "block"/],
    ["paper", ["blocks=0"], /blocks is 0.*from 1 to 8/],
    ["paper", ["learningRate=NaN"], /learningRate is NaN/],
    ["paper", ["lil=False"], /no field "lil"/],
    ["paper", ["localInformation=False"], /localInformation is "False"/],
    ["paper", ["blocks"], /field=value/],
    ["fast", [], /no preset "fast"/],
    ["toString", [], /no preset/],
  ];
  for (const [preset, changes, message] of wrong) {
    assert.throws(() => settingsFrom(preset, changes), message);
  }
});

Deno.test("parseTrainOptions plans one run for each seed, and a job's share of a sweep", () => {
  const one = trained("--data m.csv --preset quick --set blocks=3");
  assert.deepEqual(one.runs, [{ name: "quick", configuration: { ...QUICK, blocks: 3 } }]);
  const shares = ["1/2", "2/2"].map((job) =>
    trained(`--data m.csv --preset smoke --name try --seeds 1,2,3 --job ${job}`)
  );
  assert.deepEqual(shares.map((s) => s.runs.map((run) => run.configuration.seed)), [[1, 3], [2]]);
  assert.ok(shares.every(({ sweep }) => sweep === 3));
});

Deno.test("parseTrainOptions plans the paper's tables, with changes for all of them", () => {
  const all = trained("--data a.csv --data b.csv --tables all --set epochs=10 --seeds 1,2");
  assert.equal(all.runs.length, 2 * PAPER_TRAININGS.length);
  for (const { name, configuration, dataset } of all.runs) {
    const paper = PAPER_TRAININGS.find((training) => training.name === name)!;
    assert.deepEqual(configuration, {
      ...paper.configuration,
      epochs: 10,
      seed: configuration.seed,
    });
    assert.equal(dataset, paper.data);
  }
  assert.throws(() => trained("--data a.csv --tables none"), /no training "none"/);
});

Deno.test("options of train, evaluate and predict refuse what they cannot mean", () => {
  const wrong: [(args: string[]) => unknown, string, RegExp][] = [
    [parseTrainOptions, "", /--data is missing/],
    [parseTrainOptions, "--data a --data b", /one manifest/],
    [parseTrainOptions, "--data a --tables all --preset paper", /leave out --preset/],
    [parseTrainOptions, "--data a --job 3/2", /k\/N/],
    [parseTrainOptions, "--data a --seeds 1,x", /--seeds has "x"/],
    [parseTrainOptions, "--data a --checkpoint-every 0", /--checkpoint-every has "0"/],
    [parseTrainOptions, "--data a --lil_loss False", /lil_loss/],
    [parseEvaluateOptions, "--data a", /One detector/],
    [parseEvaluateOptions, "run", /--data is missing/],
    [parseEvaluateOptions, "run --data a --split val", /--split is "val".*validation/],
    [parseEvaluateOptions, "run --data a --resamples -1", /resamples/],
    [parseEvaluateOptions, "run --data a --set blocks=2", /--set changes a --preset/],
    [parsePredictOptions, "--weights run", /nothing to score/],
    [parsePredictOptions, "a.png", /--weights is missing/],
    [parsePredictOptions, "a.png --weights run --faces two", /--faces is "two"/],
    [parsePredictOptions, "a.png --weights run --every 0", /--every is "0"/],
  ];
  for (const [parse, line, message] of wrong) {
    assert.throws(() => parse(words(line)), message, line);
    assert.equal(parse([...words(line), "--help"].filter((w) => w === "--help")), "help");
  }
});
