/**
 * A pass over a batch that is divided among devices: the loss of the whole batch and its gradients, on every
 * device. Alone it is the pass over the batch.
 */
import * as tf from "@tensorflow/tfjs";
import type { Detector, LossInputs, Targets } from "lib/detectors/detector.ts";
import { gatherOverDevices, meansOverDevices, membership } from "lib/engine/collectives.ts";
import { replaceTensors, tensorsIn } from "lib/engine/nested_tensors.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import type { TrainingSettings } from "lib/settings/training_settings.ts";
import { type Differentiated, type PassOptions, passOver, type SeenBatch } from "./pass.ts";

/** How a pass is made, on one device or several. */
export interface JointPassOptions extends PassOptions {
  /** `microBatches` says how the loss of the whole follows from parts of it. */
  readonly detector: Pick<Detector, "forward" | "loss" | "microBatches">;
  /** Whose batch norm is taken. */
  readonly training: Pick<TrainingSettings, "normDevices">;
}

/**
 * The detector's loss of a batch, of which this device has its part: with the means over all devices of what
 * each finds. Where a loss follows from the outputs for all pictures (`"outputs"`), each device takes it of
 * all devices' outputs.
 *
 * @returns As `passOver`.
 */
export function passOverDevices(
  parameters: Parameters,
  batch: SeenBatch,
  { training, ...options }: JointPassOptions,
): Differentiated & { passes: number } {
  if (membership().size === 1) return passOver(parameters, batch, options);
  const { forward, loss, microBatches } = options.detector, joinsNorm = training.normDevices === 1;
  const detector: PassOptions["detector"] = {
    forward: (images, parameters, mode = {}) =>
      forward(images, parameters, {
        ...mode,
        ...mode.training ? { training: { ...mode.training, joinsNorm } } : {},
      }),
    loss: (inputs) => loss(microBatches === "outputs" ? ofAllDevices(inputs) : inputs),
  };
  return meansOf(passOver(parameters, batch, { ...options, detector }));
}

/** Tensors with the rows of all devices, in one collective. */
function gatherAll(tensors: readonly tf.Tensor[]): tf.Tensor[] {
  const rows = tensors.map((t) => tf.reshape(t, [t.shape[0], -1]) as tf.Tensor2D);
  const all = gatherOverDevices(tf.concat(rows, 1));
  return tf.split(all, rows.map(({ shape: [, width] }) => width), 1)
    .map((part, i) => tf.reshape(part, [-1, ...tensors[i].shape.slice(1)]));
}

/** Whole numbers of all devices, such as labels; exact below 2²⁴. */
function gatherNumbers<T extends tf.Tensor>(numbers: T): T {
  return tf.cast(gatherOverDevices(tf.cast(numbers, "float32")), "int32") as T;
}

/** What a loss is asked with, of the whole batch; pictures, targets and masks are gathered when it looks at them. */
function ofAllDevices(inputs: LossInputs<unknown>): LossInputs<unknown> {
  const { images, targets, forward } = inputs,
    { classes, masks, methods, partners, identities } = targets;
  const lazily = <Of extends object>(of: { readonly [Name in keyof Of]: () => Of[Name] }): Of => {
    const fields = Object.entries(of as Record<string, () => unknown>).map(([name, gather]) => {
      let known: unknown;
      return [name, {
        get: () => known ??= gather(),
        enumerable: true,
        configurable: true,
      }] as const;
    });
    return Object.defineProperties({}, Object.fromEntries(fields)) as Of;
  };
  const first = membership().rank * images.shape[0];
  const ofAll = lazily<Targets>({
    classes: () => gatherOverDevices(classes),
    ...masks ? { masks: () => gatherOverDevices(masks) } : {},
    ...methods ? { methods: () => gatherNumbers(methods) } : {},
    ...partners
      ? {
        partners: () => gatherNumbers(tf.add(partners, tf.scalar(first, "int32")) as tf.Tensor1D),
      }
      : {},
    ...identities ? { identities: () => gatherNumbers(identities) } : {},
  });
  const { images: _, targets: __, forward: ___, ...others } = inputs;
  const whole = {
    ...others,
    targets: ofAll,
    forward: () => {
      const outputs = forward();
      return replaceTensors(outputs, gatherAll(tensorsIn(outputs)));
    },
  };
  return Object.defineProperty(whole, "images", {
    get: () => gatherOverDevices(images),
  }) as LossInputs<unknown>;
}

/** Entries under names of their own. */
const under = (word: string, of: Readonly<Record<string, tf.Tensor>>) =>
  Object.entries(of).map(([name, tensor]) => [`${word} ${name}`, tensor] as const);

/**
 * The means over all devices: of loss, terms and gradients, and of new values of buffers, so that running
 * statistics stay alike everywhere.
 */
function meansOf<Pass extends Differentiated>(pass: Pass): Pass {
  const { total, terms, gradients, updates } = pass;
  const means = meansOverDevices(Object.fromEntries([
    ["total", total],
    ...under("term", terms),
    ...under("update", updates),
    ...under("gradient", gradients), // the last ones are sent first
  ]));
  const own = (word: string, of: Readonly<Record<string, tf.Tensor>>) =>
    Object.fromEntries(Object.keys(of).map((name) => [name, means[`${word} ${name}`]]));
  return {
    ...pass,
    total: means.total as tf.Scalar,
    terms: own("term", terms) as Record<string, tf.Scalar>,
    updates: own("update", updates),
    gradients: own("gradient", gradients),
  };
}
