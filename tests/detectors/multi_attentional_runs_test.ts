/** Multi-Attentional as a run has it: resumed, begun with published weights, explained, refused. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { cropSource } from "lib/batches/batch_source.ts";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import { drawDrops } from "lib/detectors/multi_attentional/attention_guided_drop.ts";
import { multiAttentional } from "lib/detectors/multi_attentional/multi_attentional.ts";
import { startEngine } from "lib/engine/engine.ts";
import { partMaps } from "lib/explain/part_maps.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import type { Updates } from "lib/networks/layers.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import { efficientnetStateDict } from "lib/networks/weights/efficientnet_state_dict.ts";
import { storeFloat32 } from "lib/networks/weights/safetensors.ts";
import { parametersUnder, storeParameters } from "lib/networks/weights/state_dict.ts";
import { createRandom } from "lib/random.ts";
import { stepInputs, stepNumbers } from "lib/training/captured_training_step.ts";
import { restoreCheckpoint, saveCheckpoint } from "lib/training/checkpoint.ts";
import { createLearner, type Learner } from "lib/training/learner.ts";
import { BEGINNING } from "lib/training/selection.ts";
import { trainingStep } from "lib/training/step.ts";
import { inFolder } from "../in_folder.ts";
import { fillImages, readFixture } from "../networks/fixture_formula.ts";
import { squares } from "./squares.ts";

await startEngine();

const CENTRES = "auxiliary_loss.feature_centers";

/** A small one, with all that is drawn, whose centres slow down every two steps. */
const smallRun = () =>
  vary(presetOf(multiAttentional, "smoke"), { width: 0.125, centreDecaySteps: 2 });

/** Steps of a run, as they are taken uncaptured. */
async function takeSteps(learner: Learner, steps: readonly number[]): Promise<void> {
  const configuration = smallRun();
  await using source = cropSource(squares(16, configuration.detector.input.size), configuration);
  for (const step of steps) {
    const batch = await source.batch(step);
    const numbers = stepNumbers(configuration, {
      step,
      rates: { optimiserStep: step + 1, factor: 1 },
    });
    tf.dispose(trainingStep(learner, stepInputs(batch, numbers), configuration));
    tf.dispose([batch, numbers] as unknown as tf.Tensor[]);
  }
}

Deno.test("multiAttentional resumes bit for bit, its centres and their rate too", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/checkpoint.safetensors`, configuration = smallRun();
    using whole = createLearner(configuration);
    await takeSteps(whole, [0, 1]);
    const state = { configuration, step: 2, selection: BEGINNING };
    await saveCheckpoint(path, { variables: whole.variables, state });
    const halfway = whole.learnt[CENTRES].dataSync().slice();
    await takeSteps(whole, [2, 3]);
    using resumed = createLearner(configuration);
    await restoreCheckpoint(path, { variables: resumed.variables, configuration });
    assert.deepEqual(resumed.learnt[CENTRES].dataSync(), halfway);
    await takeSteps(resumed, [2, 3]);
    for (const [name, variable] of Object.entries(whole.variables)) {
      assert.deepEqual(resumed.variables[name].dataSync(), variable.dataSync(), name);
    }
    assert.ok(halfway.some((x) => x !== 0));
    assert.notDeepEqual(whole.learnt[CENTRES].dataSync(), halfway);
    assert.equal(whole.learnt["auxiliary_loss.batches"].dataSync()[0], 4);
  });
});

Deno.test("multiAttentional's centres move by a rate that becomes nine tenths after the set steps", () => {
  const { detector, training: { seed } } = smallRun(), { attentionMaps: maps } = detector.settings;
  const learnt = initialiseParameters(
    [...detector.parameters, ...detector.trainingState],
    createRandom(seed),
  );
  const size = detector.input.size, images = fillImages("input", 2, size);
  /** How far the centres go from 0 after so many batches. */
  const moved = (batches: number) =>
    tf.tidy(() => {
      learnt["auxiliary_loss.batches"].assign(tf.tensor1d([batches]));
      const updates: Updates = {}, training = { seed: tf.tensor1d([0, 0], "int32"), updates };
      detector.loss({
        images,
        targets: { classes: tf.tensor2d([[1, 0], [1, 0]]) },
        parameters: learnt,
        forward: () => ({ // one pass for both, so that nothing else differs
          ...detector.forward(images, learnt),
          draws: drawDrops(images.shape, training.seed),
        }),
        updates,
      });
      assert.equal(updates[CENTRES].shape[0], maps);
      return tf.norm(updates[CENTRES]).dataSync()[0];
    });
  const [first, second, third] = [0, 1, 2].map(moved);
  assert.equal(first, second);
  // Two movements of rate α towards one place: 1 − (1 − α)² of the way.
  const way = (rate: number) => 1 - (1 - rate) ** 2;
  assert.ok(Math.abs(third / first - way(0.045) / way(0.05)) < 1e-4);
  disposeParameters(learnt);
});

Deno.test("loadPretrained takes the authors' whole file, and names what is missing in it", async () => {
  const { detector } = smallRun(), { attentionMaps: maps } = detector.settings;
  const [fresh, published] = [1, 2].map((seed) =>
    initialiseParameters(detector.parameters, createRandom(seed))
  );
  const besides = { "attentions.mask": tf.variable(tf.zeros([1, 1, 24, 24])) };
  const theirs: Parameters = {
    ...published,
    ...besides,
    [CENTRES]: tf.variable(tf.zeros([maps, 3])),
  };
  detector.loadPretrained(fresh, await storeParameters(theirs));
  for (const [name, variable] of Object.entries(published)) {
    assert.deepEqual(fresh[name].dataSync(), variable.dataSync(), name);
  }
  const { "project_final.bias": _, ...less } = theirs;
  const file = await storeParameters({ ...less, "head.weight": tf.variable(tf.zeros([2, 2])) });
  assert.throws(
    () => detector.loadPretrained(fresh, file),
    /missing: project_final\.bias[^]*unexpected: head\.weight/,
  );
  [fresh, theirs].forEach(disposeParameters);
});

Deno.test("loadPretrained takes ImageNet's EfficientNet without its classifier", async () => {
  const { detector } = smallRun();
  const [fresh, other] = [1, 2].map((seed) =>
    initialiseParameters(detector.parameters, createRandom(seed))
  );
  const { "_fc.weight": _, "_fc.bias": __, ...net } = parametersUnder("net.", other);
  const classifier = { "_fc.weight": tf.variable(tf.zeros([9, 1000])) };
  const before = fresh["net._fc.weight"].dataSync().slice();
  detector.loadPretrained(fresh, await storeParameters({ ...net, ...classifier }));
  for (const [name, variable] of Object.entries(net)) {
    assert.deepEqual(fresh[`net.${name}`].dataSync(), variable.dataSync(), name);
  }
  assert.deepEqual(fresh["net._fc.weight"].dataSync(), before);
  [fresh, other, classifier].forEach(disposeParameters);
});

Deno.test("efficientnetStateDict gives timm's names of a whole network efficientnet_pytorch's, one to one", async () => {
  const { timm_b3_names: theirs, efficientnet_pytorch_b3_names: ours } = await readFixture<
    Record<"timm_b3_names" | "efficientnet_pytorch_b3_names", string[]>
  >("multi_attentional.json");
  const array = (i: number) => storeFloat32(Float32Array.of(i), [1]);
  const file = { tensors: new Map(theirs.map((name, i) => [name, array(i)])), metadata: {} };
  assert.deepEqual([...efficientnetStateDict(file).tensors.keys()], ours);
  const strange = {
    ...file,
    tensors: new Map(file.tensors).set("blocks.0.0.bn9.weight", array(0)),
  };
  assert.throws(() => efficientnetStateDict(strange), /blocks\.0\.0\.bn9\.weight/);
});

Deno.test("multiAttentional's parts are the network, or each of its attention maps", async () => {
  const { detector } = smallRun();
  const parameters = initialiseParameters(detector.parameters, createRandom(1));
  const [crop] = squares(1, detector.input.size), trained = { detector, parameters };
  const [explained] = await partMaps([crop], { ...trained, layer: "attention" });
  assert.equal(explained.parts.length, detector.settings.attentionMaps);
  tf.tidy(() => {
    const { maps } = detector.forward(
      normaliseImages(tf.tensor4d(crop.image.data, [1, 32, 32, 3]), detector.input.normalisation),
      parameters,
    );
    const wanted = tf.unstack(maps, 3).map((map) => (map.arraySync() as number[][][])[0]);
    // Grad-CAM of a layer with one channel is the layer times a number.
    explained.parts.forEach((part, m) => {
      const places = wanted[m].flat(), largest = places.indexOf(Math.max(...places));
      const factor = part.flat()[largest] / places[largest];
      part.flat().forEach((x, i) => assert.ok(Math.abs(x - factor * places[i]) < 1e-6));
    });
  });
  assert.deepEqual(detector.parts().map(({ layer }) => layer), ["final"]);
  disposeParameters(parameters);
});

Deno.test("multiAttentional refuses settings that decide nothing", () => {
  assert.throws(
    () => vary(presetOf(multiAttentional), { regionWeight: 0, centreMargin: 0.5 }),
    /regionWeight is 0/,
  );
  assert.throws(
    () => vary(presetOf(multiAttentional), { guidedDrop: "none", matchWeight: 1 }),
    /no second copy/,
  );
});
