/** The runs of the kit that would measure what Tables 1 to 3 print of a system: one for each data set learnt from. */
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import type { DetectorKind } from "lib/detectors/detector.ts";
import type { Benchmark } from "./benchmarks.ts";
import { OURS, systemDetector } from "./compared_systems.ts";
import { PAPER_TRAININGS } from "./paper_tables.ts";
import { PRINTED_VALUES } from "./printed_tables.ts";

/** A run that measures a system. */
export interface SystemRun {
  /** Runs are called after it, such as `"ff_xception"`. */
  readonly name: string;
  /** The data set whose training and validation splits it learns from. */
  readonly data: Benchmark;
  /** The detector in the register. */
  readonly detector: string;
  /** The preset of it; for the paper's own method the tables' training has more to say. */
  readonly preset: string;
  /** Its settings, whole. */
  readonly configuration: Configuration;
}

/** The preset that a detector is compared by: "paper", or its first. */
export function comparedPreset({ presets }: DetectorKind): string {
  return Object.hasOwn(presets, "paper") ? "paper" : Object.keys(presets)[0];
}

/** How the runs on a data set begin: as those of the paper's own method do. */
const BEGINNINGS = new Map(
  PAPER_TRAININGS.map(({ name, data }) => [data, name.slice(0, name.indexOf("_"))]),
);

/**
 * The run of a system on a data set; undefined where the kit has no such detector, or where the system was
 * trained on data of its authors, so that no run is the same.
 *
 * Of a system that is not the paper's own, the paper cites numbers without their recipe: the run is the
 * detector's `comparedPreset` with as many repeats of reals as the data set needs, but where its fakes are made
 * of the reals in each step.
 */
export function systemRun(system: string, data: Benchmark | "private"): SystemRun | undefined {
  const kind = systemDetector(system);
  if (!kind || data === "private") return undefined;
  const own = PAPER_TRAININGS.find((training) =>
    training.data === data && training.line === PAPER_TRAININGS[0].line
  )!;
  const preset = comparedPreset(kind);
  if (system === OURS) {
    return {
      name: own.name,
      data,
      detector: kind.name,
      preset,
      configuration: own.configuration as unknown as Configuration,
    };
  }
  const { realRepeats } = own.configuration.data, published = presetOf(kind, preset);
  return {
    name: `${BEGINNINGS.get(data)}_${kind.name}`,
    data,
    detector: kind.name,
    preset,
    configuration: published.data.forge === "none" ? vary(published, { realRepeats }) : published,
  };
}

/** Every run that Tables 1 to 3 ask for, each once, the paper's own among them. */
export function systemRuns(): SystemRun[] {
  const found = PRINTED_VALUES.flatMap(({ system, training }) => systemRun(system, training) ?? []);
  return [...new Map(found.map((run) => [run.name, run])).values()];
}
