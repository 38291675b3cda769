/** Test samples cannot reach selection: not by type, and not at run time. */
import assert from "node:assert/strict";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import type { Crop, Split } from "lib/data/samples.ts";
import { startEngine } from "lib/engine/engine.ts";
import { openPredictor, type Predictor } from "lib/evaluation/predict.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { createRandom } from "lib/random.ts";
import {
  assertValidation,
  validate,
  validationCrops,
  validationFiles,
  type ValidationSamples,
} from "lib/training/validation.ts";
import { madeUpCrops } from "./made_up_crops.ts";

await startEngine();

const inSplit = (split: Split, count = 6): Crop[] =>
  madeUpCrops(count).map(({ image, sample }) => ({ image, sample: { ...sample, split } }));

Deno.test("validationCrops and validationFiles take the validation split only, with both classes", () => {
  assert.equal(validationCrops(inSplit("validation")).count, 6);
  const mixed = [...inSplit("validation"), ...inSplit("test").slice(3, 4)];
  const files = (crops: Crop[]) => () =>
    validationFiles(crops.map((c) => c.sample), { root: "nowhere" });
  for (const make of [() => validationCrops(mixed), files(mixed)]) {
    assert.throws(make, (error: Error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, /"3" is a test sample.*validation only/);
      return true;
    });
  }
  assert.throws(() => validationCrops(inSplit("train")), /is a train sample/);
  const oneClass = inSplit("validation").filter((c) => c.sample.label === 1);
  for (
    const make of [() => validationCrops(oneClass), files(oneClass), () => validationCrops([])]
  ) {
    assert.throws(make, /none is real: an AUC needs both classes/);
  }
});

Deno.test("a list of test crops is no ValidationSamples: not for the compiler, and not when it runs", () => {
  const test = inSplit("test");
  // @ts-expect-error The type error that is promised: crops lack the mark that only a check gives.
  const plain: ValidationSamples = {
    count: test.length,
    predictions: (of: Predictor) => of.predict(test),
  };
  assert.throws(() => assertValidation(plain), TypeError);
  const cast = { ...validationCrops(inSplit("validation")), predictions: plain.predictions };
  assert.throws(
    () => assertValidation(cast as unknown as ValidationSamples),
    /no checked validation/,
  );
});

Deno.test("validate gives the metrics of the scores, and looks at the splits once more", async () => {
  using predictor = openPredictor({
    detector: SMOKE.detector,
    parameters: initialiseParameters(SMOKE.detector.parameters, createRandom(1)),
  });
  const validation = validationCrops(inSplit("validation", 12));
  const metrics = await validate(predictor, validation);
  assert.ok(metrics.validationAuc >= 0 && metrics.validationAuc <= 1);
  assert.ok(metrics.validationLogLoss > 0 && metrics.validationAccuracy >= 0);
  assert.deepEqual(await validate(predictor, validation), metrics);

  const swapped: Predictor = {
    ...predictor,
    predict: () => predictor.predict(inSplit("test", 12)),
    [Symbol.dispose]: () => {},
  };
  await assert.rejects(validate(swapped, validation), /is a test sample/);
});
