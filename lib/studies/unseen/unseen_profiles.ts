/** How large the benchmark is: pictures, steps and runs of a profile, and what a run's result is kept by. */
import { type Configuration, vary } from "lib/detectors/configuration.ts";
import { settingsWord } from "../study_results.ts";
import { SELF_BLENDED, STAND_INS, type UnseenSizes } from "./unseen_crops.ts";
import { UNSEEN_ROWS, unseenRow, type UnseenRun } from "./unseen_rows.ts";

/** Raised when code changes what is trained or measured: older results no longer count. */
const VERSION = 1;

/** A size of the benchmark. */
export interface UnseenProfile {
  /** The pictures. */
  readonly sizes: UnseenSizes;
  /** Steps of a training. */
  readonly steps: number;
  /** Seeds of each row. */
  readonly seeds: number;
}

/** The profiles. `"smoke"` proves that everything runs; its numbers mean nothing. */
const UNSEEN_PROFILES: Readonly<Record<string, UnseenProfile>> = Object.freeze({
  smoke: { sizes: { size: 32, crops: 1, selfBlendedCrops: 1 }, steps: 3, seeds: 1 },
  /** Some three minutes of a core a training, ResNet-34 three times as long; the kit's own results are of it. */
  quick: { sizes: { size: 64, crops: 3, selfBlendedCrops: 12 }, steps: 1000, seeds: 3 },
  /** Larger pictures, longer trainings, more seeds: for a night on many cores. */
  full: { sizes: { size: 96, crops: 6, selfBlendedCrops: 24 }, steps: 2000, seeds: 5 },
});

/**
 * A profile by its name.
 *
 * @throws RangeError for a name that there is not.
 */
export function unseenProfile(name: string): UnseenProfile {
  if (Object.hasOwn(UNSEEN_PROFILES, name)) return UNSEEN_PROFILES[name];
  const names = Object.keys(UNSEEN_PROFILES).join(", ");
  throw new RangeError(`There is no profile "${name}". Profiles: ${names}.`);
}

/** The rows without which there is no answer; the others come after them. */
const FIRST = ["paper", "heads", "xception", "resnet34"];

/**
 * What is trained in a profile, in the order in which it is worth having: the first rows on all
 * manipulations and on self-blended images alone, the other rows on all, the first on manipulations left
 * out, and the rest.
 *
 * @param options `hasWeights`: whether the file is given that some rows begin with. Default: it is not.
 */
export function unseenRuns(
  { seeds }: UnseenProfile,
  { hasWeights = false }: { hasWeights?: boolean } = {},
): UnseenRun[] {
  const names = UNSEEN_ROWS.filter(({ needs }) => !needs || hasWeights).map(({ name }) => name);
  const others = names.filter((name) => !FIRST.includes(name));
  const leftOut = STAND_INS.map((method) => `without ${method}`);
  const groups = [
    { settings: ["all"], rows: FIRST },
    { settings: [SELF_BLENDED], rows: FIRST },
    { settings: ["all"], rows: others },
    { settings: leftOut, rows: FIRST },
    { settings: [SELF_BLENDED, ...leftOut], rows: others },
  ];
  const all = Array.from({ length: seeds }, (_, i) => i + 1);
  return groups.flatMap(({ settings, rows }) =>
    all.flatMap((seed) =>
      settings.flatMap((setting) =>
        rows.filter((row) => unseenRow(row).settings?.includes(setting) ?? true)
          .map((row): UnseenRun => ({ setting, row, seed }))
      )
    )
  );
}

/** The configuration of a run. */
export function unseenConfiguration(
  { row, seed }: Pick<UnseenRun, "row" | "seed">,
  { sizes, steps }: UnseenProfile,
): Configuration {
  const { configuration, longer = 1 } = unseenRow(row);
  return vary<{ imageSize: number }, unknown>(
    configuration as Configuration<{ imageSize: number }>,
    { imageSize: sizes.size, steps: steps * longer, seed },
  );
}

/**
 * The word of a run's experiment: equal words are the same settings, pictures and code.
 *
 * @param given `content`: of the pictures. `weights`: SHA-256 of the file that some rows begin with.
 */
export function unseenProtocol(
  { setting, row, seed }: UnseenRun,
  { profile, content, weights }: { profile: UnseenProfile; content: string; weights?: string },
): string {
  const configuration = unseenConfiguration({ row, seed }, profile);
  const { needs, unpaired } = unseenRow(row);
  const more = [...needs ? [weights] : [], ...unpaired ? ["unpaired"] : []];
  return settingsWord(configuration, { version: VERSION, others: [content, setting, ...more] });
}
