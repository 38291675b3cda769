/** What the command line of `suite` says. Imports no package: it is read before there are any. */
import { parseArgs } from "node:util";
import {
  DEVICE_OPTIONS,
  DEVICE_USAGE,
  type DeviceChoice,
  deviceChoice,
} from "../device_argument.ts";
import { resamplesOf } from "../evaluate/evaluate_options.ts";

/** Which suite is run on what. */
export interface SuiteOptions {
  /** The suite's file. */
  readonly suite: string;
  /** Manifests by the suite's names for its data. */
  readonly data: Readonly<Record<string, string>>;
  /** This job's share of the trainings, `"k/N"`. */
  readonly job: string;
  /** Whether nothing is trained nor tested, and the tables alone are written. */
  readonly collect: boolean;
  /** Whether people may be in several splits, or in training and test. */
  readonly allowSharedIdentities: boolean;
  /** Whether a training begins although its step is not thought to fit into memory. */
  readonly ignoreMemory: boolean;
  /** Videos drawn for the intervals. */
  readonly resamples: number;
  /** Weights of a published backbone; none: random ones. */
  readonly pretrained?: string;
  /** What it computes on. Default: see `DeviceChoice`. */
  readonly device?: DeviceChoice;
  /** Where the tables go; left out: results/suites/ and the suite's name. */
  readonly out?: string;
}

/** What `deno task suite --help` prints. */
export const USAGE =
  `deno task suite FILE --data NAME=MANIFEST [options]    a whole protocol: trainings and their tests

  FILE                a suite, such as data/suites/leave_one_method_out.yaml
  --data NAME=FILE    the manifest behind one of the suite's names; once for each
  --job K/N           only every N-th training from the K-th: jobs side by side share the suite
  --collect           train and test nothing; write the tables from what there is
  --pretrained FILE   published weights to begin with, such as resnet34.pth
  --allow-shared-identities   people may be in several splits, as in Celeb-DF's and DFDC's own lists
  --ignore-memory     train although a step is not thought to fit into memory
  --resamples N       draws for the 95 % intervals by video; 0: none (1000)
${DEVICE_USAGE}
  --out FOLDER        where the tables go (results/suites/ and the suite's name)
  --help              this

The same command later goes on where it was stopped: trainings in results/runs, predictions beside them.
Writes table.csv, an AUC by video a row, and suite.json with all evaluations, of whatever is done.

Exit code: 0 all of this job is done and all expected samples were scored; 1 a sample has no score, or a
run failed; 2 a wrong command line or suite; 130 after Ctrl-C.`;

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a missing or wrong value, TypeError for an option that does not exist.
 */
export function parseSuiteOptions(args: readonly string[]): SuiteOptions | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: "string", multiple: true, default: [] },
      job: { type: "string", default: "1/1" },
      collect: { type: "boolean", default: false },
      pretrained: { type: "string" },
      "allow-shared-identities": { type: "boolean", default: false },
      "ignore-memory": { type: "boolean", default: false },
      resamples: { type: "string", default: "1000" },
      out: { type: "string" },
      ...DEVICE_OPTIONS,
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  if (positionals.length !== 1) throw new RangeError(`Name one suite, not ${positionals.length}.`);
  const data: Record<string, string> = {};
  for (const text of values.data) {
    const at = text.indexOf("="), name = text.slice(0, at);
    if (at < 1) {
      throw new RangeError(
        `--data takes NAME=MANIFEST, such as faces=a/manifest.csv, not "${text}".`,
      );
    }
    if (Object.hasOwn(data, name)) throw new RangeError(`--data names "${name}" twice.`);
    data[name] = text.slice(at + 1);
  }
  const { pretrained, out } = values;
  return {
    suite: positionals[0],
    data,
    job: values.job,
    collect: values.collect,
    allowSharedIdentities: values["allow-shared-identities"],
    ignoreMemory: values["ignore-memory"],
    resamples: resamplesOf(values.resamples),
    device: deviceChoice(values),
    ...pretrained === undefined ? {} : { pretrained },
    ...out === undefined ? {} : { out },
  };
}
