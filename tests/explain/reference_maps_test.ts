/** Maps against pytorch-grad-cam's of the same weights and pictures, in float64. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import type { ExposingOutputs } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { startEngine } from "lib/engine/engine.ts";
import { jointEvidence } from "lib/detectors/exposing_the_deception/head_evidence.ts";
import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { classActivationMaps, gradCam } from "lib/explain/grad_cam.ts";
import { gradCamPlusPlus } from "lib/explain/grad_cam_plus_plus.ts";
import { scoreCamMap } from "lib/explain/score_cam.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { createRandom } from "lib/random.ts";
import {
  fillImages,
  fillParameters,
  readFixture,
  relativeError,
} from "../networks/fixture_formula.ts";

await startEngine();

interface ReferenceMap {
  head: "global" | "joint";
  method: "GradCAM" | "GradCAMPlusPlus" | "ScoreCAM";
  layer: string;
  map: number[][][];
}

const fixture = await readFixture<{
  meta: { blocks: number; width: number; epsilon: number };
  explained: Record<"global" | "joint", number[]>;
  maps: ReferenceMap[];
}>("grad_cam_maps.json");

/** Float32 against float64, as a share of the largest value in a map. */
const TOLERANCE = 2e-5;

const { blocks, width, epsilon } = fixture.meta;
const { detector } = vary(PAPER, { blocks, width, imageSize: 96 });
const HEADS: Record<"global" | "joint", (outputs: ExposingOutputs) => tf.Tensor1D> = {
  global: (outputs) => detector.logOdds(outputs),
  joint: jointEvidence,
};

for (const method of ["GradCAM", "GradCAMPlusPlus", "ScoreCAM"] as const) {
  Deno.test(`maps are those of pytorch-grad-cam's ${method}`, async () => {
    const parameters = initialiseParameters(detector.parameters, createRandom(1));
    fillParameters(parameters, 3);
    const images = fillImages("cam", 2, 96);
    const cases = fixture.maps.filter((reference) => reference.method === method);
    assert.ok(cases.length >= 2);
    for (const { head, layer, map } of cases) {
      const explain = HEADS[head];
      if (method === "ScoreCAM") {
        const forward = (x: tf.Tensor4D, tap: (name: string, a: tf.Tensor4D) => tf.Tensor4D) =>
          detector.forward(x, parameters, { tap });
        const ours = await scoreCamMap({ images, forward, layer, explain, batchSize: 24 });
        assert.deepEqual(ours.shape, [2, map[0].length, map[0].length]);
        // Softmax over 64 runs of the network: each logit's rounding moves the weights.
        const error = relativeError(ours.dataSync(), map.flat(2));
        assert.ok(error < 2 * TOLERANCE, `${head}, ${layer}: off by ${error}`);
        ours.dispose();
        continue;
      }
      const { explained, maps: [ours] } = classActivationMaps({
        forward: (tap) => detector.forward(images, parameters, { tap }),
        layers: [layer],
        explain,
        weigh: method === "GradCAM" ? gradCam : gradCamPlusPlus({ epsilon }),
      });
      assert.ok(relativeError(explained.dataSync(), fixture.explained[head]) < TOLERANCE);
      const error = relativeError(ours.dataSync(), map.flat(2));
      assert.ok(error < TOLERANCE, `${head}, ${layer}: off by ${error}`);
      tf.dispose([explained, ours]);
    }
    tf.dispose([images, ...Object.values(parameters)]);
  });
}
