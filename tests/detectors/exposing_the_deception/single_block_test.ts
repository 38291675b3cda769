import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import {
  type ExposingConfiguration,
  PAPER,
  SMOKE,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { BACKBONES } from "lib/networks/backbones.ts";
import {
  createDetector,
  detectorParameters,
} from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { countParameters, disposeParameters } from "lib/networks/parameters.ts";
import {
  equalParameterWidth,
  singleBlock,
} from "lib/detectors/exposing_the_deception/single_block.ts";
import { createRandom } from "lib/random.ts";

const ALL = Object.keys(BACKBONES) as ExposingConfiguration["backbone"][];

Deno.test("singleBlock of equal width has the first block of the detector as it is", () => {
  const configuration = vary(PAPER, { blocks: 3 });
  const single = singleBlock(configuration, "width");
  const first = detectorParameters(configuration).filter(({ name }) =>
    name.startsWith("region_model1.")
  );
  const only = detectorParameters(single).filter(({ name }) => name.startsWith("region_model"));
  assert.deepEqual(only, first);
  assert.deepEqual({ ...single, blocks: 3 }, { ...configuration });
});

Deno.test("singleBlock of equal features gives the heads as long a vector as all blocks", () => {
  for (const backbone of ALL) {
    const inputs = (configuration: ExposingConfiguration) =>
      detectorParameters(configuration).find(({ name }) => name === "baseline_linear.weight")!
        .shape;
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
        const { error } = equalParameterWidth(vary(PAPER, { backbone, blocks, width }));
        assert.ok(Math.abs(error) <= 0.01, `${blocks} ${backbone} of width ${width}: ${error}`);
      }
    }
  }
});

Deno.test("equalParameterWidth finds the nearest count that any width has", () => {
  const configuration = vary(PAPER, { backbone: "conv4" });
  const { error } = equalParameterWidth(configuration);
  const all = Array.from({ length: 300 }, (_, i) => {
    const { parameters, wanted } = equalParameterWidth({
      ...configuration,
      blocks: 1,
      width: 1 + i / 100,
    });
    assert.equal(parameters, wanted); // of one block it is the width itself
    return Math.abs(parameters / equalParameterWidth(configuration).wanted - 1);
  });
  assert.ok(Math.abs(error) <= Math.min(...all) + 1e-12);
});

Deno.test("equalParameterWidth counts what a detector that is made really learns", () => {
  const learnt = (configuration: ExposingConfiguration) => {
    const parameters = createDetector(configuration, createRandom(1, "weights"));
    const counts = Object.values(countParameters(parameters)).reduce((a, b) => a + b);
    disposeParameters(parameters);
    return counts;
  };
  const configuration = vary(SMOKE, { blocks: 3, backbone: "mobilenetV1" });
  const { parameters, wanted } = equalParameterWidth(configuration);
  assert.equal(learnt(configuration), wanted);
  assert.equal(learnt(singleBlock(configuration, "parameters")), parameters);
});
