/** Which variables of a run learn, and how fast at the top of the schedule. */
import type { Configuration } from "lib/detectors/configuration.ts";
import { stagesFromTop } from "lib/detectors/stages.ts";
import { isLearnt, isTrained } from "lib/networks/parameters.ts";
import { frozenStages } from "lib/settings/training_settings.ts";

/**
 * The learning rate at the top of the schedule of every variable that gradients change, by name, in the
 * order of parameters and training state: the run's, or the detector's own (`ownRates`), times `layerDecay`
 * once for each stage above the parameter's. What is frozen or fixed is left out: no gradient is taken of it,
 * and the optimiser remembers nothing.
 *
 * @example Half the rate a stage further down
 * ```ts
 * import { vary } from "lib/detectors/configuration.ts";
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { topRates } from "lib/training/top_rates.ts";
 * import assert from "node:assert/strict";
 *
 * const rates = topRates(vary(SMOKE, { learningRate: 1e-3, layerDecay: 0.5, frozen: "layer1" }));
 * assert.equal(rates["linear.1.weight"], 1e-3); // of the heads, the last stage
 * assert.equal(rates["region_model1.layer4.0.conv1.weight"], 5e-4);
 * assert.ok(!("region_model1.layer1.0.conv1.weight" in rates));
 * ```
 */
export function topRates(
  { detector, training }: Pick<Configuration, "detector" | "training">,
): Record<string, number> {
  const { parameters, trainingState, ownRates, stageOf } = detector;
  const { learningRate, layerDecay } = training, frozen = frozenStages(training);
  const fromTop = stagesFromTop(detector), rates: Record<string, number> = {};
  const add = (name: string, share: number) =>
    rates[name] = (ownRates[name] ?? learningRate) * share;
  for (const specification of parameters) {
    const { name } = specification, stage = stageOf(name);
    if (!isTrained(specification) || frozen.includes(stage)) continue;
    add(name, layerDecay ** fromTop.indexOf(stage));
  }
  for (const { name, role } of trainingState) if (isLearnt(role)) add(name, 1);
  return rates;
}

/** Variables of one rate together, so that a step takes few numbers. */
export interface RateGroups {
  /** The rates, each once. */
  readonly rates: readonly number[];
  /** The place in `rates` of each variable's. */
  readonly groupOf: ReadonlyMap<string, number>;
}

/** The variables that learn, by rate. */
export function rateGroups(
  configuration: Pick<Configuration, "detector" | "training">,
): RateGroups {
  const all = Object.entries(topRates(configuration));
  const rates = [...new Set(all.map(([, rate]) => rate))];
  return { rates, groupOf: new Map(all.map(([name, rate]) => [name, rates.indexOf(rate)])) };
}
