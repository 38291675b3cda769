/**
 * OST as a detector (Chen et al., "OST: Improving Generalization of DeepFake Detection via One-Shot Test-Time
 * Training", NeurIPS 2022): before a picture is judged, the network takes a step of learning on fakes that are made of
 * it, and training is for being good after such a step. The paper compared here cites its AUCs in Table 2, .748 on
 * Celeb-DF v1 and .833 on DFDC-P.
 *
 * Built after liangchen527/OST at commit 1e4518b: Xception with leaky ReLUs, a softmax with a margin. Its traps:
 *
 * - the margin and the scale of 30 are of cosines, but go to raw logits, so that losses are in the tens (kept)
 * - its "learnt" rates of the inner step are given to no optimiser (one rate here)
 * - at test it adapts one copy to a whole batch and takes batch norm's statistics from it, so a score depends on
 *   the other pictures of the batch. Here each picture has a copy of its own, and the statistics are of the
 *   picture beside templates. In training one step is for the batch, as there
 * - its templates are training pictures, which it draws at test too. Here the detector keeps some of the last
 *   real ones (`templates`): **its file holds pictures of people**
 *
 * Fakes for the step are the kit's (`pseudo_fakes.ts`): SimSwap is not public data, and landmarks are not
 * there. Explanations, and `testSteps` 0, are of a plain look by running statistics.
 *
 * `order` "second", the code's, differentiates through the inner step's gradient; TensorFlow.js has no gradients of
 * the gradients of convolutions and max-pooling, the engine adds them (`second_gradients.ts`). "first" takes that
 * gradient for a constant, in about half the time and memory.
 */
import * as tf from "@tensorflow/tfjs";
import { withoutGradient } from "lib/engine/detach.ts";
import { amSoftmax } from "lib/losses/am_softmax.ts";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import { type Mode, openLayers } from "lib/networks/layers.ts";
import { MINUS_ONE_TO_ONE } from "lib/networks/normalise_images.ts";
import { isLearnt, type Parameters, type ParameterSpecification } from "lib/networks/parameters.ts";
import { unusedOf } from "lib/networks/weights/renamed_file.ts";
import { beginningsIn, loadParameters } from "lib/networks/weights/state_dict.ts";
import { xceptionStateDict } from "lib/networks/weights/xception_state_dict.ts";
import { xception, xceptionParameters } from "lib/networks/xception.ts";
import { createRandom } from "lib/random.ts";
import { defineDetector, requireImages } from "../define_detector.ts";
import type { Adaptation, DetectorKind, LossInputs } from "../detector.ts";
import { innerStep } from "./inner_step.ts";
import { OST_PRESETS, OST_RULES, type OstSettings } from "./ost_settings.ts";
import { drawPseudoFakes, pseudoFakes } from "./pseudo_fakes.ts";

/** Real and fake. */
const CLASSES = 2;

/** Slope of ReLUs below 0. [code] */
const SLOPE = 0.01;

/** What the last real pictures are kept under. */
const TEMPLATES = "templates";

/** Pictures that are scored at once: each takes three passes. */
const AT_ONCE = 4;

/** Every third pseudo-fake of a picture that is scored is its own face in a template. [code: probability .33] */
const SWAPPED_EACH = 3;

function parametersOf({ imageSize, width, templates }: OstSettings): ParameterSpecification[] {
  return [
    ...xceptionParameters({ classes: CLASSES, width }),
    { name: TEMPLATES, shape: [templates, imageSize, imageSize, 3], role: "buffer", fanIn: 0 },
  ];
}

/** The names of what learns. */
const learntNames = (settings: OstSettings) =>
  parametersOf(settings).filter(({ role }) => isLearnt(role)).map(({ name }) => name);

/** Fake, for some pictures: `[count, 2]`. */
const fakes = (count: number) => tf.tile(tf.tensor2d([[0, 1]]), [count, 1]);

/** Of each picture of a batch the place of the next real one, round and round; its own where it alone is real. */
function nextReals(classes: tf.Tensor2D): tf.Tensor1D {
  const [count] = classes.shape;
  const steps = Array.from({ length: count ** 2 }, (_, at) => {
    const own = Math.floor(at / count), other = at % count;
    return (other - own - 1 + count) % count;
  });
  const isReal = tf.cast(tf.greater(tf.slice(classes, [0, 0], [-1, 1]), 0.5), "float32");
  const worth = tf.mul(tf.reshape(isReal, [1, count]), count);
  return tf.argMax(tf.sub(worth, tf.tensor2d(steps, [count, count])), 1) as tf.Tensor1D;
}

/** The templates with a batch's real pictures in place of some. */
function keptReals(templates: tf.Tensor4D, images: tf.Tensor4D, classes: tf.Tensor2D): tf.Tensor4D {
  return withoutGradient(() => {
    const [kept] = templates.shape, most = Math.min(kept, classes.shape[0]);
    const { values, indices } = tf.topk(tf.unstack(classes, 1)[0], most);
    const isReal = tf.cast(tf.reshape(tf.greater(values, 0.5), [most, 1, 1, 1]), "float32");
    const part = (begin: number, count: number) =>
      tf.slice(templates, [begin, 0, 0, 0], [count, -1, -1, -1]);
    const taken = tf.gather(images, indices as tf.Tensor1D);
    const mixed = tf.add(
      tf.mul(taken, isReal),
      tf.mul(part(0, most), tf.sub(1, isReal)),
    ) as tf.Tensor4D;
    return kept > most ? tf.concat4d([mixed, part(most, kept - most)], 0) : mixed;
  });
}

/** The code's step: learn on one half, be judged on the other. */
function objective(
  { images, targets: { classes }, parameters, forward, updates, seed }: LossInputs<tf.Tensor2D>,
  settings: OstSettings,
) {
  const { margin, scale, innerRate: rate, order, variety } = settings, [count] = classes.shape;
  const own = (k: number) => tf.add(seed!, tf.tensor1d([Math.imul(0x9e3779b9, -k), 0], "int32"));
  const numbers = drawPseudoFakes(count, { seed: own(1) as tf.Tensor1D, variety });
  const next = withoutGradient(() => nextReals(classes));
  const templates = tf.gather(images, next), ofTemplates = tf.gather(classes, next);
  const blended = pseudoFakes(templates, images, numbers);
  const swapped = pseudoFakes(images, templates, numbers);
  // Which kind is learnt from, and which one is asked.
  const coin = drawPseudoFakes(1, { seed: own(2) as tf.Tensor1D, variety });
  const isBlended = tf.cast(tf.greaterEqual(tf.slice(coin, [0, 0], [1, 1]), 0.5), "float32");
  const share = tf.reshape(isBlended, [1, 1, 1, 1]);
  const chosen = (a: tf.Tensor4D, b: tf.Tensor4D) =>
    tf.add(tf.mul(a, share), tf.mul(b, tf.sub(1, share))) as tf.Tensor4D;
  const lossOf = (logits: tf.Tensor2D, of: tf.Tensor2D) => amSoftmax(logits, of, { margin, scale });

  const support = forward(tf.concat4d([templates, chosen(blended, swapped)], 0));
  const before = lossOf(support, tf.concat2d([ofTemplates, fakes(count)], 0));
  const names = learntNames(settings);
  const adapted = innerStep(parameters, () => before, { names, rate, order });
  const query = forward(tf.concat4d([images, chosen(swapped, blended)], 0), adapted);
  const total = lossOf(query, tf.concat2d([classes, fakes(count)], 0));

  const kept = parameters[TEMPLATES] as tf.Tensor as tf.Tensor4D;
  updates[TEMPLATES] = keptReals(kept, images, classes);
  return { total, terms: { query: total, support: before } };
}

/** A pass; `dropout` in training alone. */
function logitsOf(
  images: tf.Tensor4D,
  { parameters, mode, dropout }: { parameters: Parameters; mode: Mode; dropout: number },
): tf.Tensor2D {
  return xception(images, { layers: openLayers(parameters, mode), dropout, slope: SLOPE });
}

/** How a picture is scored: a step on pseudo-fakes of it and on templates, then a look at it. */
function adaptation(settings: OstSettings): Adaptation {
  const { templates: count, dropout, innerRate: rate, margin, scale } = settings;
  const names = learntNames(settings);
  const numbers = Array.from({ length: count }, (_, i) => {
    const random = createRandom(i, "OST's pseudo-fake");
    return Array.from({ length: 5 }, () => random.uniform());
  });
  const scoreOne = (image: tf.Tensor4D, parameters: Parameters): tf.Tensor1D => {
    /** Statistics of the pass's own pictures; the running ones that it would leave behind are nobody's. */
    const byBatch = (): Mode => ({
      training: { seed: tf.tensor1d([0, 0], "int32"), updates: {} },
    });
    const templates = parameters[TEMPLATES] as tf.Tensor as tf.Tensor4D;
    const alike = tf.tile(image, [count, 1, 1, 1]), drawn = tf.tensor2d(numbers);
    const swaps = tf.tensor4d(
      numbers.map((_, i) => Number(i % SWAPPED_EACH === SWAPPED_EACH - 1)),
      [count, 1, 1, 1],
    );
    const faces = tf.add(tf.mul(alike, swaps), tf.mul(templates, tf.sub(1, swaps)));
    const around = tf.add(tf.mul(templates, swaps), tf.mul(alike, tf.sub(1, swaps)));
    const made = pseudoFakes(faces as tf.Tensor4D, around as tf.Tensor4D, drawn);
    const support = tf.concat4d([templates, made], 0);
    const classes = tf.concat2d([tf.reverse(fakes(count), 1), fakes(count)], 0);
    const loss = () =>
      amSoftmax(logitsOf(support, { parameters, mode: byBatch(), dropout }), classes, {
        margin,
        scale,
      });
    const adapted = innerStep(parameters, loss, { names, rate, order: "first" });
    const seen = tf.concat4d([image, templates], 0);
    const logits = logitsOf(seen, { parameters: adapted, mode: byBatch(), dropout: 0 });
    return logOddsOfFake(tf.slice(logits, [0, 0], [1, CLASSES]));
  };
  return {
    atOnce: AT_ONCE,
    score: (images, parameters) =>
      tf.tidy(() =>
        tf.concat1d(tf.split(images, images.shape[0]).map((x) => scoreOne(x, parameters)))
      ),
  };
}

/** OST. */
export const ost: DetectorKind<OstSettings, tf.Tensor2D> = defineDetector<OstSettings, tf.Tensor2D>(
  {
    name: "ost",
    source:
      "Chen et al., OST: Improving Generalization of DeepFake Detection via One-Shot Test-Time Training, NeurIPS " +
      "2022; the authors' code liangchen527/OST at commit 1e4518b (no licence, needs SimSwap: read, neither run nor " +
      "taken). Weights: none published; ImageNet's as Xception's",
    rules: OST_RULES,
    presets: OST_PRESETS,
    build: (settings) => ({
      input: { size: settings.imageSize, normalisation: MINUS_ONE_TO_ONE },
      parameters: parametersOf(settings),
      ...settings.testSteps > 0 ? { adaptation: adaptation(settings) } : {},
      /** A plain look: by running statistics but in training. */
      forward: (images, parameters, mode = {}) => {
        requireImages(images, mode);
        const { training } = mode, isTwice = settings.order === "second";
        const own = training ? { ...mode, training: { ...training, isTwice } } : mode;
        return logitsOf(images, { parameters, mode: own, dropout: settings.dropout });
      },
      loss: (inputs) => objective(inputs, settings),
      /** Of the raw logits, as in the code, though the loss multiplies them. */
      logOdds: logOddsOfFake,
      parts: (layer = "bn4") => [{ name: "whole network", layer }],
      stageOf: (parameter) => parameter.split(".", 1)[0].replace(/^bn/, "conv"),
      loadPretrained: (parameters, file) => {
        const named = xceptionStateDict(file);
        const trunk = Object.fromEntries(
          Object.entries(parameters).filter(([name]) =>
            name !== TEMPLATES && !name.startsWith("last_linear.")
          ),
        );
        const report = loadParameters(trunk, named, {
          skip: beginningsIn(named, ["last_linear."]),
        });
        return { ...report, skipped: unusedOf(named, report.skipped) };
      },
    }),
  },
);
