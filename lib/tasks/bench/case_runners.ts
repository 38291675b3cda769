/** Our side's work that is timed: a pass in evaluation mode, and a training step, each captured whole. */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/detectors/configuration.ts";
import { foldedDetector } from "lib/detectors/folded_detector.ts";
import { compile, compileStep } from "lib/engine/compile.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { stepNumbers } from "lib/training/captured_training_step.ts";
import { createLearner } from "lib/training/learner.ts";
import { FIRST_LOSS_SCALE, nextLossScale, scalesLoss } from "lib/training/loss_scale.ts";
import { learn, type LearnInputs } from "lib/training/step.ts";
import type { BenchCase } from "./bench_cases.ts";
import { answersOf, batchOf, formulaParameters, parameterCount } from "./case_inputs.ts";
import { fillParameters } from "./formula_weights.ts";

/** A case ready to run. */
export interface Runner extends Disposable {
  /** One step, which returns a number that depends on all of it. */
  readonly step: () => number;
  /** Operations in the captured function. */
  readonly nodes: number;
  /** Learnt numbers of the detector. */
  readonly parameters: number;
}

/** Evaluation mode, captured, with batch norm merged into the weights or not. */
export function inferenceRunner(
  one: BenchCase,
  { detector }: Configuration,
  folded: boolean,
): Runner {
  const { images } = batchOf(one.batch, detector);
  const original = { detector, parameters: formulaParameters(detector) };
  const count = parameterCount(original.parameters);
  const used = folded ? foldedDetector(original, { takesOver: true }) : original;
  const run = compile(
    (x) => answersOf(one, detector, used.detector.forward(x as tf.Tensor4D, used.parameters)),
    [images],
    { precision: one.precision, name: "inference", takesOver: Object.values(used.parameters) },
  );
  const step = () => {
    const answers = run(images);
    const [first, second] = answers[0]!.dataSync();
    tf.dispose(answers);
    return first! + second!;
  };
  const dispose = () => {
    run.dispose();
    disposeParameters(used.parameters);
    images.dispose();
  };
  return { step, nodes: run.nodes, parameters: count, [Symbol.dispose]: dispose };
}

/**
 * A training step, captured whole: forward, losses, gradients, Adam, dropout, running statistics; in float16
 * with its loss scaled, as PyTorch's side does.
 * That of lib/training, but for the augmentation, which PyTorch's side has not either.
 */
export function trainingRunner(one: BenchCase, configuration: Configuration): Runner {
  const { images, targets } = batchOf(one.batch, configuration.detector);
  const learner = createLearner(configuration);
  fillParameters(learner.parameters);
  let t = 1, lossScale = scalesLoss(configuration.training) ? FIRST_LOSS_SCALE : undefined;
  const numbers = (t: number) => {
    const { seed, optimiser, lossScale: scale } = stepNumbers(configuration, {
      step: t,
      rates: { optimiserStep: t, factor: 1 },
      lossScale,
    });
    return [seed, optimiser, ...scale ? [scale] : []];
  };
  const example = numbers(t), names = Object.keys(targets), known = Object.values(targets);
  const run = compileStep(
    (...tensors) => {
      const [seed, optimiser, ...others] = tensors;
      const scale = lossScale ? { lossScale: others.shift() } : {};
      const [images, ...rest] = others;
      const named = Object.fromEntries(names.map((name, i) => [name, rest[i]]));
      const inputs = { seed, optimiser, images, targets: named, ...scale } as unknown;
      const { total, isFinite } = learn(learner, inputs as LearnInputs, configuration);
      return tf.stack([total!, isFinite ?? tf.scalar(1)]); // read at once: each read waits for the device
    },
    [...example, images, ...known],
    { precision: one.precision, compiler: configuration.training.compiler, name: "training" },
  );
  tf.dispose([...example]);
  const step = () => {
    const inputs = numbers(t++);
    const [loss] = run(...inputs, images, ...known);
    const [value, isFinite] = loss!.dataSync() as unknown as [number, number];
    lossScale &&= nextLossScale(lossScale, isFinite === 1);
    tf.dispose([loss!, ...inputs]);
    return value;
  };
  const dispose = () => {
    run.dispose();
    learner[Symbol.dispose]();
    tf.dispose([images, ...known]);
  };
  return {
    step,
    nodes: run.nodes,
    parameters: parameterCount(learner.parameters),
    [Symbol.dispose]: dispose,
  };
}
