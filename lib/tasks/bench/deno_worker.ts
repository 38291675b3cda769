/** Our side of the bench: answers the requests of protocol.ts, one a line, until its input ends. */
import * as tf from "@tensorflow/tfjs";
import { compile } from "lib/engine/compile.ts";
import { deviceTitle } from "lib/engine/device_title.ts";
import type { DeviceName } from "lib/engine/eager_context.ts";
import { type Engine, startEngine } from "lib/engine/engine.ts";
import type { Updates } from "lib/networks/layers.ts";
import {
  answersOf,
  batchOf,
  configurationOf,
  formulaParameters,
  formulaState,
  parameterCount,
  resolveCase,
  withoutDropout,
} from "./case_inputs.ts";
import { inferenceRunner, type Runner, trainingRunner } from "./case_runners.ts";
import { operationTimes } from "./operation_times.ts";
import {
  type Check,
  DEVICE_VARIABLE,
  type Questions,
  TENSOR_FLOAT32_VARIABLE,
} from "./worker_protocol.ts";
import { answerQuestions } from "./answer_questions.ts";

/** Answers to every question, and nothing else. */
type Answers = {
  [Name in keyof Questions]: (
    request: Questions[Name][0],
  ) => Questions[Name][1] | Promise<Questions[Name][1]>;
};

let engine: Engine;
/** Runs one step of the prepared case and returns a number that depends on all of it. */
let runner: Runner | undefined;

const answers: Answers = {
  describe: () => ({
    name: "Forgery Clues",
    version: `TensorFlow ${engine.version} through Deno ${Deno.version.deno}`,
    threads: engine.threads,
    device: engine.device,
    tensorFloat32: engine.tensorFloat32,
    detail: `backend ${engine.backend} on ${deviceTitle(engine)}`,
  }),

  resolve: ({ case: one }) => resolveCase(one),

  async check({ case: one }): Promise<Check> {
    const { detector } = withoutDropout(await configurationOf(one));
    const { images, targets } = batchOf(one.batch, detector),
      parameters = formulaParameters(detector);
    const state = formulaState(detector);
    const [loss, ...logits] = tf.tidy(() => {
      const updates: Updates = {}, seed = tf.tensor1d([0, 0], "int32");
      const { total } = detector.loss({
        images,
        targets,
        parameters: { ...parameters, ...state },
        forward: (seen = images, own = parameters) =>
          detector.forward(seen, own, { training: { seed, updates } }),
        seed,
        updates,
      });
      return [total, ...answersOf(one, detector, detector.forward(images, parameters))];
    });
    return {
      parameters: parameterCount(parameters),
      logits: logits.flatMap((t) => [...t.dataSync()]),
      loss: loss!.dataSync()[0]!,
    };
  },

  peak({ side, repeats, precision }) {
    const a = tf.randomNormal([side, side]), b = tf.randomNormal([side, side]);
    const corner = (x: tf.Tensor) => tf.slice(x, [0, 0], [1, 1]); // to wait for a GPU, which reads little
    const product = compile((x, y) => corner(tf.matMul(x, y)), [a, b], {
      precision,
      name: "product",
    });
    const best = Math.min(...Array.from({ length: repeats + 1 }, () => {
      const start = performance.now();
      const [read] = product(a, b);
      read!.dataSync();
      read!.dispose();
      return performance.now() - start;
    }));
    product.dispose();
    tf.dispose([a, b]);
    return { flops: 2 * side ** 3 / (best / 1000) };
  },

  async prepare({ case: one, variant }) {
    const folded = variant === "captured_folded", configuration = await configurationOf(one);
    runner?.[Symbol.dispose]();
    runner = one.work === "training"
      ? trainingRunner(one, configuration)
      : inferenceRunner(one, configuration, folded);
    const { step, nodes, parameters } = runner;
    step(); // TensorFlow optimises the function before its first run
    return { parameters, value: step(), detail: `${nodes} nodes` };
  },

  async operations({ case: one, variant }) {
    const configuration = withoutDropout(await configurationOf(one));
    return { times: operationTimes(one, configuration, variant === "captured_folded") };
  },

  burst({ steps }) {
    if (runner === undefined) throw new Error("Nothing was prepared yet.");
    let value = 0;
    const start = performance.now();
    for (let i = 0; i < steps; i++) value = runner.step();
    waitForDevice();
    return { seconds: (performance.now() - start) / 1000, value };
  },
};

/** Waits for what a GPU was told: a loss is read before its step's update is over. */
function waitForDevice() {
  tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(1)).dataSync()); // behind all else in the device's one queue
}

async function main() {
  const threads = Number(Deno.env.get("FORGERY_CLUES_BENCH_THREADS") ?? 2);
  const device = Deno.env.get(DEVICE_VARIABLE) as DeviceName | undefined;
  try {
    engine = await startEngine({
      intraOpThreads: threads,
      interOpThreads: threads,
      ...device === undefined ? {} : { device },
      ...Deno.env.get(TENSOR_FLOAT32_VARIABLE) === "0" ? { tensorFloat32: false } : {},
    });
  } catch (error) { // a device that cannot be used, say: that is the answer, in place of a stack
    const fail = () => {
      throw error;
    };
    return await answerQuestions(
      Object.fromEntries(Object.keys(answers).map((name) => [name, fail])),
    );
  }
  await answerQuestions(answers);
}

if (import.meta.main) await main();
