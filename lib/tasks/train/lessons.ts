/**
 * What a run learns from: its samples in the manifests, whether they fit its configuration, and what its
 * record says of them.
 */
import { evenRepeats } from "lib/batches/epoch_order.ts";
import type { ManifestList } from "lib/data/manifest_list.ts";
import { labelsOf } from "lib/data/sample_list.ts";
import { assertDisjoint } from "lib/data/samples.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import type { RunData } from "lib/training/run_record.ts";
import type { TaskSurroundings } from "../in_task.ts";
import type { OpenManifest } from "./open_manifest.ts";
import type { PlannedRun } from "./planned_runs.ts";
import type { TrainTaskOptions } from "./train_options.ts";

/** What a run learns from and is validated on. */
export interface Lessons {
  /** Where the samples stand. */
  readonly manifest: OpenManifest;
  /** What it learns from. */
  readonly training: ManifestList;
  /** What it is validated on; may be empty. */
  readonly validation: ManifestList;
}

/** Where runs find their samples. */
export interface LessonSources
  extends Pick<TrainTaskOptions, "allowSharedIdentities">, Pick<TaskSurroundings, "say"> {
  /** The manifests, in the order in which they are asked. */
  readonly manifests: readonly OpenManifest[];
}

/**
 * A run's samples, of the first manifest that holds any.
 *
 * @throws RangeError when there are none, or videos are in two splits (test included), or people who may
 * not be.
 */
export function lessonsOf(
  { name, dataset }: PlannedRun,
  { manifests, allowSharedIdentities, say }: LessonSources,
): Lessons {
  let forTesting = 0;
  for (const manifest of manifests) {
    const own = manifest.samples.where({ dataset });
    const training = own.where({ split: "train" });
    const validation = own.where({ split: "validation" });
    if (training.length + validation.length === 0) {
      forTesting += own.length;
      continue;
    }
    const shared = assertDisjoint(own.origins(), { allowSharedIdentities });
    if (shared.length > 0) {
      say(`${shared.length} identities are shared by splits, as ${shared[0]}.`);
    }
    return { manifest, training, validation };
  }
  const named = manifests.map(({ path }) => path).join(", ");
  const remedy = forTesting === 0
    ? 'Prepare them with "deno task prepare", and pass the manifest with --data.'
    : `All ${forTesting} of it are for testing. Say in the data set's description what is not ("split: ` +
      'train" and "validation: 0.1" for a folder or list of your own) and prepare it anew, or write it ' +
      "into the manifest's column split.";
  throw new RangeError(
    `${name} needs training samples${
      dataset ? ` of ${dataset}` : ""
    }; ${named} has none. ${remedy}`,
  );
}

/**
 * Checks that a batch is not larger than the data, which would only repeat pictures within it.
 *
 * @throws RangeError naming both numbers.
 */
export function assertBatchFits(samples: number, { data: { batchSize } }: Configuration): void {
  if (batchSize <= samples) return;
  throw new RangeError(
    `A batch holds ${batchSize} pictures, but there are only ${samples} training samples. ` +
      `Use --set batchSize=${Math.max(2, samples)} or less, or more data.`,
  );
}

/**
 * Checks that crops are not smaller than what the detector is fed: enlarged, they would be another data set
 * than the one that they pass for.
 *
 * @throws RangeError naming both sizes.
 */
export function assertCropsFit(
  { path, cut }: OpenManifest,
  { detector: { input: { size } } }: Configuration,
  say: TaskSurroundings["say"],
): void {
  if (!cut || cut.cut.size === size) return;
  if (cut.cut.size > size) {
    return say(`The crops of ${cut.cut.size} pixels are shrunk to the detector's ${size}.`);
  }
  throw new RangeError(
    `The crops of ${path} have ${cut.cut.size} pixels a side, and the detector takes ${size}: enlarged ` +
      `ones hold less than they seem to. Prepare them with --size ${size}, or use --set ` +
      `imageSize=${cut.cut.size}.`,
  );
}

/** Says how reals and fakes are mixed, where their repetition does not fit the data. */
export function sayBalance(
  training: ManifestList,
  { data: { balance, realRepeats } }: Configuration,
  say: TaskSurroundings["say"],
): void {
  if (balance !== "repeatReals" || realRepeats === 0) return;
  const labels = labelsOf(training), even = evenRepeats(labels);
  if (even === realRepeats) return;
  const fakes = labels.filter((label) => label === 1).length, reals = labels.length - fakes;
  const share = reals * realRepeats / (reals * realRepeats + fakes);
  say(
    `Each real picture stands ${realRepeats} times in an epoch, so ${
      Math.round(100 * share)
    } % of it is ` +
      `real (${reals} reals, ${fakes} fakes). --set realRepeats=${even} would even it out.`,
  );
}

/** What a run's record says of its data. */
export async function runData(
  { manifest, training, validation }: Lessons,
  pretrained?: string,
): Promise<RunData> {
  const sets = [...new Set(training.origins().map(({ dataset }) => dataset))].sort();
  return {
    source: `${sets.join("+")} (${manifest.path})`,
    sha256: await manifest.sha256(),
    training: training.length,
    validation: validation.length,
    ...pretrained === undefined ? {} : { pretrained },
  };
}
