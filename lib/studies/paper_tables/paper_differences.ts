/** In what a run that is called after one of the paper's trainings differs from it, in words. */
import { type Configuration, effectiveFields } from "lib/detectors/configuration.ts";
import type { RunData } from "lib/training/run_record.ts";
import type { Benchmark } from "./benchmarks.ts";
import { PAPER_TRAININGS } from "./paper_tables.ts";
import { systemRuns } from "./system_runs.ts";

/** Fields that belong to a run, not to what it measures: another seed is another draw of the same. */
const FREE = ["training.seed", "training.validateEvery", "training.patience"];

/** What of a configuration is not the table's. */
function changedFields(own: Configuration, table: Configuration): string[] {
  const [here, there] = [new Map(effectiveFields(own)), new Map(effectiveFields(table))];
  const fields = [...new Set([...there.keys(), ...here.keys()])].filter((name) =>
    !FREE.includes(name)
  );
  const shown = (value: unknown) => value === undefined ? "nothing" : JSON.stringify(value);
  return fields.flatMap((name) => {
    const [a, b] = [shown(here.get(name)), shown(there.get(name))];
    return a === b ? [] : [`${name.split(".")[1]} ${a} instead of ${b}`];
  });
}

/** What of a run's data is not the table's: the whole of one data set. */
function otherData({ source, forged }: Pick<RunData, "source" | "forged">, data: Benchmark) {
  const [, set, rest] = /^(.*?) \(.*\)(.*)$/.exec(source) ?? [undefined, source, ""];
  return [
    ...set === data ? [] : [`trained on ${set} instead of ${data}`],
    ...rest === "" ? [] : [`trained${rest}`],
    ...forged === undefined ? [] : [`trained on fakes that were made on the way (${forged})`],
  ];
}

/**
 * The differences, such as `"imageSize 64 instead of 224, width 0.125 instead of 1"`; empty where there are
 * none, and for runs that are not called after a training of the tables.
 *
 * @param run The run's name.
 * @param data What its record says that it learnt from; left out where there is no record.
 */
export function paperDifferences(
  run: string,
  configuration: Configuration,
  data?: Pick<RunData, "source" | "forged">,
): string {
  const called = ({ name }: { readonly name: string }) => name === run;
  const training = PAPER_TRAININGS.find(called) ?? systemRuns().find(called);
  if (!training) return "";
  return [
    ...changedFields(configuration, training.configuration as unknown as Configuration),
    ...data ? otherData(data, training.data) : [],
  ].join(", ");
}
