/**
 * What OST learns by: a step within on templates and pseudo-fakes, and the loss of the batch's pictures and
 * other pseudo-fakes after it.
 */
import * as tf from "@tensorflow/tfjs";
import { withoutGradient } from "lib/engine/detach.ts";
import { amSoftmax } from "lib/losses/am_softmax.ts";
import type { Loss, LossInputs } from "../detector.ts";
import { innerStep } from "./inner_step.ts";
import { namesWithin, templatesOf } from "./ost_network.ts";
import type { OstSettings } from "./ost_settings.ts";
import { drawPseudoFakes, pseudoFakes } from "./pseudo_fakes.ts";

/** Fake, for some pictures: `[count, 2]`. */
const fakes = (count: number) => tf.tile(tf.tensor2d([[0, 1]]), [count, 1]);

/** The loss of real pictures and as many fakes, by their logits, `[2 · count, 2]`, the real ones' first. */
export function supportLoss(logits: tf.Tensor2D, settings: OstSettings): tf.Scalar {
  const count = logits.shape[0] / 2;
  const classes = tf.concat2d([tf.reverse(fakes(count), 1), fakes(count)], 0);
  return amSoftmax(logits, classes, settings);
}

/** The templates with a batch's real pictures in place of the first ones. */
function keptReals(
  templates: tf.Tensor4D,
  images: tf.Tensor4D,
  classes: tf.Tensor2D,
): tf.Tensor4D {
  return withoutGradient(() => {
    const [kept] = templates.shape, most = Math.min(kept, classes.shape[0]);
    const { values, indices } = tf.topk(tf.unstack(classes, 1)[0], most);
    const isReal = tf.reshape(tf.greater(values, 0.5), [most, 1, 1, 1]);
    const part = (begin: number, count: number) =>
      tf.slice(templates, [begin, 0, 0, 0], [count, -1, -1, -1]);
    const mixed = tf.where(isReal, tf.gather(images, indices as tf.Tensor1D), part(0, most));
    return kept > most ? tf.concat4d([mixed, part(most, kept - most)], 0) : mixed;
  });
}

/**
 * The loss of a batch. Its templates are real pictures of the batches before, never its own: a step that has
 * seen the pictures that are asked for with their answers is no practice for those of a test. With the batch's
 * own, the network learns to learn by heart, and ranks new pictures by chance.
 */
export function ostObjective(
  { images, targets: { classes }, parameters, forward, updates, seed }: LossInputs<tf.Tensor2D>,
  settings: OstSettings,
): Loss {
  const { order, variety } = settings, [count] = classes.shape, kept = templatesOf(parameters);
  const own = (k: number) =>
    tf.add(seed!, tf.tensor1d([Math.imul(0x9e3779b9, -k), 0], "int32")) as tf.Tensor1D;
  const turns = Array.from({ length: count }, (_, i) => i % settings.templates);
  const templates = tf.gather(kept, tf.tensor1d(turns, "int32"));
  const numbers = drawPseudoFakes(count, { seed: own(1), variety });
  const blended = pseudoFakes(templates, images, numbers);
  const swapped = pseudoFakes(images, templates, numbers);
  // Which kind is learnt from, and which one is asked.
  const coin = drawPseudoFakes(1, { seed: own(2), variety });
  const isBlended = tf.reshape(tf.greaterEqual(tf.slice(coin, [0, 0], [1, 1]), 0.5), [1, 1, 1, 1]);

  const support = tf.concat4d([templates, tf.where(isBlended, blended, swapped)], 0);
  const step = { names: namesWithin(settings), rate: settings.innerRate, order };
  const { adapted, before } = innerStep(parameters, () => {
    const loss = supportLoss(forward(support), settings);
    Object.values(updates).forEach(tf.keep); // running statistics, from which the second pass goes on
    return loss;
  }, step);
  for (const [name, kept] of Object.entries(updates)) {
    updates[name] = kept.clone();
    kept.dispose();
  }
  const query = tf.concat4d([images, tf.where(isBlended, swapped, blended)], 0);
  const total = amSoftmax(
    forward(query, adapted),
    tf.concat2d([classes, fakes(count)], 0),
    settings,
  );
  updates.templates = keptReals(kept, images, classes);
  return { total, terms: { query: total, support: before } };
}
