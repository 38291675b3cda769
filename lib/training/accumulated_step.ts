/**
 * The training step with gradient accumulation, as captured functions: the batch in micro-batches whose
 * gradients are added up, then one step of the optimiser.
 */
import * as tf from "@tensorflow/tfjs";
import type { Configuration } from "lib/detectors/configuration.ts";
import { compileStep } from "lib/engine/compile.ts";
import { tensorsIn } from "lib/engine/nested_tensors.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import { captureView } from "./captured_view.ts";
import { sharpenedWeights } from "./gradient_norm.ts";
import type { Learner } from "./learner.ts";
import { captureMeanPass } from "./mean_pass.ts";
import type { CapturedPass, Scalars } from "./micro_batch_passes.ts";
import { captureOutputsPass } from "./outputs_pass.ts";
import { tensorsOf } from "./pass.ts";
import { moveWeights, type StepInputs, withoutScale } from "./step.ts";

/** A captured step, whole or accumulated. */
export interface StepFunction extends Disposable {
  /** Takes the step, and gives every scalar of `trainingStep` by name; the inputs stay the caller's. */
  run(inputs: StepInputs): Promise<Record<string, number>>;
}

/** Variables like these, at 0; no gradient is taken of them. */
function zerosLike(variables: Parameters, names: readonly string[]): Parameters {
  const zeros = (like: tf.Variable) => tf.variable(tf.zerosLike(like as tf.Tensor), false);
  return tf.tidy(() => Object.fromEntries(names.map((name) => [name, zeros(variables[name])])));
}

/** What was added up, which begins anew at 0 after the step that this is captured in. */
function takeSums(sums: Parameters, names: readonly string[]): Record<string, tf.Tensor> {
  const taken = tensorsOf(sums, names);
  const own = Object.fromEntries(names.map((name) => [name, taken[name].clone()]));
  for (const name of names) sums[name].assign(tf.zerosLike(taken[name]));
  return own;
}

/** The scale of the loss, where a step has one. */
const scaleOf = ({ lossScale }: StepInputs): tf.Scalar[] => lossScale ? [lossScale] : [];

/**
 * Captures the step of a configuration with `microBatchSize`, for inputs like the example. Augmentation and
 * mixup are of the whole batch. With `samRho` both passes are accumulated: the second takes its gradient at
 * weights that are kept beside the learner's.
 */
export function captureAccumulatedStep(
  learner: Learner,
  example: StepInputs,
  configuration: Configuration,
): StepFunction {
  const { detector, training } = configuration,
    { precision, compiler, samRho, microBatchSize } = training;
  const { learnt, slots } = learner, all = Object.keys(slots);
  const { optimiser, seed, lossScale } = example, scale = scaleOf(example);
  const owned = new DisposableStack();
  const owning = (parameters: Parameters) =>
    owned.adopt(parameters, (of) => tf.dispose(Object.values(of)));
  const sums = owning(zerosLike(learnt, all));

  const { see } = owned.use(captureView(example, configuration)), batch = see(example);
  const shared = { detector, seed, lossScale, precision, compiler, microBatchSize, sums };
  const capturePass = detector.microBatches === "mean" ? captureMeanPass : captureOutputsPass;
  const first = owned.use(capturePass(learnt, batch, { ...shared, names: all }));
  const { names, passes } = first;
  let second: CapturedPass | undefined,
    climb: ((inputs: StepInputs) => tf.Tensor[]) | undefined;
  if (samRho > 0) {
    const above = owning(zerosLike(learnt, names));
    const sharpen = owned.adopt(
      compileStep(
        (numbers, scale) => {
          const { gradients, taken } = withoutScale(takeSums(sums, names), scale as tf.Scalar);
          const moved = sharpenedWeights(learnt, gradients, samRho);
          for (const name of names) above[name].assign(moved[name]);
          return taken ?? numbers;
        },
        [optimiser, ...scale],
        { name: "sharpened weights" },
      ),
      (of) => of.dispose(),
    );
    climb = (inputs) => sharpen(inputs.optimiser, ...scaleOf(inputs));
    second = owned.use(capturePass({ ...learnt, ...above }, batch, { ...shared, names, passes }));
  }
  tf.dispose(tensorsIn(batch));
  const last = (second ?? first).names;
  const move = owned.adopt(
    compileStep(
      (given, scale, before) => {
        const numbers = given as tf.Tensor2D, summed = takeSums(sums, last);
        const own = withoutScale(summed, scale as tf.Scalar, before as tf.Scalar);
        moveWeights(learner, { ...own, numbers }, configuration);
        return own.taken ?? numbers;
      },
      [optimiser, ...scale, ...climb ? scale : []],
      { name: "step of the optimiser", precision, compiler },
    ),
    (of) => of.dispose(),
  );
  const run = async (inputs: StepInputs): Promise<Record<string, number>> => {
    const whole = see(inputs);
    const scalars: Scalars = first.run(whole, inputs), scale = scaleOf(inputs);
    const climbed = climb?.(inputs) ?? [];
    second?.run(whole, inputs).dispose();
    const [taken] = move(inputs.optimiser, ...scale, ...scale.length > 0 ? climbed : []);
    const isFinite = scale.length > 0 ? { isFinite: (await taken.data())[0] } : {};
    tf.dispose([tensorsIn(whole), climbed, taken]);
    return { ...await scalars.read(), ...isFinite };
  };
  return { run, [Symbol.dispose]: () => owned.dispose() };
}
