import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { adamNumbers, applyAdam } from "lib/engine/adam.ts";
import { compileStep } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { decayedGradients } from "lib/engine/weight_decay.ts";
import reference from "../fixtures/adam_reference.json" with { type: "json" };

const { backend } = await startEngine();

const DECAY = { beta1: 0.9, beta2: 0.999 };
const NUMBERS = { ...DECAY, learningRate: 5e-4, epsilon: 1e-8 };

/** PyTorch's states after each of five steps, in float64, by weight decay. */
const CASES = [
  { weightDecay: 0, expected: reference["f64_wd0.0"] },
  { weightDecay: 1e-6, expected: reference["f64_wd1e-06"] },
  { weightDecay: 0.01, expected: reference["f64_wd0.01"] },
];

/** Variables, slots and a step that takes gradient, step size and ε. */
function adamProblem(weightDecay: number) {
  const variable = tf.variable(tf.tensor1d(reference.param0));
  const slots = {
    m: tf.variable(tf.zeros([12]), false),
    v: tf.variable(tf.zeros([12]), false),
  };
  const step = (gradient: tf.Tensor, stepSize: tf.Tensor, epsilon: tf.Tensor) => {
    applyAdam(variable, slots, {
      gradient: weightDecay > 0
        ? decayedGradients({ variable }, { variable: gradient }, tf.scalar(weightDecay)).variable
        : gradient,
      step: { ...DECAY, stepSize: stepSize as tf.Scalar, epsilon: epsilon as tf.Scalar },
    });
    return tf.sum(gradient);
  };
  return { variable, slots, step, dispose: () => tf.dispose([variable, slots]) };
}

function scalarsOf(k: number): tf.Tensor[] {
  const { stepSize, epsilon } = adamNumbers(k + 1, NUMBERS);
  return [tf.tensor1d(reference.grads[k]), tf.scalar(stepSize), tf.scalar(epsilon)];
}

/** Each number within a share of its own size: gradients here are from 1 down to 1e-5. */
function assertRelative(actual: ArrayLike<number>, expected: number[], tolerance: number) {
  expected.forEach((e, i) =>
    assert.ok(
      Math.abs(actual[i] - e) <= tolerance * Math.abs(e),
      `[${i}] ${actual[i]} instead of ${e}`,
    )
  );
}

function checkAgainstPyTorch(captured: boolean, { weightDecay, expected }: typeof CASES[number]) {
  const { variable, slots, step, dispose } = adamProblem(weightDecay);
  const eager = (...[gradient, stepSize, epsilon]: tf.Tensor[]) =>
    step(gradient, stepSize, epsilon);
  const compiled = captured ? compileStep(eager, scalarsOf(0)) : undefined;
  expected.forEach((state, k) => {
    const inputs = scalarsOf(k);
    tf.dispose([(compiled ?? eager)(...inputs), inputs]);
    assertRelative(variable.dataSync(), state.param, 3e-7);
    assertRelative(slots.m.dataSync(), state.exp_avg, 2e-6);
    assertRelative(slots.v.dataSync(), state.exp_avg_sq, 2e-5); // β₂ is a float32: 1 − β₂ is off by 1.3e-5
  });
  compiled?.dispose();
  dispose();
}

for (const problem of CASES) {
  const { weightDecay } = problem;
  Deno.test(`applyAdam run eagerly equals PyTorch's Adam, weight decay ${weightDecay}`, () => {
    tf.tidy(() => checkAgainstPyTorch(false, problem));
  });
  Deno.test(`applyAdam in a captured step equals PyTorch's Adam, weight decay ${weightDecay}`, () => {
    checkAgainstPyTorch(true, problem);
  });
  Deno.test(`applyAdam on the plain cpu backend equals PyTorch's Adam, weight decay ${weightDecay}`, async () => {
    await tf.setBackend("cpu");
    try {
      tf.tidy(() => checkAgainstPyTorch(false, problem));
    } finally {
      await tf.setBackend(backend);
    }
  });
}

Deno.test("adamNumbers at step 1 makes a step of the learning rate, whatever the gradient", () => {
  // m = (1 − β₁) g and √v = √(1 − β₂) |g|, so stepSize · m / √v must be lr.
  const { stepSize } = adamNumbers(1, NUMBERS);
  const share = (1 - Math.fround(0.9)) / Math.sqrt(1 - Math.fround(0.999));
  assert.ok(Math.abs(stepSize * share / 5e-4 - 1) < 1e-9);
});

Deno.test("adamNumbers refuses a step 0", () => {
  assert.throws(() => adamNumbers(0, NUMBERS), /counts steps from 1/);
});

Deno.test("applyAdam refuses a gradient of another shape, naming the variable", () => {
  const { variable, slots, dispose } = adamProblem(0);
  const step = { ...DECAY, stepSize: tf.scalar(1), epsilon: tf.scalar(1) };
  assert.throws(
    () => applyAdam(variable, slots, { gradient: tf.zeros([3]), step }),
    new RegExp(`gradient of ${variable.name} is \\[3\\], the variable \\[12\\]`),
  );
  dispose();
});
