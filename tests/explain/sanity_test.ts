/** Maps of a detector that has learnt something simple follow what it has learnt. */
import assert from "node:assert/strict";
import { presetOf, vary } from "lib/detectors/configuration.ts";
import type { Detector } from "lib/detectors/detector.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { xception } from "lib/detectors/xception.ts";
import { cropSource } from "lib/batches/batch_source.ts";
import type { Crop } from "lib/data/samples.ts";
import type { Mask } from "lib/media/image.ts";
import { stagesFromTop } from "lib/detectors/stages.ts";
import { startEngine } from "lib/engine/engine.ts";
import { partMaps } from "lib/explain/part_maps.ts";
import { energyGain, pointsInside } from "lib/explain/localisation.ts";
import { measureParts } from "lib/explain/measure_parts.ts";
import { meanOverImages } from "lib/explain/over_images.ts";
import { cascadeSimilarity, randomiseFromTop, rankCorrelation } from "lib/explain/sanity.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { createRandom } from "lib/random.ts";
import { createLearner, type Learner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";

await startEngine();

const configuration = vary(SMOKE, {
  backbone: "conv4",
  width: 1,
  imageSize: 48,
  batchSize: 32,
  steps: 120,
  augmentation: "none",
  localInformation: false,
  globalInformation: false,
});
const { detector } = configuration;

/** Noise in which a fake has a red square, and where it is, or would be. */
function squares(count: number, seed: number): (Crop & { mask: Mask })[] {
  const random = createRandom(seed, "red squares");
  return Array.from({ length: count }, (_, i) => {
    const label = (i % 2) as 0 | 1;
    const data = Uint8Array.from({ length: 48 * 48 * 3 }, () => 60 + random.integer(80));
    const mask = { data: new Uint8Array(48 * 48), width: 48, height: 48 };
    const [left, top] = [random.integer(38), random.integer(38)];
    for (let y = top; y < top + 10; y++) {
      for (let x = left; x < left + 10; x++) {
        mask.data[48 * y + x] = 255;
        if (label === 1) data[3 * (48 * y + x)] = 255;
      }
    }
    return {
      image: { data, width: 48, height: 48 },
      mask,
      sample: {
        path: `${i}`,
        label,
        dataset: "made up",
        method: label ? "square" : "real",
        video: `${i}`,
        split: "test",
        frame: 0,
        identities: [],
      },
    };
  });
}

let shared: Promise<Learner> | undefined;

/** A detector that has learnt to see red squares; trained once for all tests. */
function learnt(): Promise<Learner> {
  return shared ??= (async () => {
    const learner = createLearner(configuration);
    await using source = cropSource(squares(256, 1), configuration);
    for await (const { total } of train(learner, { source, configuration })) void total;
    return learner;
  })();
}

Deno.test("maps of a detector point at what it was taught to see, and fresh weights do not", async () => {
  const { parameters } = await learnt();
  const fakes = squares(60, 2).filter(({ sample }) => sample.label === 1);
  const over = async (of: typeof parameters, measure: typeof energyGain) => {
    const maps = await partMaps(fakes, { detector, parameters: of });
    const values = maps.map(({ whole }, i) => measure(whole, fakes[i].mask));
    return meanOverImages(values.map((value, i) => ({ video: `${i}`, value })), createRandom(1));
  };
  // Over four seeds of weights the gain was 5.5 to 6.3 taught, and 0.3 to 3.0 fresh: fresh filters too
  // respond to a square as to any edge. The strongest of six by six cells was inside in half to three
  // quarters of the pictures; the square covers 0.04 of them.
  const taught = await over(parameters, energyGain);
  assert.ok(taught.images === 30 && taught.low! > 4, JSON.stringify(taught));
  assert.ok((await over(parameters, pointsInside)).low! > 0.2);
  const fresh = initialiseParameters(detector.parameters, createRandom(3));
  const untaught = await over(fresh, energyGain);
  assert.ok(untaught.images === 0 || untaught.high! < taught.low!, JSON.stringify(untaught));
  disposeParameters(fresh);
});

Deno.test("on pictures without the clue maps do not point at where it would be", async () => {
  const { parameters } = await learnt();
  const pictures = squares(120, 4), maps = await partMaps(pictures, { detector, parameters });
  const gain = (label: number) => {
    const values = pictures.map(({ mask, sample }, i) => ({
      video: sample.video,
      value: sample.label === label ? energyGain(maps[i].whole, mask) : null,
    }));
    return meanOverImages(values, createRandom(1));
  };
  const [without, having] = [gain(0), gain(1)];
  assert.ok(having.low! > 5, JSON.stringify(having));
  // What little positive evidence there is lies anywhere.
  assert.ok(without.low! < 1.1 && without.high! < 1.5, JSON.stringify(without));
  const evidence = (label: number) =>
    Math.max(
      ...maps.filter((_, i) => pictures[i].sample.label === label).flatMap(({ whole }) =>
        whole.flat()
      ),
    );
  assert.ok(evidence(1) > 3 * evidence(0));
});

Deno.test("measureParts finds the taught place, and nothing in maps that know nothing", async () => {
  const { parameters } = await learnt();
  const fakes = squares(80, 5).filter(({ sample }) => sample.label === 1);
  const maps = await partMaps(fakes, { detector, parameters });
  const images = fakes.map(({ mask, sample }, i) => ({
    video: sample.video,
    maps: maps[i],
    mask,
    size: 48,
  }));
  const rows = measureParts(images, createRandom(1));
  assert.deepEqual(rows, measureParts(images, createRandom(1)));
  const of = (measure: string, kind: string) =>
    rows.find((row) => row.measure === measure && row.of === kind)!;
  assert.ok(of("wholeGain", "this picture").low! > 5);
  for (const kind of ["another picture", "shuffled cells"]) {
    const { low, high } = of("wholeGain", kind);
    assert.ok(low! < 1.5 && high! > 0.5 && high! < 3, `${kind}: ${low} to ${high}`);
    assert.ok(of("wholePoints", kind).high! < of("wholePoints", "this picture").low!);
  }
  assert.ok(Math.abs(of("wholePoints", "chance").value! - 100 / 48 ** 2) < 1e-12);
  assert.equal(of("partsGain", "chance").value, 1);
  assert.ok(of("partsGain", "this picture").low! > of("partsGain", "another picture").high!);
  assert.ok(of("effectiveParts", "this picture").high! <= 2);
  const { low, high } = of("repetition", "another picture");
  assert.ok(low! < 0.2 && high! > -0.2); // pictures that have nothing in common
  const unknown = measureParts(images.map((image) => ({ ...image, mask: null })), createRandom(1));
  assert.equal(unknown.find(({ measure }) => measure === "wholeGain")!.value, null);
});

Deno.test("cascadeSimilarity falls from 1 to about 0 as what was learnt is taken away", async () => {
  const { parameters } = await learnt();
  const fakes = squares(40, 6).filter(({ sample }) => sample.label === 1);
  const steps = await cascadeSimilarity(fakes, {
    detector,
    parameters,
    random: createRandom(8),
  });
  assert.deepEqual(steps.map(({ stage }) => stage), [
    "nothing",
    "heads",
    "stage4",
    "stage3",
    "stage2",
    "stage1",
  ]);
  const means = steps.map(({ similarity }) => meanOverImages(similarity, createRandom(1)).value!);
  assert.ok(Math.abs(means[0] - 1) < 1e-9);
  assert.ok(Math.abs(means.at(-1)!) < 0.45, means.join(", "));
  assert.ok(means.slice(1).every((value) => value < 0.95), means.join(", "));
});

/** Takes a cascade through a detector of random weights; `heads` is its last stage. */
function cascadeOf(detector: Detector, { heads, isHead }: {
  heads: string;
  isHead: (name: string) => boolean;
}): string[] {
  const parameters = initialiseParameters(detector.parameters, createRandom(1));
  const before = Object.values(parameters).map((variable) => variable.dataSync().slice());
  using cascade = randomiseFromTop({ detector, parameters }, createRandom(2));
  let changed = 0;
  for (const [i, step] of cascade.steps.entries()) {
    const fresh = Object.keys(parameters).filter((name) =>
      step.parameters[name] !== parameters[name]
    );
    assert.ok(fresh.length > changed, step.stage);
    changed = fresh.length;
    assert.equal(i === 0, step.stage === heads);
    if (i === 0) assert.ok(fresh.every(isHead));
  }
  assert.equal(changed, Object.keys(parameters).length);
  assert.deepEqual(Object.values(parameters).map((variable) => variable.dataSync()), before);
  disposeParameters(parameters);
  return stagesFromTop(detector);
}

Deno.test("randomiseFromTop takes each parameter once, from the heads down, and leaves the learnt ones alone", () => {
  const firsts = ["resnet34", "mobilenetV1", "efficientnetB0", "conv4"].map((backbone) => {
    const { detector } = vary(SMOKE, { backbone, blocks: 2 });
    const isHead = (name: string) => !name.startsWith("region_model");
    return cascadeOf(detector, { heads: "heads", isHead }).at(-1)!;
  });
  assert.deepEqual(firsts, ["conv1", "model.0", "_conv_stem", "stage1"]);
});

Deno.test("randomiseFromTop goes down an Xception block by block, a convolution with its batch norm", () => {
  const isHead = (name: string) => name.startsWith("last_linear.");
  const { detector } = presetOf(xception, "smoke");
  const stages = cascadeOf(detector, { heads: "last_linear", isHead });
  const blocks = Array.from({ length: 12 }, (_, i) => `block${12 - i}`);
  assert.deepEqual(stages, ["last_linear", "conv4", "conv3", ...blocks, "conv2", "conv1"]);
});

Deno.test("rankCorrelation is Spearman's, ties and signs included", () => {
  assert.ok(Math.abs(rankCorrelation([[-5, 0, 1]], [[3, 2, 1]])! + 1) < 1e-12);
  const value = rankCorrelation([[1, 2, 2, 4, 5]], [[2, 1, 3, 3, 9]]);
  assert.ok(Math.abs(value! - 0.7631578947368421) < 1e-12, `${value}`); // scipy.stats.spearmanr
  assert.throws(() => rankCorrelation([[1]], [[1, 2]]), TypeError);
});
