/**
 * A pass in micro-batches for losses of all pictures' outputs together: gradient caching (Gao et al. 2021,
 * "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup").
 */
import * as tf from "@tensorflow/tfjs";
import type { Detector } from "lib/detectors/detector.ts";
import { compile, compileStep } from "lib/engine/compile.ts";
import { replaceTensors, tensorsIn } from "lib/engine/nested_tensors.ts";
import type { Updates } from "lib/networks/layers.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import {
  type CapturedPass,
  type CapturedPassOptions,
  keepPass,
  meansOf,
  microBatch,
  type PassNumbers,
  type Scalars,
  seedOfMicroBatch,
  seenMicroBatch,
} from "./micro_batch_passes.ts";
import { differentiate, seedOfPass, type SeenBatch, tensorsOf } from "./pass.ts";

/** What each micro-batch's pass through the detector is captured with. */
interface OutputsOf {
  readonly piece: SeenBatch;
  readonly parameters: Parameters;
  readonly passes: number;
  readonly detector: Detector;
}

/** A pass of a micro-batch in training. */
function outputsOf(
  { piece, parameters, passes, detector }: OutputsOf,
  { seed, updates }: { seed: tf.Tensor1D; updates: Updates },
): unknown {
  const training = { seed: seedOfPass(seed, passes), updates };
  return detector.forward(piece.images, parameters, { training });
}

/**
 * Captures a pass over batches like the example, for losses that follow from what one pass says of all pictures:
 * the gradient of the loss with regard to the outputs, which a first pass without gradients has made, is carried
 * through the detector a micro-batch at a time. Running statistics go on from one to the next, in the second.
 *
 * @throws Error when the loss asks for more than that pass, or its outputs have no axis of pictures.
 */
export function captureOutputsPass(
  parameters: Parameters,
  batch: SeenBatch,
  { detector, sums, names, seed, lossScale, precision, compiler, passes = 0, ...options }:
    CapturedPassOptions,
): CapturedPass {
  const size = options.microBatchSize, scale = lossScale ? [lossScale] : [];
  const count = batch.images.shape[0] / size, example = seenMicroBatch(batch, { k: 0, size });
  const { name: kind } = detector.kind, owned = new DisposableStack();
  const capturing = (of: ReturnType<typeof compile>) => owned.adopt(of, (one) => one.dispose());
  const at = tensorsOf(parameters, names), of = { parameters, passes, detector };

  let outputs: unknown;
  const look = capturing(compile(
    (images, seed) => {
      const piece = { ...example, images: images as tf.Tensor4D };
      outputs = outputsOf({ ...of, piece }, { seed: seed as tf.Tensor1D, updates: {} });
      const tensors = tensorsIn(outputs);
      if (tensors.every(({ shape: [first] }) => first === size)) return tensors;
      throw new Error(
        `The outputs of ${kind} have tensors whose first axis is not that of pictures.`,
      );
    },
    [example.images, seed],
    { name: "outputs of a micro-batch", precision, compiler },
  ));

  const some = look(example.images, seed), places = some.map((_, i) => `output ${i}`);
  const all = some.map((one) => tf.concat(Array.from({ length: count }, () => one)));
  let scalars: string[] = [], sloping: number[] = [], found: string[] = [];
  const judge = capturing(compileStep(
    (...tensors) => {
      const [own, lossScale] = tensors.splice(-1 - scale.length) as [tf.Tensor1D, tf.Scalar?];
      const said = tensors.splice(-all.length);
      const { images, targets } = replaceTensors(batch, tensors);
      let asked = 0;
      const lossOf = (updates: Updates) => {
        const forward = (others?: tf.Tensor4D, weights?: Parameters) => {
          if (!others && !weights && asked++ === 0) return replaceTensors(outputs, said);
          throw new Error(`The loss of ${kind} asks for more than one pass over its pictures.`);
        };
        return detector.loss({ images, targets, parameters, forward, seed: own, updates });
      };
      const ofOutputs = Object.fromEntries(places.map((name, i) => [name, said[i]]));
      const pass = differentiate(lossOf, { ...at, ...ofOutputs }, lossScale);
      sloping = places.flatMap((name, i) => pass.gradients[name] ? [i] : []);
      const slopes = sloping.map((i) => pass.gradients[places[i]]);
      found = names.filter((name) => pass.gradients[name]);
      keepPass({ ...pass, gradients: pick(pass.gradients, found) }, { parameters, sums });
      scalars = ["total", ...Object.keys(pass.terms)];
      return [pass.total, ...Object.values(pass.terms), ...slopes];
    },
    [...tensorsIn(batch), ...all, seed, ...scale],
    { name: "loss of a batch", precision, compiler },
  ));

  const learn = capturing(compileStep(
    (images, own, ...slopes) => {
      const piece = { ...example, images: images as tf.Tensor4D };
      const lossOf = (updates: Updates) => {
        const said = tensorsIn(outputsOf({ ...of, piece }, { seed: own as tf.Tensor1D, updates }));
        const each = sloping.map((i, k) => tf.sum(tf.mul(said[i], slopes[k])));
        return { total: tf.addN(each) as tf.Scalar, terms: {} };
      };
      const pass = differentiate(lossOf, at);
      keepPass(pass, { parameters, sums });
      found = names.filter((name) => found.includes(name) || pass.gradients[name]);
      return pass.total;
    },
    [example.images, seed, ...sloping.map((i) => some[i])],
    { name: "gradients of a micro-batch", precision, compiler },
  ));
  tf.dispose([tensorsIn(example), some, all]);

  const run = (whole: SeenBatch, { seed, lossScale }: PassNumbers): Scalars => {
    const each = Array.from({ length: count }, (_, k) => k);
    const seeds = each.map((k) => seedOfMicroBatch(seed, k));
    const imagesOf = (k: number) => tf.slice(whole.images, k * size, size);
    const parts = each.map((k) => {
      const images = imagesOf(k), said = look(images, seeds[k]);
      images.dispose();
      return said;
    });
    const said = some.map((_, i) => tf.concat(parts.map((part) => part[i])));
    const judged = judge(...tensorsIn(whole), ...said, seed, ...lossScale ? [lossScale] : []);
    const slopes = judged.splice(scalars.length);
    tf.dispose([parts, said]);
    for (const k of each) {
      const images = imagesOf(k), own = microBatch(slopes, { k, size });
      tf.dispose([images, own, learn(images, seeds[k], ...own)]);
    }
    tf.dispose([seeds, slopes]);
    return meansOf(scalars, [judged]);
  };
  return { names: found, passes: passes + 1, run, [Symbol.dispose]: () => owned.dispose() };
}

const pick = (of: Readonly<Record<string, tf.Tensor>>, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, of[name]]));
