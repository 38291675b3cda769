/** Optimisers and what goes with them, against PyTorch's steps of a small network with a batch norm. */
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import assert from "node:assert/strict";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { defineDetector } from "lib/detectors/define_detector.ts";
import { compileStep } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { crossEntropy } from "lib/losses/cross_entropy.ts";
import { classTargets } from "lib/losses/class_targets.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { openLayers } from "lib/networks/layers.ts";
import { IMAGENET } from "lib/networks/normalise_images.ts";
import { batchNormParameters, linearParameters } from "lib/networks/parameters.ts";
import { SMOKE_DATA } from "lib/settings/data_settings.ts";
import { wholeNumberRule } from "lib/settings/field_rules.ts";
import { SMOKE_TRAINING, type TrainingSettings } from "lib/settings/training_settings.ts";
import { stepNumbers } from "lib/training/captured_training_step.ts";
import { clippedGradients, gradientNorm, sharpenedWeights } from "lib/training/gradient_norm.ts";
import { createLearner, type Learner } from "lib/training/learner.ts";
import { emptySlots, optimiserOf } from "lib/training/optimisers.ts";
import { ratesAt } from "lib/training/schedule.ts";
import { learn, type LearnInputs } from "lib/training/step.ts";
import { averageDecayAt, moveAverage } from "lib/training/weight_average.ts";
import { fill, readFixture } from "../networks/fixture_formula.ts";

await startEngine();

type State = Readonly<Record<string, number[]>>;

interface Fixture {
  readonly start: State;
  readonly images: number[][];
  readonly labels: number[][];
  readonly cases: {
    readonly settings: Partial<TrainingSettings>;
    readonly steps: { loss: number; after: State; average?: State; norm?: number }[];
  }[];
  readonly label_smoothing: {
    readonly logits: number[][];
    readonly labels: number[];
    readonly cases: { smoothing: number; loss: number }[];
  };
  readonly self_blended: {
    readonly lr: { n_epoch: number; lr_used_in_epoch: Record<string, number> };
    readonly sam: {
      readonly steps: Record<"grad" | "w_perturbed" | "grad_perturbed" | "w_after", number[]>[];
    };
  };
}

const fixture = await readFixture<Fixture>("optimisers.json");

const BATCH = 8, INPUTS = 12, HIDDEN = 5;

/** The fixture's network: linear, batch norm, tanh, linear. */
const tiny = defineDetector<{ imageSize: number }, tf.Tensor2D>({
  name: "tiny",
  source: "this test",
  rules: { fields: { imageSize: wholeNumberRule(2, 2) } },
  presets: { smoke: { detector: { imageSize: 2 }, data: SMOKE_DATA, training: SMOKE_TRAINING } },
  build: ({ imageSize }) => ({
    input: { size: imageSize, normalisation: IMAGENET },
    parameters: [
      ...linearParameters("first", { inputs: INPUTS, outputs: HIDDEN }),
      ...batchNormParameters("norm", HIDDEN),
      ...linearParameters("head", { inputs: HIDDEN, outputs: 2 }),
    ],
    forward: (images, parameters, mode = {}) => {
      const layers = openLayers(parameters, mode);
      const hidden = layers.linear(tf.reshape(images, [-1, INPUTS]) as tf.Tensor2D, "first");
      return layers.linear(tf.tanh(layers.batchNorm(hidden, "norm")), "head");
    },
    loss: ({ forward, targets }) => {
      const total = crossEntropy(forward(), targets.classes);
      return { total, terms: { crossEntropy: total } };
    },
    logOdds: logOddsOfFake,
    parts: (layer = "first") => [{ name: "network", layer }],
  }),
});

function configurationOf(settings: Partial<TrainingSettings>): Configuration {
  return vary(presetOf(tiny), {
    schedule: "constant",
    weightDecay: 0,
    ...settings,
  }) as unknown as Configuration;
}

/** A learner with the fixture's first weights. */
function begun(configuration: Configuration): Learner {
  const learner = createLearner(configuration);
  for (const [name, values] of Object.entries(fixture.start)) {
    const variable = learner.trained[name];
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  return learner;
}

function inputsOf(configuration: Configuration, step: number): LearnInputs {
  return {
    ...stepNumbers(configuration, { step, rates: { optimiserStep: step + 1, factor: 1 } }),
    images: tf.tensor4d(fixture.images[step], [BATCH, 2, 2, 3]),
    targets: { classes: classTargets(tf.tensor1d(fixture.labels[step], "int32"), 0) },
  };
}

/** A step and the average's, as one function of the inputs. */
function stepper(learner: Learner, configuration: Configuration, isCaptured: boolean) {
  const { targets: { classes }, ...rest } = inputsOf(configuration, 0);
  const example = { ...rest, classes }, keys = Object.keys(example) as (keyof typeof example)[];
  const take = (...tensors: tf.Tensor[]) => {
    const given = Object.fromEntries(keys.map((key, i) => [key, tensors[i]]));
    const inputs = { ...given, targets: { classes: given.classes } } as unknown as LearnInputs;
    return learn(learner, inputs, configuration).total;
  };
  const tensors = keys.map((key) => example[key]!);
  const compiled = isCaptured ? compileStep(take, tensors) : undefined;
  const run = (step: number): number => {
    const { targets: { classes }, ...rest } = inputsOf(configuration, step);
    const given = { ...rest, classes };
    const loss = [(compiled ?? take)(...keys.map((key) => given[key]!))].flat()[0];
    if (given.averageDecay) moveAverage(learner.parameters, learner.trained, given.averageDecay);
    return loss.dataSync()[0];
  };
  return { run, dispose: () => compiled?.dispose() };
}

/** A bias before a batch norm has no gradient but rounding, which AdamW makes whole steps of; a mean follows it. */
const OF_ROUNDING = ["first.bias", "norm.running_mean"];

function assertState(found: Learner["parameters"], expected: State, limit: number, what: string) {
  for (const [name, values] of Object.entries(expected)) {
    found[name].dataSync().forEach((value, i) =>
      assert.ok(
        Math.abs(value - values[i]) <= limit,
        `${what}: ${name}[${i}] ${value}, expected ${values[i]}`,
      )
    );
  }
}

for (const { settings, steps } of fixture.cases) {
  const title = Object.entries(settings).map(([field, value]) => `${field} ${value}`).join(", ");
  for (const isCaptured of [false, true]) {
    const way = isCaptured ? "captured" : "eagerly";
    Deno.test(`learn ${way} follows PyTorch in five steps: ${title}`, () => {
      const configuration = configurationOf(settings), learner = begun(configuration);
      const { run, dispose } = stepper(learner, configuration, isCaptured);
      const rounded = settings.optimiser === "adamW" ? OF_ROUNDING : [];
      const compared = (state: State) =>
        Object.fromEntries(Object.entries(state).filter(([name]) => !rounded.includes(name)));
      steps.forEach(({ loss, after, average }, k) => {
        const found = run(k);
        assert.ok(Math.abs(found - loss) < 1e-5, `loss of step ${k + 1}: ${found}, ${loss}`);
        assertState(learner.trained, compared(after), 2e-5, `step ${k + 1}`);
        if (average) assertState(learner.parameters, average, 2e-5, `average ${k + 1}`);
      });
      dispose();
      learner[Symbol.dispose]();
    });
  }
}

Deno.test("learn with a tiny ρ goes where it goes without, and its running statistics move twice", () => {
  const [plain, sharp] = [0, 1e-7].map((samRho) => {
    const configuration = configurationOf({ optimiser: "sgd", learningRate: 0.1, samRho });
    const learner = begun(configuration);
    stepper(learner, configuration, false).run(0);
    return learner;
  });
  for (const [name, variable] of Object.entries(plain.trained)) {
    if (name.includes("running")) continue;
    variable.dataSync().forEach((x, i) =>
      assert.ok(Math.abs(x - sharp.trained[name].dataSync()[i]) < 1e-5, name)
    );
  }
  // With r ← .9 r + .1 m from 0: .1 m after one pass, .19 m after two of nearly the same mean.
  const [once, twice] = [plain, sharp].map((of) => of.trained["norm.running_mean"].dataSync());
  once.forEach((x, i) => assert.ok(Math.abs(twice[i] - 1.9 * x) < 1e-5));
  [plain, sharp].forEach((learner) => learner[Symbol.dispose]());
});

Deno.test("frozen stages keep their weights and lose their slots; their statistics follow the batches", () => {
  const configuration = configurationOf({ frozen: "first+norm" }), learner = begun(configuration);
  stepper(learner, configuration, true).run(0);
  assert.deepEqual(Object.keys(learner.slots), ["head.weight", "head.bias"]);
  for (const name of ["first.weight", "norm.weight", "norm.bias"]) {
    assert.deepEqual([...learner.trained[name].dataSync()], fixture.start[name].map(Math.fround));
  }
  assert.ok(learner.trained["norm.running_mean"].dataSync().some((x) => x !== 0));
  assert.ok(
    learner.trained["head.weight"].dataSync().some((x, i) =>
      x !== Math.fround(fixture.start["head.weight"][i])
    ),
  );
  learner[Symbol.dispose]();
  assert.throws(
    () => configurationOf({ frozen: "tail" }),
    /no stage tail\. Stages: first, norm, head/,
  );
  assert.throws(() => configurationOf({ frozen: "head+first+norm" }), /nothing would be learnt/);
});

Deno.test("sharpenedWeights and SGD take the three steps of self-blended images' SAM", () => {
  const settings = { optimiser: "sgd", weightDecay: 0, momentum: 0.9, nesterov: false } as const;
  const w = tf.variable(tf.tensor1d(fill("sam.w", 6))), slots = emptySlots(settings, w);
  const near = (found: tf.Tensor, expected: number[], what: string) =>
    found.dataSync().forEach((x, i) =>
      assert.ok(Math.abs(x - expected[i]) < 2e-6, `${what}: ${x}, ${expected[i]}`)
    );
  const objective = (x: tf.Tensor) => {
    const A = tf.tensor2d(fill("sam.A", 36), [6, 6]), b = tf.tensor1d(fill("sam.b", 6));
    const rest = tf.sub(tf.dot(A, x), b);
    return tf.add(tf.mul(0.5, tf.sum(tf.square(rest))), tf.sum(tf.pow(x, 4)));
  };
  tf.tidy(() => {
    for (const expected of fixture.self_blended.sam.steps) {
      const gradient = tf.grad(objective)(w);
      near(gradient, expected.grad, "gradient");
      const moved = sharpenedWeights({ w }, { w: gradient }, 0.05).w;
      near(moved, expected.w_perturbed, "moved");
      const second = tf.grad(objective)(moved);
      near(second, expected.grad_perturbed, "second gradient");
      const numbers = optimiserOf(settings).numbers(1, 0.1).map((x) => tf.scalar(x));
      optimiserOf(settings).update(w, slots, { gradient: second, numbers });
      near(w, expected.w_after, "after");
    }
  });
  tf.dispose([w, ...Object.values(slots)]);
});

Deno.test("ratesAt of linearDecay is the schedule of self-blended images' code", () => {
  const { n_epoch, lr_used_in_epoch } = fixture.self_blended.lr;
  const training = {
    epochs: n_epoch,
    steps: 0,
    learningRate: 1e-3,
    schedule: "linearDecay",
  } as const;
  for (const [epoch, rate] of Object.entries(lr_used_in_epoch)) {
    for (const step of [7 * Number(epoch), 7 * Number(epoch) + 6]) {
      const found = ratesAt(step, { training, batchesPerEpoch: 7 }).learningRate;
      assert.ok(Math.abs(found - rate) < 1e-12, `epoch ${epoch}: ${found}, ${rate}`);
    }
  }
  const counted = { ...training, epochs: 0, steps: 200 };
  const factors = [0, 151, 152, 199].map((s) =>
    ratesAt(s, { training: counted, batchesPerEpoch: 1 }).factor
  );
  factors.forEach((x, i) => assert.ok(Math.abs(x - [1, 1, 0.96, 0.04][i]) < 1e-12, `${x}`));
});

Deno.test("clippedGradients leaves small gradients as they are, and others with the norm asked for", () => {
  // Without numbers that processors round to 0.
  const number = fc.double({ min: -1e3, max: 1e3, noNaN: true })
    .map((x) => Math.abs(x) < 1e-30 ? 0 : x);
  const numbers = fc.array(number, { minLength: 2, maxLength: 9 });
  fc.assert(
    fc.property(
      numbers,
      fc.double({ min: 0.01, max: 1e4, noNaN: true }),
      (all, clipNorm) =>
        tf.tidy(() => {
          const gradients = { a: tf.tensor1d(all.slice(0, 1)), b: tf.tensor1d(all.slice(1)) };
          const norm = gradientNorm(gradients).dataSync()[0];
          const clipped = clippedGradients(gradients, clipNorm);
          const flat = [...clipped.a.dataSync(), ...clipped.b.dataSync()];
          if (norm + 1e-6 < clipNorm * (1 - 1e-6)) assert.deepEqual(flat, all.map(Math.fround));
          const now = gradientNorm(clipped).dataSync()[0];
          assert.ok(now <= clipNorm * (1 + 1e-5), `${now}, ${clipNorm}`);
          if (norm > 1.01 * clipNorm) {
            assert.ok(now >= clipNorm * (1 - 1e-3), `${now}, ${clipNorm}`);
          }
        }),
    ),
    { numRuns: 40 },
  );
});

Deno.test("moveAverage with decay 0 is the weights, bit for bit; the first step has it", () => {
  const w = { w: tf.variable(tf.tensor1d([0.1, -2e-7, 3e4])) };
  const average = { w: tf.variable(tf.tensor1d([5, 6, 7]), false) };
  tf.tidy(() => moveAverage(average, w, tf.scalar(averageDecayAt(0, 0.99))));
  assert.deepEqual(average.w.dataSync(), w.w.dataSync());
  tf.tidy(() => {
    w.w.assign(tf.zeros([3]));
    moveAverage(average, w, tf.scalar(averageDecayAt(1, 0.75)));
  });
  const [first] = average.w.dataSync();
  assert.ok(Math.abs(first - 0.075) < 1e-7);
  tf.dispose([w, average]);
});

Deno.test("classTargets with cross-entropy is PyTorch's label smoothing", () => {
  const { logits, labels, cases } = fixture.label_smoothing;
  tf.tidy(() => {
    for (const { smoothing, loss } of cases) {
      const targets = classTargets(tf.tensor1d(labels, "int32"), smoothing);
      const found = crossEntropy(tf.tensor2d(logits), targets).dataSync()[0];
      assert.ok(Math.abs(found - loss) < 1e-6, `${smoothing}: ${found}, ${loss}`);
    }
  });
});
