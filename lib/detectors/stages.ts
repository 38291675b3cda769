/** A detector's stages from its input to its verdict, and which of them a run leaves as they are. */
import { isTrained } from "lib/networks/parameters.ts";
import { frozenStages, type TrainingSettings } from "lib/settings/training_settings.ts";
import type { Detector } from "./detector.ts";

/** The detector's stages that have parameters, from the last down to the first. */
export function stagesFromTop(
  { parameters, stageOf }: Pick<Detector, "parameters" | "stageOf">,
): string[] {
  return [...new Set(parameters.map(({ name }) => stageOf(name)))].reverse();
}

/**
 * Check that a run's frozen stages are a detector's, and leave something to learn.
 *
 * @throws RangeError for a stage that there is not, with those there are, or where all of them are frozen.
 */
export function assertFrozen(
  detector: Pick<Detector, "kind" | "parameters" | "stageOf">,
  training: Pick<TrainingSettings, "frozen">,
): void {
  const frozen = frozenStages(training);
  if (frozen.length === 0) return;
  const stages = stagesFromTop(detector).reverse(), { name } = detector.kind;
  const strange = frozen.filter((stage) => !stages.includes(stage));
  if (strange.length > 0) {
    throw new RangeError(
      `Configuration: frozen is "${training.frozen}", but ${name} has no stage ${
        strange.join(", ")
      }. ` +
        `Stages: ${stages.join(", ")}.`,
    );
  }
  const { parameters, stageOf } = detector;
  if (parameters.every((one) => !isTrained(one) || frozen.includes(stageOf(one.name)))) {
    throw new RangeError(
      `Configuration: frozen is "${training.frozen}", all that ${name} learns: nothing would be learnt.`,
    );
  }
}
