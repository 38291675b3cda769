/** Several detectors that answer as one, against what each says by itself. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { detectorHash } from "lib/detectors/detector_hash.ts";
import type { LoadedDetector } from "lib/detectors/detector_file.ts";
import { efficientnet } from "lib/detectors/efficientnet.ts";
import { combinedLogOdds, type EnsembleMember, ensembleOf } from "lib/detectors/ensemble.ts";
import { mesonet } from "lib/detectors/mesonet.ts";
import { xception } from "lib/detectors/xception.ts";
import { startEngine } from "lib/engine/engine.ts";
import { detectorCost } from "lib/evaluation/cost.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import { openPartMapper } from "lib/explain/part_maps.ts";
import { FACE_CUT, type FaceCut } from "lib/faces/face_cut.ts";
import { foldBatchNorm } from "lib/networks/fold_batch_norm.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { normaliseImages } from "lib/networks/normalise_images.ts";
import { disposeParameters } from "lib/networks/parameters.ts";
import { resizeLinear } from "lib/networks/resize_maps.ts";
import { createRandom } from "lib/random.ts";
import { relativeError } from "../networks/fixture_formula.ts";
import { squares } from "./squares.ts";

await startEngine();

/** A detector as it is loaded, with random weights. */
function loaded(
  configuration: Configuration,
  { seed = 1, cut }: { seed?: number; cut?: FaceCut } = {},
) {
  const { detector } = configuration;
  const parameters = initialiseParameters(detector.parameters, createRandom(seed));
  return {
    detector,
    parameters,
    configuration,
    origin: cut && { configuration, step: 9, cut },
    [Symbol.dispose]: () => disposeParameters(parameters),
  } satisfies LoadedDetector as LoadedDetector;
}
const XCEPTION = vary(presetOf(xception, "smoke"), { imageSize: 64 }) as unknown as Configuration;
const MESONET = presetOf(mesonet, "smoke") as unknown as Configuration;
const B = vary(presetOf(efficientnet, "smoke"), { imageSize: 64 }) as unknown as Configuration;

const member = (name: string, detector: LoadedDetector, share = 1): EnsembleMember => ({
  ...{ name, detector, share },
});

Deno.test("combinedLogOdds is the log-odds of the probabilities' mean, or the mean of log-odds", () => {
  const z = fc.double({ min: -30, max: 30, noNaN: true });
  const rows = fc.array(fc.tuple(z, z, z), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(rows, (each) => {
      const shares = [0.2, 0.7, 0.1], logOdds = tf.tensor2d(each);
      const p = (x: number) => 1 / (1 + Math.exp(-x));
      const [probabilities, means] = (["probabilities", "logOdds"] as const).map((combine) =>
        combinedLogOdds(logOdds, { shares, combine }).dataSync()
      );
      each.forEach((row, i) => {
        const weighed = (of: (x: number) => number) =>
          row.reduce((sum, x, k) => sum + shares[k] * of(Math.fround(x)), 0);
        const expected = Math.log(weighed(p)) - Math.log(weighed((x) => p(-x)));
        assert.ok(Math.abs(probabilities[i] - expected) < 1e-4 * (1 + Math.abs(expected)));
        assert.ok(Math.abs(means[i] - weighed((x) => x)) < 1e-4 * (1 + Math.abs(means[i])));
      });
      logOdds.dispose();
    }),
    { numRuns: 40 },
  );
  const sure = tf.tensor2d([[400, -400], [300, 300]]); // beyond what a probability can hold
  const shares = [0.5, 0.5], combine = "probabilities";
  const [apart, both] = combinedLogOdds(sure, { shares, combine }).dataSync();
  assert.ok(Math.abs(apart) < 1e-4 && Math.abs(both - 300) < 1e-3);
});

Deno.test("ensembleOf scores as its members do, each with its own size and normalisation", async () => {
  const members = [loaded(XCEPTION), loaded(MESONET, { seed: 2 }), loaded(B, { seed: 3 })];
  using ensemble = ensembleOf(members.map((one, i) => member(`m${i}`, one, [2, 7, 1][i])), {
    combine: "probabilities",
  });
  const { detector, parameters } = ensemble, crops = squares(3, 64);
  assert.equal(detector.input.size, 64);
  using predictor = openPredictor(ensemble);
  const scores = await Array.fromAsync(predictor.predict(crops), ({ score }) => score);
  const expected = tf.tidy(() => {
    const pixels = tf.stack(
      crops.map(({ image }) => tf.tensor3d([...image.data], [64, 64, 3])),
    ) as tf.Tensor4D;
    const each = members.map(({ detector: own, parameters }) => {
      const seen = resizeLinear(pixels, own.input.size, "areas");
      const images = normaliseImages(seen, own.input.normalisation);
      return tf.sigmoid(own.logOdds(own.forward(images, parameters))).dataSync();
    });
    return crops.map((_, i) => 0.2 * each[0][i] + 0.7 * each[1][i] + 0.1 * each[2][i]);
  });
  scores.forEach((score, i) => assert.ok(Math.abs(score - expected[i]) < 1e-5, `${score}`));

  using mapper = openPartMapper({ detector, parameters, batchSize: 2 });
  const [{ parts, whole, explained }] = await mapper.maps(crops.slice(0, 1));
  assert.deepEqual(mapper.parts.map(({ name }) => name), [
    "m0: whole network",
    "m1: whole network",
    "m2: whole network",
  ]);
  assert.equal(parts.length, 3);
  assert.ok(new Set(parts.map((map) => map.length)).size > 1, "grids of several sizes");
  const sum = (grid: readonly (readonly number[])[]) => grid.flat().reduce((a, b) => a + b, 0);
  const total = parts.reduce((all, map) => all + sum(map), 0);
  assert.ok(
    Math.abs(sum(whole) - total) < 1e-3 * parts.flat(2).reduce((a, x) => a + Math.abs(x), 0),
  );
  assert.ok(Number.isFinite(explained));

  const folded = foldBatchNorm(parameters, detector.parameters);
  tf.tidy(() => {
    const images = tf.randomUniform<tf.Rank.R4>([2, 64, 64, 3], 0, 1, "float32", 5);
    const ask = (weights: typeof folded, mode = {}) =>
      detector.logOdds(detector.forward(images, weights, mode)).dataSync();
    assert.ok(relativeError(ask(folded, { folded: true }), [...ask(parameters)]) < 1e-3);
  });
  disposeParameters(folded);

  const costs = await Promise.all(members.map(({ detector }) => detectorCost(detector)));
  const all = await detectorCost(detector);
  assert.equal(all.parameters, costs.reduce((sum, { parameters }) => sum + parameters, 0));
  assert.ok(all.macs >= costs.reduce((sum, { macs }) => sum + macs, 0));
});

Deno.test("an ensemble is known by its members, shares and rule, and cannot be trained", async () => {
  const make = (shares: [number, number], combine: "probabilities" | "logOdds") =>
    ensembleOf([
      member("a", loaded(MESONET), shares[0]),
      member("b", loaded(MESONET, { seed: 2 }), shares[1]),
    ], {
      combine,
    });
  const hashes = new Set<string>();
  for (const combine of ["probabilities", "logOdds"] as const) {
    for (const shares of [[1, 1], [2, 2], [1, 3]] as [number, number][]) {
      using ensemble = make(shares, combine);
      hashes.add(await detectorHash(ensemble));
    }
  }
  assert.equal(hashes.size, 4); // one and one is two and two
  using ensemble = make([1, 1], "logOdds");
  const { detector, parameters } = ensemble;
  const mode = { training: { seed: tf.tensor1d([0, 0], "int32"), updates: {} } };
  const images = tf.zeros<tf.Rank.R4>([2, detector.input.size, detector.input.size, 3]);
  assert.throws(() => detector.forward(images, parameters, mode), /train its members/);
  assert.equal(detector.stageOf("members.1.conv1.weight"), "members.1");
});

Deno.test("ensembleOf takes faces of one cut at the largest size, and refuses others", () => {
  const small = { ...FACE_CUT, size: 64 }, large = { ...FACE_CUT, size: 96 };
  const pair = (one: FaceCut, other: FaceCut) => [
    member("small", loaded(MESONET, { cut: one })),
    member("large", loaded(XCEPTION, { cut: other })),
  ];
  using ensemble = ensembleOf(pair(small, large), { combine: "probabilities" });
  assert.equal(ensemble.origin?.cut?.size, 96);
  const wide = pair(small, { ...large, margin: 0.3 });
  assert.throws(
    () => ensembleOf(wide, { combine: "probabilities" }),
    /margin is 0\.15 for small and 0\.3 for large/,
  );
  assert.throws(() => ensembleOf(wide.slice(1), { combine: "logOdds" }), /two members/);
  const none = wide.map((one, i) => ({ ...one, share: i }));
  assert.throws(() => ensembleOf(none, { combine: "logOdds" }), /share of small is 0/);
  for (const { detector } of wide) detector[Symbol.dispose]();
});
