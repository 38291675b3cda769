/** How OST scores a picture: a step on a pseudo-fake of it, then a look at it, and the step is forgotten. */
import * as tf from "@tensorflow/tfjs";
import { logOddsOfFake } from "lib/losses/log_odds.ts";
import type { Mode } from "lib/networks/layers.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import type { Adaptation } from "../detector.ts";
import { innerStep } from "./inner_step.ts";
import { namesWithin, ostLogits, templatesOf } from "./ost_network.ts";
import { supportLoss } from "./ost_objective.ts";
import type { OstSettings } from "./ost_settings.ts";
import { pseudoFakes } from "./pseudo_fakes.ts";

/** Numbers that a pseudo-fake is made with. */
const NUMBERS = 5;

/**
 * The scoring of a detector of these settings. A picture and the kept templates are a batch as training has
 * them: each has the next template, the step within is on these and blends of them, and the look is at all
 * of them beside the templates' other blends, as batch norm is by what is looked at. Blends are drawn by the same
 * numbers for all pictures.
 */
export function ostScore(settings: OstSettings): Adaptation {
  const { templates: count } = settings, names = namesWithin(settings);
  const numbers = Array.from({ length: count + 1 }, (_, i) => {
    const random = createRandom(i, "OST's pseudo-fake");
    return Array.from({ length: NUMBERS }, () => random.uniform());
  });
  const next = Array.from({ length: count + 1 }, (_, i) => i % count);
  const scoreOne = (image: tf.Tensor4D, parameters: Parameters): tf.Tensor1D => {
    /** Statistics of the pass's own pictures; the running ones that it would leave behind are nobody's. */
    const byBatch = (): Mode => ({
      training: { seed: tf.tensor1d([0, 0], "int32"), updates: {} },
    });
    const kept = templatesOf(parameters), drawn = tf.tensor2d(numbers);
    const own = tf.concat4d([image, kept], 0);
    const templates = tf.gather(kept, tf.tensor1d(next, "int32"));
    const support = tf.concat4d([templates, pseudoFakes(templates, own, drawn)], 0);
    const loss = () =>
      supportLoss(ostLogits(support, { parameters, mode: byBatch(), settings }), settings);
    // Nothing differentiates the result.
    const { adapted } = innerStep(parameters, loss, {
      names,
      rate: settings.innerRate,
      order: "first",
    });
    const others = tf.slice(pseudoFakes(own, templates, drawn), [1, 0, 0, 0], [count, -1, -1, -1]);
    const logits = ostLogits(tf.concat4d([own, others], 0), {
      parameters: adapted,
      mode: byBatch(),
      settings: { ...settings, dropout: 0 },
    });
    return logOddsOfFake(tf.slice(logits, [0, 0], [1, -1]));
  };
  return {
    atOnce: 1,
    score: (images, parameters) =>
      tf.tidy(() =>
        tf.concat1d(
          tf.split(images, images.shape[0]).map((x) => scoreOne(x as tf.Tensor4D, parameters)),
        )
      ),
  };
}
