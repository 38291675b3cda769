/** Our side of the bench: answers the requests of protocol.ts, one a line, until its input ends. */
import * as tf from "@tensorflow/tfjs";
import { createInterface } from "node:readline";
import process from "node:process";
import { type Configuration, vary } from "lib/detectors/configuration.ts";
import type { Detector, Targets } from "lib/detectors/detector.ts";
import type { ExposingOutputs } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import {
  type ExposingConfiguration,
  PAPER,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { compile, compileStep, type Engine, startEngine } from "lib/engine/engine.ts";
import { foldBatchNorm } from "lib/networks/fold_batch_norm.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import type { Updates } from "lib/networks/layers.ts";
import { countParameters, disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import { stepNumbers } from "lib/training/captured_training_step.ts";
import { createLearner } from "lib/training/learner.ts";
import { learn, type LearnInputs } from "lib/training/step.ts";
import { configurationFrom } from "../configuration_arguments.ts";
import { type BenchCase, isPaperCase, type PaperCase } from "./bench_cases.ts";
import { fillParameters, formulaImages } from "./formula_weights.ts";
import type { Check, Questions } from "./worker_protocol.ts";

/** Answers to every question, and nothing else. */
type Answers = {
  [Name in keyof Questions]: (
    request: Questions[Name][0],
  ) => Questions[Name][1] | Promise<Questions[Name][1]>;
};

/** A batch of the formula's images. */
interface Batch {
  readonly images: tf.Tensor4D;
  readonly targets: Targets;
}

/** A case ready to run: one step, which returns a number that depends on all of it. */
interface Runner {
  readonly step: () => number;
  readonly nodes: number;
  readonly parameters: number;
}

let engine: Engine;
/** Runs one step of the prepared case and returns a number that depends on all of it. */
let runner: Runner | undefined;

function paperConfiguration(one: PaperCase): ExposingConfiguration {
  const { blocks, width, precision, size, batch } = one;
  return vary(PAPER, { blocks, width, precision, imageSize: size, batchSize: batch });
}

async function configurationOf(one: BenchCase): Promise<Configuration> {
  if (isPaperCase(one)) return paperConfiguration(one);
  const { batch, precision, ...kind } = one;
  return await configurationFrom({
    ...kind,
    changes: [`batchSize=${batch}`, `precision=${precision}`],
  });
}

/** Real and fake in turn; what else the detector wants of a batch is there, and says nothing. */
function batchOf(batch: number, { input: { size }, wants }: Detector): Batch {
  const labels = Array.from({ length: batch }, (_, i) => i % 2);
  const classes = tf.tidy(() =>
    tf.oneHot(tf.tensor1d(labels, "int32"), 2).toFloat() as tf.Tensor2D
  );
  return {
    images: formulaImages("bench", batch, size),
    targets: {
      classes,
      ...wants.includes("mask") ? { masks: tf.zeros([batch, size, size, 1]) } : {},
      ...wants.includes("method") ? { methods: tf.tensor1d(labels, "int32") } : {},
      ...wants.includes("pair")
        ? { partners: tf.tensor1d(labels.map((_, i) => i ^ 1), "int32") }
        : {},
    },
  };
}

function heads({ joint, leaveOneOut, global }: ExposingOutputs): tf.Tensor[] {
  return [joint, ...leaveOneOut, global];
}

function parameterCount(parameters: Parameters): number {
  return Object.values(countParameters(parameters)).reduce((sum, count) => sum + count, 0);
}

function formulaParameters({ parameters }: Detector): Parameters {
  const made = initialiseParameters(parameters, createRandom(1, "bench"));
  fillParameters(made);
  return made;
}

/** What a pass in evaluation mode is timed to: every head's logits of the paper's, else the log-odds. */
function answersOf(one: BenchCase, detector: Detector, outputs: unknown): tf.Tensor[] {
  return isPaperCase(one) ? heads(outputs as ExposingOutputs) : [detector.logOdds(outputs)];
}

/** Evaluation mode, captured, with batch norm merged into the weights or not. */
function inference(one: BenchCase, { detector }: Configuration, folded: boolean): Runner {
  const { images } = batchOf(one.batch, detector), original = formulaParameters(detector);
  const count = parameterCount(original);
  const parameters = folded ? foldBatchNorm(original, detector.parameters) : original;
  if (folded) disposeParameters(original);
  const run = compile(
    (x) => answersOf(one, detector, detector.forward(x as tf.Tensor4D, parameters, { folded })),
    [images],
    { precision: one.precision, name: "inference" },
  );
  const step = () => {
    const answers = run(images);
    const [first, second] = answers[0]!.dataSync();
    tf.dispose(answers);
    return first! + second!;
  };
  return { step, nodes: run.nodes, parameters: count };
}

/**
 * A training step, captured whole: forward, losses, gradients, Adam, dropout, running statistics.
 * That of lib/training, but for the augmentation, which PyTorch's side has not either.
 */
function training(one: BenchCase, configuration: Configuration): Runner {
  const { images, targets } = batchOf(one.batch, configuration.detector);
  const learner = createLearner(configuration);
  fillParameters(learner.parameters);
  const numbers = (t: number) => {
    const { seed, adam } = stepNumbers(configuration, {
      step: t,
      rates: { adamStep: t, factor: 1 },
    });
    return [seed, adam] as const;
  };
  let t = 1;
  const example = numbers(t), names = Object.keys(targets), known = Object.values(targets);
  const run = compileStep(
    (...tensors) => {
      const [seed, adam, images, ...rest] = tensors;
      const named = Object.fromEntries(names.map((name, i) => [name, rest[i]]));
      const inputs = { seed, adam, images, targets: named } as unknown as LearnInputs;
      return learn(learner, inputs, configuration).total!;
    },
    [...example, images, ...known],
    { precision: one.precision, name: "training" },
  );
  tf.dispose([...example]);
  const step = () => {
    const inputs = numbers(t++);
    const [loss] = run(...inputs, images, ...known);
    const value = loss!.dataSync()[0]!;
    tf.dispose([loss!, ...inputs]);
    return value;
  };
  return { step, nodes: run.nodes, parameters: parameterCount(learner.parameters) };
}

const answers: Answers = {
  describe: () => ({
    name: "Forgery Clues",
    version: `TensorFlow ${engine.version} through Deno ${Deno.version.deno}`,
    threads: engine.threads,
    detail: `backend ${engine.backend} on ${engine.device}`,
  }),

  check({ case: one }): Check {
    const { detector } = vary(paperConfiguration(one), { dropout: 0 });
    const { images, targets } = batchOf(one.batch, detector),
      parameters = formulaParameters(detector);
    const state = initialiseParameters(detector.trainingState, createRandom(1, "bench"));
    const [loss, ...logits] = tf.tidy(() => {
      const updates: Updates = {}, seed = tf.tensor1d([0, 0], "int32");
      const { total } = detector.loss({
        images,
        targets,
        parameters: { ...parameters, ...state },
        forward: (seen = images) =>
          detector.forward(seen, parameters, { training: { seed, updates } }),
        updates,
      });
      return [total, ...heads(detector.forward(images, parameters))];
    });
    return {
      parameters: parameterCount(parameters),
      logits: logits.flatMap((t) => [...t.dataSync()]),
      loss: loss!.dataSync()[0]!,
    };
  },

  peak({ side, repeats, precision }) {
    const a = tf.randomNormal([side, side]), b = tf.randomNormal([side, side]);
    const product = compile((x, y) => tf.matMul(x, y), [a, b], { precision, name: "product" });
    const best = Math.min(...Array.from({ length: repeats + 1 }, () => {
      const start = performance.now();
      tf.dispose(product(a, b));
      return performance.now() - start;
    }));
    return { flops: 2 * side ** 3 / (best / 1000) };
  },

  async prepare({ case: one, variant }) {
    const folded = variant === "captured_folded", configuration = await configurationOf(one);
    runner = one.work === "training"
      ? training(one, configuration)
      : inference(one, configuration, folded);
    const { step, nodes, parameters } = runner;
    step(); // TensorFlow optimises the function before its first run
    return { parameters, value: step(), detail: `${nodes} nodes` };
  },

  burst({ steps }) {
    if (runner === undefined) throw new Error("Nothing was prepared yet.");
    let value = 0;
    const start = performance.now();
    for (let i = 0; i < steps; i++) value = runner.step();
    return { seconds: (performance.now() - start) / 1000, value };
  },
};

async function main() {
  const threads = Number(Deno.env.get("FORGERY_CLUES_BENCH_THREADS") ?? 2);
  engine = await startEngine({ intraOpThreads: threads, interOpThreads: threads });
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...request } = JSON.parse(line) as { do: keyof Questions };
    let reply: unknown;
    try {
      reply = await (answers[name] as (request: unknown) => unknown)(request);
    } catch (error) {
      reply = { error: String(error) };
    }
    process.stdout.write(JSON.stringify(reply) + "\n");
  }
}

if (import.meta.main) await main();
