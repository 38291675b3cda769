/** Our side of the bench: answers the requests of protocol.ts, one a line, until its input ends. */
import * as tf from "@tensorflow/tfjs";
import { createInterface } from "node:readline";
import process from "node:process";
import { type Configuration, PAPER, vary } from "lib/config.ts";
import { adamNumbers, applyAdam } from "lib/engine/adam.ts";
import { compile, compileStep, type Engine, startEngine } from "lib/engine/engine.ts";
import { createDetector, detect, type DetectorOutputs } from "lib/models/detector.ts";
import {
  assignParameters,
  countParameters,
  type Parameters,
  trainableVariables,
} from "lib/models/parameters.ts";
import { createLossWeights } from "lib/losses/automatic_weights.ts";
import { detectorLoss } from "lib/losses/detector_loss.ts";
import { createRandom } from "lib/random.ts";
import type { BenchCase } from "./cases.ts";
import { fillParameters, formulaImages } from "./formula.ts";
import type { Check, Questions } from "./protocol.ts";

/** Answers to every question, and nothing else. */
type Answers = {
  [Name in keyof Questions]: (
    request: Questions[Name][0],
  ) => Questions[Name][1] | Promise<Questions[Name][1]>;
};

/** A detector with the formula's weights, and a batch for it. */
interface Material {
  readonly configuration: Configuration;
  readonly parameters: Parameters;
  readonly images: tf.Tensor4D;
  /** `[batch, 2]`, one-hot: real and fake in turn. */
  readonly targets: tf.Tensor2D;
}

let engine: Engine;
/** Runs one step of the prepared case and returns a number that depends on all of it. */
let step: () => number = () => {
  throw new Error("Nothing was prepared yet.");
};

function materialFor({ blocks, size, batch, width, precision }: BenchCase): Material {
  const configuration = vary(PAPER, {
    blocks,
    width,
    precision,
    imageSize: size,
    batchSize: batch,
  });
  const parameters = createDetector(configuration, createRandom(1, "bench"));
  fillParameters(parameters);
  const labels = Array.from({ length: batch }, (_, i) => i % 2);
  return {
    configuration,
    parameters,
    images: formulaImages("bench", batch, size),
    targets: tf.tidy(() => tf.oneHot(tf.tensor1d(labels, "int32"), 2).toFloat() as tf.Tensor2D),
  };
}

/** A case ready to run: one step, which returns a number that depends on all of it. */
interface Prepared {
  readonly step: () => number;
  readonly nodes: number;
}

function heads({ joint, leaveOneOut, global }: DetectorOutputs): tf.Tensor[] {
  return [joint, ...leaveOneOut, global];
}

/** Evaluation mode, captured: every head's logits. */
function inference({ images, parameters, configuration }: Material): Prepared {
  const { precision } = configuration;
  const run = compile(
    (x) => heads(detect(x as tf.Tensor4D, parameters, configuration)),
    [images],
    { precision, name: "inference" },
  );
  const step = () => {
    const logits = run(images);
    const [first, second] = logits[0]!.dataSync();
    tf.dispose(logits);
    return first! + second!;
  };
  return { step, nodes: run.nodes };
}

/** A whole training step, captured: losses, gradients, Adam, dropout, running statistics. */
function training({ images, targets, parameters, configuration }: Material): Prepared {
  const { precision, learningRate, weightDecay } = configuration;
  const lossWeights = createLossWeights(configuration);
  const trained = [...trainableVariables(parameters), lossWeights];
  const zeros = (x: tf.Variable) => tf.tidy(() => tf.variable(tf.zerosLike(x), false));
  const slots = trained.map((x) => ({ m: zeros(x), v: zeros(x) }));
  const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, learningRate };

  const numbers = (t: number) => {
    const { stepSize, epsilon } = adamNumbers(t, adam);
    return [tf.tensor1d([1, t], "int32"), tf.scalar(stepSize), tf.scalar(epsilon)];
  };
  const body = (x: tf.Tensor, y: tf.Tensor, ...[seed, stepSize, epsilon]: tf.Tensor[]) => {
    let statistics: DetectorOutputs["statistics"] = {};
    const { value, grads } = tf.variableGrads(() => {
      const mode = { training: { seed: seed as tf.Tensor1D } };
      const outputs = detect(x as tf.Tensor4D, parameters, configuration, mode);
      statistics = outputs.statistics;
      for (const tensor of Object.values(statistics)) tf.keep(tensor);
      return detectorLoss(outputs, y as tf.Tensor2D, { configuration, lossWeights }).total;
    }, trained);
    trained.forEach((variable, i) => {
      const decay = tf.mul(variable as tf.Tensor, weightDecay);
      applyAdam(variable, slots[i]!, {
        gradient: tf.add(grads[variable.name]!, decay),
        step: {
          ...adam,
          stepSize: stepSize as tf.Scalar,
          epsilon: epsilon as tf.Scalar,
        },
      });
    });
    assignParameters(parameters, statistics);
    tf.dispose(statistics);
    return value;
  };
  let t = 1;
  const first = numbers(t);
  const run = compileStep(body, [images, targets, ...first], { precision, name: "training" });
  tf.dispose(first);
  const step = () => {
    const inputs = numbers(t++);
    const [loss] = run(images, targets, ...inputs);
    const value = loss!.dataSync()[0]!;
    tf.dispose([loss!, ...inputs]);
    return value;
  };
  return { step, nodes: run.nodes };
}

const answers: Answers = {
  describe: () => ({
    name: "Forgery Clues",
    version: `TensorFlow ${engine.version} through Deno ${Deno.version.deno}`,
    threads: engine.threads,
    detail: `backend ${engine.backend} on ${engine.device}`,
  }),

  check({ case: one }): Check {
    const material = materialFor(one);
    const configuration = vary(material.configuration, { dropout: 0 });
    const { images, targets, parameters } = material;
    const lossWeights = createLossWeights(configuration);
    const [loss, ...logits] = tf.tidy(() => {
      const training = { seed: tf.tensor1d([0, 0], "int32") };
      const outputs = detect(images, parameters, configuration, { training });
      const { total } = detectorLoss(outputs, targets, { configuration, lossWeights });
      return [total, ...heads(detect(images, parameters, configuration))];
    });
    return {
      parameters: countParameters(parameters).total,
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

  prepare({ case: one }) {
    const material = materialFor(one);
    const prepared = one.work === "training" ? training(material) : inference(material);
    step = prepared.step;
    step();
    return {
      parameters: countParameters(material.parameters).total,
      value: step(),
      detail: `${prepared.nodes} nodes`,
    };
  },

  burst({ steps }) {
    let value = 0;
    const start = performance.now();
    for (let i = 0; i < steps; i++) value = step();
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
