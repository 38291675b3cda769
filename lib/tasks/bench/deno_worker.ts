/** Our side of the bench: answers the requests of protocol.ts, one a line, until its input ends. */
import * as tf from "@tensorflow/tfjs";
import { createInterface } from "node:readline";
import process from "node:process";
import { vary } from "lib/detectors/configuration.ts";
import {
  type ExposingOutputs,
  LOSS_WEIGHTS,
} from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import {
  type ExposingConfiguration,
  PAPER,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { compile, compileStep, type Engine, startEngine } from "lib/engine/engine.ts";
import { paperObjective } from "lib/losses/paper_losses.ts";
import { foldBatchNorm } from "lib/networks/fold_batch_norm.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { countParameters, disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import { stepNumbers } from "lib/training/captured_training_step.ts";
import { createLearner } from "lib/training/learner.ts";
import { learn } from "lib/training/step.ts";
import type { BenchCase } from "./bench_cases.ts";
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
  /** `[batch, 2]`, one-hot: real and fake in turn. */
  readonly targets: tf.Tensor2D;
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

function configurationOf({ blocks, width, precision, size, batch }: BenchCase): Configuration {
  return vary(PAPER, { blocks, width, precision, imageSize: size, batchSize: batch });
}

function batchOf({ batch, size }: BenchCase): Batch {
  const labels = Array.from({ length: batch }, (_, i) => i % 2);
  return {
    images: formulaImages("bench", batch, size),
    targets: tf.tidy(() => tf.oneHot(tf.tensor1d(labels, "int32"), 2).toFloat() as tf.Tensor2D),
  };
}

function heads({ joint, leaveOneOut, global }: DetectorOutputs): tf.Tensor[] {
  return [joint, ...leaveOneOut, global];
}

function parameterCount(parameters: Parameters): number {
  return Object.values(countParameters(parameters)).reduce((sum, count) => sum + count, 0);
}

/** Evaluation mode, captured, with batch norm merged into the weights or not: every head's logits. */
function inference(one: BenchCase, folded: boolean): Runner {
  const { images } = batchOf(one), configuration = configurationOf(one);
  const original = createDetector(configuration, createRandom(1, "bench"));
  fillParameters(original);
  const count = parameterCount(original);
  const parameters = folded ? foldBatchNorm(original, configuration) : original;
  if (folded) disposeParameters(original);
  const run = compile(
    (x) => heads(detect(x as tf.Tensor4D, parameters, configuration, { folded })),
    [images],
    { precision: one.precision, name: "inference" },
  );
  const step = () => {
    const logits = run(images);
    const [first, second] = logits[0]!.dataSync();
    tf.dispose(logits);
    return first! + second!;
  };
  return { step, nodes: run.nodes, parameters: count };
}

/**
 * A training step, captured whole: forward, losses, gradients, Adam, dropout, running statistics.
 * That of lib/training, but for the augmentation, which PyTorch's side has not either.
 */
function training(one: BenchCase): Runner {
  const { images, targets } = batchOf(one), configuration = configurationOf(one);
  const learner = createLearner(configuration);
  fillParameters(learner.parameters);
  const numbers = (t: number): [tf.Tensor1D, tf.Tensor1D] => {
    const { learningRate } = configuration;
    const { stepSize, epsilon } = adamNumbers(t, { ...ADAM, learningRate });
    return [tf.tensor1d([1, t], "int32"), tf.tensor1d([stepSize, epsilon, stepSize])];
  };
  let t = 1;
  const example = numbers(t);
  const run = compileStep(
    (...tensors) => {
      const [x, targets, seed, adam] = tensors as [tf.Tensor4D, tf.Tensor2D, ...typeof example];
      return learn(learner, { x, targets, seed, adam }, { configuration }).total!;
    },
    [images, targets, ...example],
    { precision: one.precision, name: "training" },
  );
  tf.dispose(example);
  const step = () => {
    const inputs = numbers(t++);
    const [loss] = run(images, targets, ...inputs);
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
    const { images, targets } = batchOf(one);
    const configuration = vary(configurationOf(one), { dropout: 0 });
    const parameters = createDetector(configuration, createRandom(1, "bench"));
    fillParameters(parameters);
    const lossWeights = createLossWeights(configuration);
    const [loss, ...logits] = tf.tidy(() => {
      const training = { seed: tf.tensor1d([0, 0], "int32") };
      const outputs = detect(images, parameters, configuration, { training });
      const { total } = detectorLoss(outputs, targets, { configuration, lossWeights });
      return [total, ...heads(detect(images, parameters, configuration))];
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

  prepare({ case: one, variant }) {
    const folded = variant === "captured_folded";
    runner = one.work === "training" ? training(one) : inference(one, folded);
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
