/** The parts of a training step, each captured by itself, on formula pictures and fresh weights. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/detectors/configuration.ts";
import type { Compiled } from "lib/engine/captured_function.ts";
import { collectivesSoFar, meansOverDevices } from "lib/engine/collectives.ts";
import { compile } from "lib/engine/compile.ts";
import type { Updates } from "lib/networks/layers.ts";
import { createLearner, type Learner } from "lib/training/learner.ts";
import { passOver, type SeenBatch } from "lib/training/pass.ts";
import type { BenchCase } from "../bench_cases.ts";
import { batchOf } from "../case_inputs.ts";
import { trainingRunner } from "../case_runners.ts";
import type { StepPart } from "./member_questions.ts";

/** A part ready to run. */
export interface PartRunner extends Disposable {
  /** Runs it once, until its results are there. */
  readonly run: () => void;
  /** Operations in the captured function. */
  readonly nodes: number;
  /** Collectives of one run. */
  readonly collectives: number;
}

/** A part as code, with what it is captured for. */
interface OpenPart {
  readonly code: (...inputs: tf.Tensor[]) => tf.Tensor[];
  readonly inputs: tf.Tensor[];
}

/** The loss of a batch, and with `gradients` those of all that learns; running statistics too, or nothing asks for them. */
function pass(
  learner: Learner,
  { one, configuration: { detector }, gradients }: {
    one: BenchCase;
    configuration: Configuration;
    gradients: boolean;
  },
): OpenPart {
  const { images, targets } = batchOf(one.batch, detector), known = Object.entries(targets);
  const code = (...[images, ...rest]: tf.Tensor[]) => {
    const named = Object.fromEntries(known.map(([name], i) => [name, rest[i]]));
    const batch = { images, targets: named } as unknown as SeenBatch;
    const seed = tf.tensor1d([0, 1], "int32"), parameters = learner.learnt;
    if (gradients) {
      const how = { detector, names: Object.keys(learner.slots), seed };
      const found = passOver(parameters, batch, how);
      return [found.total, ...Object.values(found.updates), ...Object.values(found.gradients)];
    }
    const updates: Updates = {};
    const forward = (seen = batch.images, own = parameters) =>
      detector.forward(seen, own, { training: { seed, updates } });
    const { total } = detector.loss({ ...batch, parameters, forward, seed, updates });
    return [total, ...Object.values(updates)];
  };
  return { code, inputs: [images, ...known.map(([, tensor]) => tensor as tf.Tensor)] };
}

/** The means over all devices of as many numbers as a pass has gradients and running statistics. */
function means({ learnt, slots }: Learner, { detector }: Configuration): OpenPart {
  const statistics = detector.parameters.filter(({ role }) => /^running/.test(role));
  const names = [...statistics.map(({ name }) => name), ...Object.keys(slots)];
  const code = (...tensors: tf.Tensor[]) =>
    Object.values(meansOverDevices(Object.fromEntries(tensors.map((x, i) => [names[i], x]))));
  return { code, inputs: names.map((name) => tf.zeros(learnt[name]!.shape)) };
}

/** Captures a part; its inputs and the learner go with it. */
function captured(name: string, { code, inputs }: OpenPart, learner: Learner): PartRunner {
  const before = collectivesSoFar(), compiled: Compiled = compile(code, inputs, { name });
  const run = () => {
    const results = compiled(...inputs);
    results[0]!.dataSync();
    tf.dispose(results);
  };
  const dispose = () => {
    compiled.dispose();
    tf.dispose(inputs);
    learner[Symbol.dispose]();
  };
  const collectives = collectivesSoFar() - before;
  return { run, nodes: compiled.nodes, collectives, [Symbol.dispose]: dispose };
}

/**
 * One part: `"forward"`: the loss; `"passes"`: with gradients, of this device's own pictures alone; `"reduce"`: the
 * means over all devices of what that gives; `"step"`: all of it with the optimiser, as training takes it.
 */
export function stepPart(part: StepPart, one: BenchCase, configuration: Configuration): PartRunner {
  if (part === "step") {
    const before = collectivesSoFar(),
      { step, nodes, ...runner } = trainingRunner(one, configuration);
    const collectives = collectivesSoFar() - before;
    return { run: () => void step(), nodes, collectives, [Symbol.dispose]: runner[Symbol.dispose] };
  }
  const learner = createLearner(configuration);
  const open = part === "reduce"
    ? means(learner, configuration)
    : pass(learner, { one, configuration, gradients: part === "passes" });
  return captured(part, open, learner);
}
