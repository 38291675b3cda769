/** What a run learns from that makes its fakes on the way. */
import type { ManifestList } from "lib/data/manifest_list.ts";
import type { TaskSurroundings } from "../in_task.ts";

/**
 * The real training samples that fakes are to be made of.
 *
 * @param own All samples of the run's data set.
 * @param options `forge`: the forgers, as the settings name them; `validation`: the samples to choose on.
 * @throws RangeError when there are none; and when there are no validation fakes to measure on, as validation
 * takes none that are made on the way.
 */
export function forgeable(
  own: ManifestList,
  { forge, validation, say }: {
    forge: string;
    validation: ManifestList;
    say: TaskSurroundings["say"];
  },
): ManifestList {
  const split = "train", training = own.where({ split, label: 0, landmarks: true });
  const [reals, fakes] = ([0, 1] as const).map((label) => own.where({ split, label }).length);
  if (training.length === 0) {
    throw new RangeError(
      `Fakes by ${forge} are made of real pictures with landmarks, and of ${reals} real training samples ` +
        'none has any. Prepare them anew: "deno task prepare" with --landmarks.',
    );
  }
  if (validation.length > 0 && validation.where({ split: "validation", label: 1 }).length === 0) {
    throw new RangeError(
      `Fakes by ${forge} are made for training alone, and of ${validation.length} validation samples none ` +
        'is fake: nothing could be measured on them. Make some beforehand ("deno task forge" takes this ' +
        "manifest), or put the validation samples into the split train and go without.",
    );
  }
  say(
    `Fakes by ${forge} are made on the way, of ${training.length} of ${reals} real training samples` +
      (training.length < reals ? "; the others have no landmarks" : "") +
      (fakes > 0 ? `. The ${fakes} fakes of the list are left out.` : "."),
  );
  return training;
}
