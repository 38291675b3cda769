/** What every detector of the register does, whichever it is; what is its own is tested in a file of its own. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs";
import { cropSource } from "lib/batches/batch_source.ts";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { DETECTORS } from "lib/detectors/register.ts";
import { startEngine } from "lib/engine/engine.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { openPartMapper } from "lib/explain/part_maps.ts";
import { foldBatchNorm } from "lib/networks/fold_batch_norm.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import {
  type CapturedTrainingStep,
  captureTrainingStep,
  stepInputs,
  stepNumbers,
} from "lib/training/captured_training_step.ts";
import { restoreCheckpoint, saveCheckpoint } from "lib/training/checkpoint.ts";
import { createLearner, type Learner } from "lib/training/learner.ts";
import { ratesAt } from "lib/training/schedule.ts";
import { BEGINNING } from "lib/training/selection.ts";
import { inFolder } from "../in_folder.ts";
import { fillImages, relativeError } from "../networks/fixture_formula.ts";
import { squares } from "./squares.ts";

await startEngine();

/** Running statistics take about forty steps to catch up with the weights. */
const SIDE = 64;

/** The kind's smallest network on pictures of 64, without what only a long run needs. */
function small(kind: typeof DETECTORS[number]): Configuration {
  const has = (field: string) => Object.hasOwn(kind.rules.fields, field);
  const changes: Record<string, unknown> = {
    imageSize: SIDE,
    batchSize: 8,
    steps: 40,
    learningRate: 2e-3,
    augmentation: "none",
    schedule: "warmUpCosine",
    ...has("dropout") ? { dropout: 0 } : {},
    ...has("mapDropout") ? { mapDropout: 0 } : {},
    ...has("blocks") ? { backbone: "conv4", width: 1 } : {}, // several backbones: the smallest
    // A threshold on the X-ray's mean that begins on the wrong side takes hundreds of steps to cross.
    // The X-ray's weight of 1000 leaves the classes to later steps.
    ...has("xRayWeight")
      ? { classifier: "pooled", xRayWeight: 10, learningRate: 7e-3, steps: 32 }
      : {},
    ...has("innerRate") ? { steps: 24 } : {}, // a step is two passes and their gradients
  };
  return vary(presetOf(kind, "smoke"), changes);
}

/** Every number that a run changes, as hashes by name. */
const bitsOf = ({ variables }: Learner) =>
  Object.fromEntries(
    Object.entries(variables).map(([name, variable]) =>
      [name, createHash("sha256").update(variable.dataSync()).digest("hex")] as const
    ),
  );

for (const kind of DETECTORS) {
  Deno.test(kind.name, async (t) => {
    const configuration = small(kind), { detector, training } = configuration;
    // A real picture is told from blends of a few others of noise by heart alone: that is not to be all.
    const lessons = squares(detector.adaptation ? 32 : 8, SIDE), unseen = squares(40, SIDE, 2);
    await using source = cropSource(lessons, configuration);
    using learner = createLearner(configuration);
    const { parameters } = learner;
    let captured: CapturedTrainingStep | undefined;
    /** Steps as `train` takes them; one captured step does for all of the test. */
    const take = async (first: number, end: number) => {
      const totals: number[] = [];
      for (let step = first; step < end; step++) {
        const rates = ratesAt(step, { training, batchesPerEpoch: source.batchesPerEpoch });
        const numbers = stepNumbers(configuration, { step, rates });
        const inputs = stepInputs(await source.batch(step), numbers);
        captured ??= captureTrainingStep(learner, inputs, configuration);
        totals.push((await captured.take(inputs)).total);
      }
      return totals;
    };

    await inFolder(async (folder) => {
      const path = `${folder}/checkpoint.safetensors`;
      const totals = await take(0, 2);
      const state = { configuration, step: 2, selection: BEGINNING };
      await saveCheckpoint(path, { variables: learner.variables, state });
      totals.push(...await take(2, 4));
      const undisturbed = bitsOf(learner);
      totals.push(...await take(4, training.steps));

      await t.step("learns its pictures by heart, and finds the clue in new ones", async () => {
        using predictor = openPredictor({ detector, parameters }, {
          batchSize: detector.adaptation?.atOnce ?? 8,
        });
        const auc = async (crops: typeof lessons) => {
          const scores = await Array.fromAsync(predictor.predict(crops), ({ score }) => score);
          return rocAuc(scores, crops.map(({ sample }) => sample.label));
        };
        const known = await auc(lessons), found = await auc(unseen);
        assert.equal(known, 1, `AUC ${known}, totals ${totals}`);
        assert.ok(found > 0.9, `AUC ${found}`);
      });

      await t.step("goes on bit for bit from what is kept after two steps", async () => {
        const kept = await restoreCheckpoint(path, { variables: learner.variables, configuration });
        assert.equal(kept?.step, 2);
        assert.deepEqual(await take(2, 4), totals.slice(2, 4));
        assert.deepEqual(bitsOf(learner), undisturbed);
      });
    });
    captured?.[Symbol.dispose]();

    await t.step("answers alike with its batch norms merged", () => {
      const folded = foldBatchNorm(parameters, detector.parameters);
      tf.tidy(() => {
        const images = tf.div(fillImages("input", 2, SIDE), 4) as tf.Tensor4D;
        const ask = (weights: typeof folded, mode = {}) =>
          detector.logOdds(detector.forward(images, weights, mode)).dataSync();
        const error = relativeError(ask(folded, { folded: true }), [...ask(parameters)]);
        assert.ok(error < 1e-3, `off by ${error}`);
      });
      disposeParameters(folded);
    });

    await t.step("has a map of every part", async () => {
      using mapper = openPartMapper({ detector, parameters, batchSize: 2 });
      const [{ parts, whole }] = await mapper.maps(squares(2, SIDE));
      assert.equal(parts.length, detector.parts().length);
      for (const map of [...parts, whole]) assert.ok(map.length > 0 && map.flat().every(isFinite));
    });
  });
}
