/** In what a run that is called after one of the paper's trainings differs from it, in words. */
import { type Configuration, effectiveFields } from "lib/detectors/configuration.ts";
import { PAPER_TRAININGS } from "./paper_tables.ts";

/** Fields that belong to a run, not to what it measures: another seed is another draw of the same. */
const FREE = ["training.seed", "training.validateEvery", "training.patience"];

/**
 * The differences, such as `"imageSize 64 instead of 224, width 0.125 instead of 1"`; empty where there are
 * none, and for runs that are not called after a training of the tables.
 *
 * @param run The run's name.
 */
export function paperDifferences(run: string, configuration: Configuration): string {
  const training = PAPER_TRAININGS.find(({ name }) => name === run);
  if (!training) return "";
  const paper = new Map(effectiveFields(training.configuration));
  const own = new Map(effectiveFields(configuration));
  const fields = [...new Set([...paper.keys(), ...own.keys()])].filter((name) =>
    !FREE.includes(name)
  );
  const shown = (value: unknown) => value === undefined ? "nothing" : JSON.stringify(value);
  return fields.flatMap((name) => {
    const [here, there] = [shown(own.get(name)), shown(paper.get(name))];
    return here === there ? [] : [`${name.split(".")[1]} ${here} instead of ${there}`];
  }).join(", ");
}
