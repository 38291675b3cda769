/** What the command line of `evaluate` says. */
import { parseArgs } from "node:util";
import type { Split } from "lib/data/samples.ts";
import type { ThresholdName } from "lib/evaluation/calibration/operating_record.ts";
import type { ConfigurationArguments } from "../configuration_arguments.ts";
import {
  DEVICE_OPTIONS,
  DEVICE_USAGE,
  type DeviceChoice,
  deviceChoice,
} from "../device_argument.ts";

/** What is evaluated on what. */
export interface EvaluateOptions {
  /** A run's id, or the path of a detector's file or a run's folder. */
  readonly detector: string;
  /** The manifest of what to test on. */
  readonly manifest: string;
  /** The split to test on. */
  readonly split: Split;
  /** Videos drawn for the intervals, as many times; 0: no intervals. */
  readonly resamples: number;
  /** By which rule the threshold was chosen on validation. Default: equal error. */
  readonly threshold?: ThresholdName;
  /** Whether people that the detector learnt from may be in the test, as in Celeb-DF; videos never may. */
  readonly allowSharedIdentities: boolean;
  /** For weights that do not hold their configuration, and runs of a detector of one's own. */
  readonly configuration: ConfigurationArguments;
  /** Whether files that cannot be read are left out and counted, instead of ending the work. */
  readonly skipUnreadable: boolean;
  /** Whether what was evaluated already, by the same weights on the same data, is left as it is. Default: no. */
  readonly onlyNew?: boolean;
  /** What it computes on. Default: see `DeviceChoice`. */
  readonly device?: DeviceChoice;
  /** Where results go; left out: the run's folder, or the detector's. */
  readonly out?: string;
}

/** What `deno task evaluate --help` prints. */
export const USAGE = `deno task evaluate DETECTOR --data MANIFEST [options]    metrics on a data set
deno task evaluate --scores FILE [options]               metrics of anyone's scores

  DETECTOR            a run's id (a folder in results/runs), a run's or an ensemble's folder, or a
                      detector's file
  --data FILE         a manifest, as "deno task prepare" writes it
  --split NAME        train, validation or test (test)
  --resamples N       draws for the 95 % intervals by video; 0: none (1000)
  --threshold RULE    of those chosen on validation and kept with the run: equal-error, youden, fpr-0.1,
                      fpr-0.05 or fpr-0.01 (equal-error); --split validation chooses and keeps them
  --preset NAME       for weights of other origin: a preset of their detector, such as officialCode
  --detector NAME     their detector; for runs of a detector of your own, its TypeScript file
  --set FIELD=VALUE   with --preset: change one setting
  --allow-shared-identities   people of the training may be in the test, as in Celeb-DF's own lists
  --skip-unreadable   leave out files that cannot be read; they are counted and named
${DEVICE_USAGE}
  --out FOLDER        where results go (the run's folder)
  --help              this

Of anyone's scores, --split, --resamples and --out (results/scores/NAME) as above, and:
  --scores FILE       a CSV, gzip's too, with a path or id and a score; without --data with labels too
  --columns LIST      what its columns are called: path=NAME,score=NAME and of label, video, method,
                      split those that there are (path or id, score or logOdds, label, video, …)
  --scale NAME        probability, log-odds, or real: the probability of real (probability)
  --real-label WORD   the label that means real; any other means fake (0 and real; 1 and fake)
  --only COLUMN=TEXT  only rows with this text, such as detector=xception; as often as you like
  --frames-in-folders rows are frames, and the folder that a frame lies in is its video
  --format FILE       all of that as YAML: columns, scale, realLabel, only, framesInFolders
  --data DATA         what is expected: a manifest, a folder with real/ and fake/, a CSV with path and
                      label, or a name in data/; labels, methods and videos are then taken from there
  --join WHAT         path: a row is a sample; video: a row is a whole video (path)
  --skip-strangers    leave out and count rows of no sample of the data
  --no-figures        a page without figures, which need a Chrome and some seconds
  --name NAME         what the detector is called (the file's name)

Writes predictions-*.csv (by frame), evaluation-*.csv (metrics, and how many of the expected samples
they rest on) and the same as evaluation-*.json, one of each for a data set; unscored-*.csv names what
has no score; of anyone's scores also index.html, a page to read. Other
pictures, or the same ones cut or distorted otherwise, have files of their own. Work that ends early
keeps its predictions in predictions-*.part, and the same command goes on.

Exit code: 0 all expected samples were scored; 1 a file could not be read, be it skipped or not,
or cannot be written; 2 a wrong command line, or nothing to evaluate; 130 after Ctrl-C.`;

/** The rules by their names; the list of \`THRESHOLD_RULES\`, whose file imports packages. */
const THRESHOLD_NAMES: readonly string[] = [
  "equal-error",
  "youden",
  "fpr-0.1",
  "fpr-0.05",
  "fpr-0.01",
] satisfies ThresholdName[];

const SPLITS: readonly string[] = ["train", "validation", "test"] satisfies Split[];

/** The split that --split names. @throws RangeError for none. */
export function splitOf(name: string): Split {
  if (SPLITS.includes(name)) return name as Split;
  throw new RangeError(`--split is "${name}", but must be one of ${SPLITS.join(", ")}.`);
}

/** The number that --resamples says. @throws RangeError for none. */
export function resamplesOf(text: string): number {
  const resamples = Number(text);
  if (Number.isSafeInteger(resamples) && resamples >= 0) return resamples;
  throw new RangeError(`--resamples is "${text}", not a whole number from 0.`);
}

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a missing or wrong value, TypeError for an option or a field that does not exist.
 */
export function parseEvaluateOptions(args: readonly string[]): EvaluateOptions | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: "string" },
      split: { type: "string", default: "test" },
      resamples: { type: "string", default: "1000" },
      threshold: { type: "string", default: "equal-error" },
      detector: { type: "string" },
      preset: { type: "string" },
      "skip-unreadable": { type: "boolean", default: false },
      set: { type: "string", multiple: true, default: [] },
      "allow-shared-identities": { type: "boolean", default: false },
      out: { type: "string" },
      ...DEVICE_OPTIONS,
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const { data, split, preset, out } = values;
  if (positionals.length !== 1) {
    throw new RangeError(`One detector is evaluated at a time, not ${positionals.length}.`);
  }
  if (data === undefined) throw new RangeError("--data is missing: the manifest to test on.");
  if (values.set.length > 0 && preset === undefined) {
    throw new RangeError("--set changes a --preset; a run's detector keeps its own settings.");
  }
  return {
    detector: positionals[0],
    manifest: data,
    split: splitOf(split),
    resamples: resamplesOf(values.resamples),
    threshold: thresholdOf(values.threshold),
    allowSharedIdentities: values["allow-shared-identities"],
    skipUnreadable: values["skip-unreadable"],
    configuration: {
      ...values.detector === undefined ? {} : { detector: values.detector },
      ...preset === undefined ? {} : { preset },
      changes: values.set,
    },
    device: deviceChoice(values),
    ...out === undefined ? {} : { out },
  };
}

/** The rule of a threshold that a word names. @throws RangeError for another word. */
function thresholdOf(word: string): ThresholdName {
  if (THRESHOLD_NAMES.includes(word)) return word as ThresholdName;
  throw new RangeError(
    `--threshold is "${word}", but must be one of ${THRESHOLD_NAMES.join(", ")}.`,
  );
}
