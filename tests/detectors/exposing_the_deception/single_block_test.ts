import assert from "node:assert/strict";
import { plainConfiguration, vary } from "lib/detectors/configuration.ts";
import {
  type ExposingConfiguration,
  PAPER,
  SMOKE,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { BACKBONES } from "lib/networks/backbones.ts";
import type { ExposingDetector } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { countParameters, disposeParameters } from "lib/networks/parameters.ts";
import {
  equalParameterWidth,
  singleBlock,
} from "lib/detectors/exposing_the_deception/single_block.ts";
import { createRandom } from "lib/random.ts";

const ALL = Object.keys(BACKBONES);

Deno.test("singleBlock of equal width has the first block of the detector as it is", () => {
  const configuration = vary(PAPER, { blocks: 3 });
  const single = singleBlock(configuration, "width");
  const first = configuration.detector.parameters.filter(({ name }) =>
    name.startsWith("region_model1.")
  );
  const only = single.detector.parameters.filter(({ name }) => name.startsWith("region_model"));
  assert.deepEqual(only, first);
  const [one, three] = [single, configuration].map(plainConfiguration);
  const { settings } = one.detector;
  assert.deepEqual(
    { ...one, detector: { ...one.detector, settings: { ...settings, blocks: 3 } } },
    three,
  );
});

Deno.test("singleBlock of equal features gives the heads as long a vector as all blocks", () => {
  for (const backbone of ALL) {
    const inputs = ({ detector }: ExposingConfiguration) =>
      detector.parameters.find(({ name }) => name === "baseline_linear.weight")!.shape;
    const configuration = vary(PAPER, { backbone, width: 0.25 });
    assert.deepEqual(inputs(singleBlock(configuration, "features")), inputs(configuration));
  }
  assert.throws(() => singleBlock(vary(PAPER, { blocks: 5 }), "features"), {
    name: "RangeError",
    message: /width is 5/,
  });
});

Deno.test("equalParameterWidth comes within 1 % for every backbone and number of blocks", () => {
  for (const backbone of ALL) {
    for (const width of backbone === "conv4" ? [1] : [1, 0.125]) {
      for (const blocks of [2, 3, 4, 5, 6, 7, 8]) {
        const { detector } = vary(PAPER, { backbone, blocks, width });
        const { error } = equalParameterWidth(detector);
        assert.ok(Math.abs(error) <= 0.01, `${blocks} ${backbone} of width ${width}: ${error}`);
      }
    }
  }
});

Deno.test("equalParameterWidth finds the nearest count that any width has", () => {
  const { detector } = vary(PAPER, { backbone: "conv4" });
  const { error, wanted: sought } = equalParameterWidth(detector);
  const all = Array.from({ length: 300 }, (_, i) => {
    const single = detector.kind.of({ ...detector.settings, blocks: 1, width: 1 + i / 100 });
    const { parameters, wanted } = equalParameterWidth(single);
    assert.equal(parameters, wanted); // of one block it is the width itself
    return Math.abs(parameters / sought - 1);
  });
  assert.ok(Math.abs(error) <= Math.min(...all) + 1e-12);
});

Deno.test("equalParameterWidth counts what a detector that is made really learns", () => {
  const learnt = (detector: ExposingDetector) => {
    const parameters = initialiseParameters(detector.parameters, createRandom(1, "weights"));
    const counts = Object.values(countParameters(parameters)).reduce((a, b) => a + b);
    disposeParameters(parameters);
    return counts;
  };
  const configuration = vary(SMOKE, { blocks: 3, backbone: "mobilenetV1" });
  const { parameters, wanted } = equalParameterWidth(configuration.detector);
  assert.equal(learnt(configuration.detector), wanted);
  assert.equal(learnt(singleBlock(configuration, "parameters").detector), parameters);
});
