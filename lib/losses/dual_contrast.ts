/**
 * Dual contrastive learning (Sun et al., AAAI 2022): within pictures, cells of real faces are alike and forged
 * cells are not; between pictures, a picture is like another view of itself and unlike hard ones of the other
 * class. `models/dcl.py` of Tencent/TFace, security/tasks/Face-Forgery-Detection/DCL, at commit 9004edb.
 */
import * as tf from "@tensorflow/tfjs";
import { withoutGradient } from "lib/engine/detach.ts";
import { ofUnitLength } from "lib/engine/unit_length.ts";

/** What cosines are divided by. [code] */
const TEMPERATURE = 0.07;

/** From which share of a cell on it counts as forged. [code] */
const FORGED = 0.01;

/** Weight of real faces' own term within pictures. [code] */
const REAL_WEIGHT = 0.01;

/** What is left of a prototype at each batch. [code] */
const PROTOTYPE_LEFT = 0.9;

/** No sum is taken the logarithm of below this: a batch of one class has sums of 0. */
const LEAST = 1e-30;

/** 1 for pictures that are more fake than real, `[batch]`. */
function isFake(classes: tf.Tensor2D): tf.Tensor1D {
  const [real, fake] = tf.unstack(classes, 1);
  return tf.cast(tf.greater(fake, real), "float32") as tf.Tensor1D;
}

/** The terms within pictures. */
export interface IntraContrast {
  /** fake + 0.01 · real. */
  readonly loss: tf.Scalar;
  /** −ln Σ exp(cos / T) over all pairs of cells of real faces; without a lower bound, as published. */
  readonly real: tf.Scalar;
  /** −ln pos / (pos + neg), of fakes' pairs of untouched cells and of a forged and an untouched one. */
  readonly fake: tf.Scalar;
}

/**
 * Contrast within pictures. As in the code, cells that do not count are zeros, whose pairs add exp(0) = 1 each;
 * cells whose mask is above 0 and not above 0.01 belong to neither; and sums run over the batch.
 *
 * @param features `[batch, side, side, channels]`; cells are taken at unit length.
 * @param masks `[batch, side, side, 1]`, 0 to 1, of the same side.
 * @param classes `[batch, 2]`: real, fake.
 */
export function intraContrast(
  features: tf.Tensor4D,
  { masks, classes }: { masks: tf.Tensor4D; classes: tf.Tensor2D },
): IntraContrast {
  const [batch, height, width, channels] = features.shape, cells = height * width;
  const vectors = ofUnitLength(tf.reshape<tf.Rank.R3>(features, [batch, cells, channels]));
  const fakes = withoutGradient(() => isFake(classes));
  const where = (condition: tf.Tensor) =>
    tf.mul(vectors, tf.reshape(tf.cast(condition, "float32"), [batch, cells, 1])) as tf.Tensor3D;
  const forged = where(tf.greater(masks, FORGED)), untouched = where(tf.equal(masks, 0));
  const pairs = (a: tf.Tensor3D, b: tf.Tensor3D, chosen: tf.Tensor) => {
    const each = tf.sum(tf.exp(tf.div(tf.matMul(a, b, false, true), TEMPERATURE)), [1, 2]);
    return tf.maximum(tf.sum(tf.mul(each, chosen)), LEAST);
  };
  const real = tf.neg(tf.log(pairs(vectors, vectors, tf.sub(1, fakes)))) as tf.Scalar;
  const alike = pairs(untouched, untouched, fakes), apart = pairs(forged, untouched, fakes);
  const fake = tf.sub(tf.log(tf.add(alike, apart)), tf.log(alike)) as tf.Scalar;
  return { real, fake, loss: tf.add(fake, tf.mul(REAL_WEIGHT, real)) as tf.Scalar };
}

/** What is remembered of pictures of one class. */
export interface ClassMemory {
  /** `[dimensions]`: the mean of what its keys were; it is not of unit length. */
  readonly prototype: tf.Tensor1D;
  /** `[dimensions, columns]`: keys that were hard to tell from the other class. */
  readonly queue: tf.Tensor2D;
  /** `[1]`: the column that is written next. */
  readonly pointer: tf.Tensor1D;
}

/** A batch with what is remembered. */
export interface InterInputs {
  /** q, `[batch, dimensions]`; taken at unit length. */
  readonly queries: tf.Tensor2D;
  /** k, of other views by the momentum encoder; at unit length, without a gradient. */
  readonly keys: tf.Tensor2D;
  /** `[batch, 2]`: real, fake. */
  readonly classes: tf.Tensor2D;
  /** Of real and of fake pictures. */
  readonly memory: readonly [real: ClassMemory, fake: ClassMemory];
  /** Of each class so many keys go into its queue. [code: 5] */
  readonly hardest: number;
  /** Columns after which writing begins anew; queues may have more, which are written past it. [code: 32768] */
  readonly queueSize: number;
}

/** Keys `[hardest, dimensions]` of a class, the most similar to a prototype first, and whether there are so many. */
function hardKeys(
  keys: tf.Tensor2D,
  { own, prototype, hardest }: { own: tf.Tensor1D; prototype: tf.Tensor1D; hardest: number },
) {
  const [batch] = keys.shape;
  const similar = tf.squeeze(tf.matMul(keys, tf.reshape(prototype, [-1, 1])), [1]);
  const among = tf.sub(similar, tf.mul(tf.sub(1, own), 1e6)); // the other class comes last
  const [rows, columns] = [tf.reshape(among, [batch, 1]), tf.reshape(among, [1, batch])];
  const place = tf.range(0, batch);
  const earlier = tf.less(tf.reshape(place, [1, batch]), tf.reshape(place, [batch, 1]));
  const ahead = tf.logicalOr(
    tf.greater(columns, rows),
    tf.logicalAnd(tf.equal(columns, rows), earlier),
  );
  const rank = tf.sum(tf.cast(ahead, "float32"), 1);
  const chosen = tf.cast(
    tf.equal(tf.reshape(tf.range(0, hardest), [hardest, 1]), tf.reshape(rank, [1, batch])),
    "float32",
  ) as tf.Tensor2D;
  return { hard: tf.matMul<tf.Tensor2D>(chosen, keys), there: tf.sum(tf.mul(chosen, own), 1) };
}

/** A queue with keys written from its pointer on. */
function enqueued(
  { queue, pointer }: ClassMemory,
  { hard, there, queueSize }: { hard: tf.Tensor2D; there: tf.Tensor; queueSize: number },
) {
  const [count] = hard.shape, columns = queue.shape[1];
  const at = tf.reshape(tf.add(pointer, tf.range(0, count)), [count, 1]);
  const isAt = tf.cast(tf.equal(at, tf.reshape(tf.range(0, columns), [1, columns])), "float32");
  const written = tf.mul(isAt, tf.reshape(there, [count, 1])) as tf.Tensor2D;
  const kept = tf.mul(queue, tf.sub(1, tf.sum(written, 0, true)));
  return {
    queue: tf.add(kept, tf.matMul(hard, written, true)) as tf.Tensor2D,
    pointer: tf.mod(tf.add(pointer, tf.sum(there)), queueSize) as tf.Tensor1D,
  };
}

/**
 * Contrast between pictures: InfoNCE of each query with its key, against the queue of the other class. As in
 * the code, prototypes move first, and the batch's hard keys are in the queues before the loss is taken.
 *
 * @returns `loss`, a scalar, 0 or more; `memory`, what is remembered after the batch, without a gradient;
 * `logits`, `[batch, 1 + columns]`.
 */
export function interContrast(
  { queries, keys, classes, memory, hardest, queueSize }: InterInputs,
): { loss: tf.Scalar; logits: tf.Tensor2D; memory: [real: ClassMemory, fake: ClassMemory] } {
  const q = ofUnitLength(queries), k = withoutGradient(() => ofUnitLength(keys));
  const fakes = withoutGradient(() => isFake(classes)), reals = tf.sub(1, fakes) as tf.Tensor1D;
  const owners = [reals, fakes];
  const prototypes = memory.map(({ prototype }, c) => {
    const sum = tf.sum(tf.mul(k, tf.reshape(owners[c], [-1, 1])), 0);
    const mean = tf.div(sum, tf.maximum(tf.sum(owners[c]), 1));
    return tf.add(
      tf.mul(PROTOTYPE_LEFT, prototype),
      tf.mul(1 - PROTOTYPE_LEFT, mean),
    ) as tf.Tensor1D;
  });
  const after = memory.map((of, c): ClassMemory => {
    const found = hardKeys(k, { own: owners[c], prototype: prototypes[1 - c], hardest });
    return { prototype: prototypes[c], ...enqueued(of, { ...found, queueSize }) };
  });
  const [real, fake] = after;
  const column = (x: tf.Tensor1D) => tf.reshape(x, [-1, 1]);
  const others = tf.add(
    tf.mul(column(reals), tf.matMul(q, fake.queue)),
    tf.mul(column(fakes), tf.matMul(q, real.queue)),
  );
  const own = tf.sum(tf.mul(q, k), 1, true);
  const logits = tf.div(tf.concat([own, others], 1), TEMPERATURE) as tf.Tensor2D;
  const first = tf.squeeze(tf.slice(logits, [0, 0], [-1, 1]), [1]);
  const loss = tf.mean(tf.sub(tf.logSumExp(logits, 1), first)) as tf.Scalar;
  return { loss, logits, memory: [real, fake] };
}
