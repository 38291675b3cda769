/** Self-blended images' detector against PyTorch in float64, on weights and images of the fixtures' formula. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { cropSource } from "lib/batches/batch_source.ts";
import { blankParameters } from "lib/detectors/blank_parameters.ts";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { loadPublished } from "lib/detectors/published_weights.ts";
import { sbi, type SbiSettings } from "lib/detectors/sbi.ts";
import { stagesFromTop } from "lib/detectors/stages.ts";
import { startEngine } from "lib/engine/engine.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { storeFloat32, type TensorFile } from "lib/networks/weights/safetensors.ts";
import { parametersUnder } from "lib/networks/weights/state_dict.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
import { stepInputs, stepNumbers } from "lib/training/captured_training_step.ts";
import { restoreCheckpoint, saveCheckpoint } from "lib/training/checkpoint.ts";
import { createLearner, type Learner } from "lib/training/learner.ts";
import { BEGINNING } from "lib/training/selection.ts";
import { learn, trainingStep } from "lib/training/step.ts";
import { inFolder } from "../in_folder.ts";
import {
  fillImages,
  fillParameters,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "../networks/fixture_formula.ts";
import { squares } from "./squares.ts";

await startEngine();

interface Case {
  readonly parameters: number;
  readonly train64: {
    readonly labels: number[];
    readonly loss: number;
    readonly moved: Readonly<Record<string, number>>;
    readonly running_after: Readonly<Record<string, Summary>>;
  };
  readonly [side: `eval${number}`]: { features: Summary; logits: number[][] };
}

const fixture = await readFixture<
  Record<SbiSettings["network"], Case> & {
    b4: { shared: Record<string, number[][]> };
  }
>("sbi.json");

/** Amplitudes of the fixtures' weights: filters', matrices'. */
const GAINS = { b4: { filters: 5, matrices: 27 }, resnet34: 3 } as const;

const learners: Learner[] = [];

/** The published network without dropout, with the fixture's weights; an image of 64 pixels. */
function made(network: "b4" | "resnet34") {
  const quiet = network === "b4" ? { dropout: 0, dropConnect: 0 } : {};
  const configuration = vary(presetOf(sbi, network === "b4" ? "official" : network), {
    ...quiet,
    imageSize: 64,
  });
  const learner = createLearner(configuration as unknown as Configuration);
  learners.push(learner);
  fillParameters(parametersUnder("net.", learner.trained), GAINS[network]);
  return { configuration, learner, parameters: learner.trained };
}

for (const network of ["b4", "resnet34"] as const) {
  const expected = fixture[network];
  const { configuration, learner, parameters } = made(network), { detector } = configuration;

  Deno.test(`sbi on ${network} has the published parameters, and answers as PyTorch at every side`, () => {
    const learnt = detector.parameters.filter(({ role }) => !role.startsWith("running"))
      .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    assert.equal(learnt, expected.parameters);
    const sides = network === "b4" ? [64, 75] : [64];
    for (const side of sides) {
      const { features, logits } = expected[`eval${side}`];
      tf.tidy(() => {
        let seen: Float32Array | undefined;
        const layer = network === "b4" ? "net._bn1" : "net.layer4";
        const answer = detector.forward(fillImages("input", logits.length, side), parameters, {
          tap: (name, x) => {
            if (name === layer) {
              const after = network === "b4" ? tf.mul(x, tf.sigmoid(x)) as tf.Tensor4D : x;
              seen = torchValues(after, "activation");
            }
            return x;
          },
        });
        const off = relativeError(answer.dataSync(), logits.flat());
        assert.ok(off < 1e-5, `logits at ${side} off by ${off}`);
        const ofFeatures = summaryError(seen!, features);
        assert.ok(ofFeatures < 1e-5, `features at ${side} off by ${ofFeatures}`);
      });
    }
    if (network !== "b4") return;
    for (const [side, [logits]] of Object.entries(fixture.b4.shared)) {
      tf.tidy(() => {
        const images = fillImages(`input${side}`, 1, Number(side));
        const off = relativeError(detector.forward(images, parameters).dataSync(), logits);
        assert.ok(off < 1e-5, `logits of the other program at ${side} off by ${off}`);
      });
    }
  });

  if (network === "resnet34") continue; // one step of a published network is enough: it takes seconds
  Deno.test(`sbi on ${network} takes PyTorch's step of SAM over SGD, statistics twice`, () => {
    const { labels, loss, moved, running_after } = expected.train64;
    const numbers = stepNumbers(configuration as unknown as Configuration, {
      step: 0,
      rates: { optimiserStep: 1, factor: 1 },
    });
    const before = Object.fromEntries(
      Object.entries(parameters).map(([name, variable]) => [name, variable.dataSync().slice()]),
    );
    const classes = tf.tensor2d(labels.map((label) => [1 - label, label]));
    const images = fillImages("train", 4, 64), { seed, optimiser } = numbers;
    const inputs = { images, targets: { classes }, seed, optimiser };
    const { total } = learn(learner, inputs, configuration as unknown as Configuration);
    const found = total.dataSync()[0];
    assert.ok(Math.abs(found - loss) < 1e-5 * loss, `loss ${found}, ${loss}`);
    for (const [group, expectedMove] of Object.entries(moved)) {
      let squares = 0;
      for (const [name, variable] of Object.entries(parameters)) {
        if (!name.startsWith(`net.${group}.`) || name.includes("running_")) continue;
        variable.dataSync().forEach((x, i) => squares += (x - before[name][i]) ** 2);
      }
      const off = Math.abs(Math.sqrt(squares) / expectedMove - 1);
      assert.ok(off < 3e-3, `${group} moved by a share of ${off} too much`);
    }
    for (const [name, summary] of Object.entries(running_after)) {
      const off = summaryError(torchValues(parameters[`net.${name}`], "weight"), summary);
      assert.ok(off < 1e-3, `${name} off by ${off}`);
    }
    tf.dispose([images, classes, seed, optimiser, total]);
  });
}

Deno.test.afterAll(() => learners.forEach((learner) => learner[Symbol.dispose]()));

const lists = await readFixture<Record<string, { arrays: string }>>("published_weights.json");

/** Arrays of more numbers share their zeros: what is where is told by the smaller ones. */
const SMALL = 4096, zeros = new Uint8Array(4 * 3_000_000);

/** A file with the names and shapes of a list, each small array filled with its place in it. */
function listed(list: string, rename: (name: string) => string = (name) => name): TensorFile {
  const tensors = lists[list].arrays.split("\n").flatMap((line, place) => {
    const [name, sides] = line.split(" ");
    if (name.endsWith("num_batches_tracked")) return [];
    const shape = sides.split("x").map(Number);
    if (/^(_fc|fc)\./.test(name) && rename("") !== "") shape[0] = 2; // the authors' classifier
    const count = shape.reduce((a, b) => a * b, 1);
    const array = count > SMALL
      ? { type: "F32" as const, shape, bytes: zeros.subarray(0, 4 * count) }
      : storeFloat32(new Float32Array(count).fill(place), shape);
    return [[rename(name), array] as const];
  });
  return { path: `${list}.pth`, tensors: new Map(tensors), metadata: {} };
}

Deno.test("sbi takes the authors' file whole, and ImageNet's without its classifier, name by name", () => {
  const cases = [
    { list: "efficientnet_pytorch_b4", network: "b4", prefix: "net.", fresh: 0 },
    { list: "efficientnet_pytorch_b4", network: "b4", prefix: "", fresh: 2 },
    { list: "timm_tf_efficientnet_b4", network: "b4", prefix: "", fresh: 2 },
    { list: "torchvision_resnet34", network: "resnet34", prefix: "", fresh: 2 },
  ] as const;
  const blankOf = (network: SbiSettings["network"]) => {
    const { detector } = vary(presetOf(sbi), { network });
    return { detector, parameters: blankParameters(detector) };
  };
  const blank = { b4: blankOf("b4"), resnet34: blankOf("resnet34") };
  for (const { list, network, prefix, fresh } of cases) {
    const { detector, parameters } = blank[network];
    const file = listed(list, (name) => prefix + name), names = [...file.tensors.keys()];
    const report = loadPublished({ detector, parameters } as never, file);
    assert.equal(report.fresh.length, fresh, list);
    assert.equal(report.skipped.length, fresh, list);
    // Both are in the order of the network: the k-th array is the k-th parameter's.
    Object.values(parameters).slice(0, -2).forEach((variable, k) => {
      const stored = file.tensors.get(names[k])!;
      assert.deepEqual(stored.shape, torchShape(variable.shape), `${list}: ${names[k]}`);
      if (variable.size > SMALL) return;
      const [first] = new Float32Array(stored.bytes.slice(0, 4).buffer);
      assert.equal(variable.dataSync()[0], first, `${list}: ${names[k]}`);
    });
  }
  const { detector, parameters } = blank.b4;
  const file = listed("efficientnet_pytorch_b4", (name) => `net.${name}`);
  (file.tensors as Map<string, unknown>).delete("net._blocks.6._bn1.weight");
  assert.throws(
    () => loadPublished({ detector, parameters } as never, file),
    /missing: net\._blocks\.6\._bn1\.weight/,
  );
  Object.values(blank).forEach(({ parameters }) => disposeParameters(parameters));
});

Deno.test("sbi refuses settings that its network does not have, and orders its stages", () => {
  assert.throws(() => vary(presetOf(sbi, "resnet34"), { dropout: 0.5 }), /network is "resnet34"/);
  const stages = (network: SbiSettings["network"]) =>
    stagesFromTop(vary(presetOf(sbi, "smoke"), { network, width: 0.0625 }).detector as never);
  assert.deepEqual(stages("resnet34"), ["fc", "layer4", "layer3", "layer2", "layer1", "conv1"]);
  assert.deepEqual(stages("shallow").slice(0, 3), ["_fc", "_conv_head", "_blocks.6"]);
  assert.equal(stages("shallow").at(-1), "_conv_stem");
  const official = presetOf(sbi), { data, training } = official;
  assert.deepEqual([data.forge, data.batchSize], ["SBI", 32]);
  assert.deepEqual([training.optimiser, training.samRho, training.schedule], [
    "sgd",
    0.05,
    "linearDecay",
  ]);
});

/** Steps of a small run, as they are taken uncaptured. */
async function takeSteps(
  learner: Learner,
  { configuration, steps }: { configuration: Configuration; steps: readonly number[] },
): Promise<void> {
  await using source = cropSource(squares(16, configuration.detector.input.size), configuration);
  for (const step of steps) {
    const rates = { optimiserStep: step + 1, factor: 1 };
    const inputs = stepInputs(
      await source.batch(step),
      stepNumbers(configuration, { step, rates }),
    );
    tf.dispose(trainingStep(learner, inputs, configuration));
    tf.dispose(Object.values(inputs));
  }
}

Deno.test("sbi with SAM, dropout and drop connect resumes bit for bit", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/checkpoint.safetensors`;
    const configuration = vary(presetOf(sbi, "smoke"), {
      batchSize: 4,
      dropout: 0.4,
      dropConnect: 0.2,
    }) as unknown as Configuration;
    using whole = createLearner(configuration);
    await takeSteps(whole, { configuration, steps: [0, 1] });
    const state = { configuration, step: 2, selection: BEGINNING };
    await saveCheckpoint(path, { variables: whole.variables, state });
    await takeSteps(whole, { configuration, steps: [2] });
    using resumed = createLearner(configuration);
    await restoreCheckpoint(path, { variables: resumed.variables, configuration });
    await takeSteps(resumed, { configuration, steps: [2] });
    for (const [name, variable] of Object.entries(whole.variables)) {
      assert.deepEqual(resumed.variables[name].dataSync(), variable.dataSync(), name);
    }
  });
});
