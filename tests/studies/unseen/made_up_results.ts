/** Made-up results of the benchmark: eight people, and scores whose fakes are higher than reals by a gap. */
import { createRandom } from "lib/random.ts";
import type { UnseenResult } from "lib/studies/unseen/unseen_run.ts";
import type { TestedPicture } from "lib/studies/unseen/unseen_tests.ts";

/** All methods, the self-blended one last. */
export const METHODS = ["DF", "F2F", "FS", "NT", "SBI"];

/** Eight people: a real picture, a fake by each method, and the real picture of the self-blended one. */
export const TESTED = Array.from({ length: 8 }, (_, i): TestedPicture[] => {
  const person = `${i}`, real = `${i}/real`, own = `${i}/SBI-real`;
  return [
    { person, method: "real", path: real },
    { person, method: "real", path: own },
    ...METHODS.map((method) => ({
      person,
      method,
      path: `${i}/${method}`,
      source: method === "SBI" ? own : real,
    })),
  ];
}).flat();

/** A made-up result whose fakes score higher than its reals by `gap` deviations. */
export function madeUpResult(
  setting: string,
  row: string,
  seed: number,
  gap: number,
): UnseenResult {
  const random = createRandom(seed, setting, row);
  const scores = TESTED.map(({ method }) => random.normal() + (method === "real" ? 0 : gap));
  return {
    ...{ setting, row, seed, protocol: "made up", tested: TESTED },
    ...{ trainingAuc: gap > 0 ? 0.9 : 0.5, validationAuc: 0.8, threshold: gap / 2 },
    logOdds: { none: scores, "JQ 3": scores, "GB 1": scores, "GNC 1": scores.map((x) => -x) },
    ...{ parameters: 10, seconds: 1, hardware: "made up" },
  };
}
