/**
 * The optimisers that a run can have, each a pair of functions: what is remembered of a variable at first,
 * and a variable's step. They follow PyTorch's of the same names at its defaults.
 */
import * as tf from "@tensorflow/tfjs";
import { type AdamDecay, adamNumbers, type AdamSlots, applyAdam } from "lib/engine/adam.ts";
import { applySgd, type SgdSlots } from "lib/engine/sgd.ts";
import type { TrainingSettings } from "lib/settings/training_settings.ts";

/** How fast Adam forgets the gradient and its square, and its ε. [code: PyTorch's defaults] */
const ADAM: Readonly<AdamDecay & { epsilon: number }> = Object.freeze({
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
});

/** What an optimiser remembers of a variable, by name: variables of its shape, 0 at first. */
export type Slots = Readonly<Record<string, tf.Variable>>;

/** The training's settings that an optimiser looks at. */
export type OptimiserSettings = Pick<
  TrainingSettings,
  "optimiser" | "weightDecay" | "momentum" | "nesterov"
>;

/** What moves a variable. */
export interface OptimiserUpdate {
  /** Gradient of the objective, of the variable's shape, with the optimiser's `weightDecay`. */
  readonly gradient: tf.Tensor;
  /** Those of `numbers`, on the device. */
  readonly numbers: readonly tf.Scalar[];
  /** 1, or 0 for a step that is to change nothing; its gradient is 0. Default 1. */
  readonly taken?: tf.Scalar | undefined;
}

/** An optimiser of chosen settings. */
export interface Optimiser {
  /** PyTorch's weight decay: so much of each variable is added to its gradient before `update`. */
  readonly weightDecay: number;
  /** The names of a variable's slots. */
  readonly slots: readonly string[];
  /**
   * The numbers of a step for variables of one learning rate; computed here, so that a captured step takes
   * new ones each time.
   *
   * @param step The optimiser's own count, from 1.
   */
  numbers(step: number, learningRate: number): number[];
  /** Moves a variable and its slots by one step. */
  update(variable: tf.Variable, slots: Slots, update: OptimiserUpdate): void;
}

/** The optimiser that these settings name. */
export function optimiserOf(settings: OptimiserSettings): Optimiser {
  const { optimiser, weightDecay, momentum, nesterov } = settings;
  switch (optimiser) {
    case "adam":
    case "adamW":
      return adam({ isDecoupled: optimiser === "adamW", weightDecay });
    case "sgd":
      return {
        weightDecay,
        slots: ["velocity"],
        numbers: (_, learningRate) => [learningRate],
        update: (variable, slots, { gradient, numbers: [rate], taken }) =>
          applySgd(variable, slots as unknown as SgdSlots, {
            ...{ gradient, rate },
            ...{ momentum, nesterov },
            ...taken ? { taken } : {},
          }),
      };
  }
}

function adam(
  { isDecoupled, weightDecay }: { isDecoupled: boolean; weightDecay: number },
): Optimiser {
  return {
    weightDecay: isDecoupled ? 0 : weightDecay,
    slots: ["m", "v"],
    numbers: (step, learningRate) => {
      const { epsilon, stepSize } = adamNumbers(step, { ...ADAM, learningRate });
      return [epsilon, stepSize, ...isDecoupled ? [learningRate * weightDecay] : []];
    },
    update: (variable, slots, { gradient, numbers: [epsilon, stepSize, decoupledDecay], taken }) =>
      applyAdam(variable, slots as unknown as AdamSlots, {
        gradient,
        step: { ...ADAM, epsilon, stepSize },
        ...isDecoupled ? { decoupledDecay } : {},
        ...taken ? { taken } : {},
      }),
  };
}

/** A variable's slots before the first step; the caller frees them. */
export function emptySlots(settings: OptimiserSettings, variable: tf.Variable): Slots {
  const { slots } = optimiserOf(settings);
  const zeros = () => tf.tidy(() => tf.variable(tf.zerosLike(variable as tf.Tensor), false));
  return Object.fromEntries(slots.map((name) => [name, zeros()]));
}
