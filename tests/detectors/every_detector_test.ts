/** What every detector of the register does, whichever it is; what is its own is tested in a file of its own. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { cropSource } from "lib/batches/batch_source.ts";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { DETECTORS } from "lib/detectors/register.ts";
import { startEngine } from "lib/engine/engine.ts";
import { scoreCrops } from "lib/evaluation/predict.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { openPartMapper } from "lib/explain/part_maps.ts";
import { foldBatchNorm } from "lib/networks/fold_batch_norm.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import { fillImages, relativeError } from "../networks/fixture_formula.ts";
import { squares } from "./squares.ts";

await startEngine();

/** Running statistics take about forty steps to catch up with the weights. */
const SIDE = 64, STEPS = 40;

/** The kind's smallest network on pictures of 64, without what only a long run needs. */
function small(kind: typeof DETECTORS[number]): Configuration {
  const has = (field: string) => Object.hasOwn(kind.rules.fields, field);
  const changes: Record<string, unknown> = {
    imageSize: SIDE,
    batchSize: 8,
    steps: STEPS,
    learningRate: 2e-3,
    augmentation: "none",
    schedule: "warmUpCosine",
    ...has("dropout") ? { dropout: 0 } : {},
    ...has("blocks") ? { backbone: "conv4", width: 1 } : {}, // several backbones: the smallest
    // A threshold on the X-ray's mean that begins on the wrong side takes hundreds of steps to cross.
    ...has("classifier") ? { classifier: "pooled" } : {},
  };
  return vary(presetOf(kind, "smoke"), changes);
}

for (const kind of DETECTORS) {
  Deno.test(`${kind.name} learns eight pictures by heart, and finds the clue in new ones`, async () => {
    const configuration = small(kind), { detector } = configuration;
    const lessons = squares(8, SIDE), unseen = squares(40, SIDE, 2);
    await using source = cropSource(lessons, configuration);
    using learner = createLearner(configuration);
    const totals: number[] = [];
    for await (const { total } of train(learner, { source, configuration })) totals.push(total);
    const { parameters } = learner, trained = { detector, parameters };
    const labels = (crops: typeof lessons) => crops.map(({ sample }) => sample.label);
    const known = await scoreCrops(lessons, trained);
    const knownAuc = rocAuc(known, labels(lessons));
    assert.equal(knownAuc, 1, `AUC ${knownAuc}, totals ${totals}`);
    const auc = rocAuc(await scoreCrops(unseen, trained), labels(unseen));
    assert.ok(auc > 0.9, `AUC ${auc}`);
  });

  Deno.test(`${kind.name} answers alike with its batch norms merged, and every part has a map`, async () => {
    const configuration = small(kind), { detector } = configuration;
    using learner = createLearner(configuration);
    const folded = foldBatchNorm(learner.parameters, detector.parameters);
    tf.tidy(() => {
      const images = tf.div(fillImages("input", 2, SIDE), 4) as tf.Tensor4D;
      const ask = (parameters: typeof folded, mode = {}) =>
        detector.logOdds(detector.forward(images, parameters, mode)).dataSync();
      const error = relativeError(ask(folded, { folded: true }), [...ask(learner.parameters)]);
      assert.ok(error < 1e-3, `off by ${error}`);
    });
    disposeParameters(folded);
    using mapper = openPartMapper({ detector, parameters: learner.parameters, batchSize: 2 });
    const [{ parts, whole }] = await mapper.maps(squares(2, SIDE));
    assert.equal(parts.length, detector.parts().length);
    for (const map of [...parts, whole]) assert.ok(map.length > 0 && map.flat().every(isFinite));
  });
}
