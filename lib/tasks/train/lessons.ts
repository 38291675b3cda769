/**
 * What a run learns from: its samples in the manifests, whether they fit its configuration, and what its
 * record says of them.
 */
import { evenRepeats } from "lib/batches/epoch_order.ts";
import type { ManifestList } from "lib/data/manifest_list.ts";
import { labelsOf } from "lib/data/sample_list.ts";
import { assertDisjoint } from "lib/data/samples.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import { sha256 } from "lib/io/sha256.ts";
import type { RunData } from "lib/training/run_record.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { forgeable } from "./forgeable.ts";
import type { OpenManifest } from "./open_manifest.ts";
import type { PlannedRun } from "./planned_runs.ts";
import type { TrainTaskOptions } from "./train_options.ts";

/** What a run learns from and is validated on. */
export interface Lessons {
  /** Where the samples stand. */
  readonly manifest: OpenManifest;
  /** What it learns from; where fakes are made on the way, the real samples that they are made of. */
  readonly training: ManifestList;
  /** What it is validated on; may be empty. */
  readonly validation: ManifestList;
  /** Methods that are in neither. */
  readonly leaveOut: readonly string[];
}

/** Where runs find their samples. */
export interface LessonSources
  extends
    Pick<TrainTaskOptions, "allowSharedIdentities" | "leaveOut">,
    Pick<TaskSurroundings, "say"> {
  /** The manifests, in the order in which they are asked. */
  readonly manifests: readonly OpenManifest[];
}

/** Refuses to leave out what is not there: it would be left out of nothing. */
function assertMethods(own: ManifestList, leaveOut: readonly string[]): void {
  const methods = new Set<string>();
  for (let place = 0; place < own.length; place++) methods.add(own.method(place));
  const unknown = leaveOut.find((method) => method === "real" || !methods.has(method));
  if (unknown === undefined) return;
  const there = [...methods].filter((method) => method !== "real").sort().join(", ");
  throw new RangeError(
    `There are no fakes of ${JSON.stringify(unknown)} to leave out. There are ${there}.`,
  );
}

/**
 * A run's samples, of the first manifest that holds any.
 *
 * @throws RangeError when there are none, or not those that fakes are to be made of, or videos are in two
 * splits (test included), or people who may not be.
 */
export function lessonsOf(
  { name, dataset, configuration: { data: { forge } } }: PlannedRun,
  { manifests, allowSharedIdentities, leaveOut, say }: LessonSources,
): Lessons {
  let forTesting = 0;
  for (const manifest of manifests) {
    const own = manifest.samples.where({ dataset });
    const training = own.where({ split: "train", without: leaveOut });
    const validation = own.where({ split: "validation", without: leaveOut });
    if (training.length + validation.length === 0) {
      forTesting += own.length;
      continue;
    }
    assertMethods(own, leaveOut);
    const shared = assertDisjoint(own.origins(), { allowSharedIdentities });
    if (shared.length > 0) {
      say(`${shared.length} identities are shared by splits, as ${shared[0]}.`);
    }
    if (forge === "none") return { manifest, training, validation, leaveOut };
    return { manifest, training: forgeable(own, { forge, validation, say }), validation, leaveOut };
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
export function assertBatchFits(
  samples: number,
  { data: { batchSize, forge } }: Configuration,
): void {
  const most = forge === "none" ? samples : 2 * samples; // each real one with its fake
  if (batchSize <= most) return;
  throw new RangeError(
    `A batch holds ${batchSize} pictures, but there are only ${samples} training samples` +
      (forge === "none" ? ". " : ` to make fakes of, ${most} pictures with these. `) +
      `Use --set batchSize=${Math.max(2, most)} or less, or more data.`,
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
  { data: { balance, realRepeats, forge } }: Configuration,
  say: TaskSurroundings["say"],
): void {
  if (forge !== "none" || balance !== "repeatReals" || realRepeats === 0) return;
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

/**
 * What a run's record says of its data.
 *
 * @param options `forge`: the run's setting; `pretrained`: SHA-256 of the weights that it begins with.
 */
export async function runData(
  { manifest, training, validation, leaveOut }: Lessons,
  { forge, pretrained }: { forge: string; pretrained: string | undefined },
): Promise<RunData> {
  const sets = [...new Set(training.origins().map(({ dataset }) => dataset))].sort();
  const without = leaveOut.length === 0 ? "" : ` without ${[...leaveOut].sort().join(", ")}`;
  const whole = await manifest.sha256();
  return {
    source: `${sets.join("+")} (${manifest.path})${without}`,
    sha256: without === "" ? whole : sha256(whole + without), // other samples: another run, another protocol
    training: training.length,
    validation: validation.length,
    ...forge === "none" ? {} : { forged: forge },
    ...pretrained === undefined ? {} : { pretrained },
  };
}
