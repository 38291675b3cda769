/** What the command line of the benchmark says. Imports no package: set-up comes after it. */
import { parseArgs } from "node:util";
import {
  SHARE_OPTIONS,
  SHARE_USAGE,
  shareOf,
  type StudyShare,
  wholeNumber,
} from "../study/job_options.ts";

/** What one job of the benchmark does. */
export interface UnseenJob extends StudyShare {
  /** Folder of photographs; left out, the six demo photographs. */
  readonly photographs?: string;
  /** File of CLIP's ViT-B/16, which some rows begin with; left out, they are not trained. */
  readonly clip?: string;
  /** What tells people apart. */
  readonly people: "names" | "folders";
  /** Name of a profile. */
  readonly profile: string;
  /** Steps of a training in place of the profile's. */
  readonly steps?: number;
  /** Names of the only settings to train on; left out, all. */
  readonly settings?: readonly string[];
  /** Folder of the tables; left out, beside the runs. */
  readonly out?: string;
  /** Whether runs whose scores the tables have are left out. */
  readonly missing: boolean;
  /** Whether runs of this computer take the place of those in the tables that disagree with them. */
  readonly replace: boolean;
  /** What is said of the data beside the tables. */
  readonly data: { readonly name?: string; readonly doi?: string; readonly licence?: string };
}

/** What `deno task unseen --help` prints. */
export const USAGE =
  `deno task unseen [options]    trains and tests on unseen people and manipulations, and writes tables

  --photographs DIR  a folder of photographs, one person each (the six demo photographs)
  --people HOW       names: files of one name, in any folder, show one person; folders: a folder each (names)
  --profile P        smoke, quick or full (quick; smoke for the demo photographs)
  --steps N          steps of a training, in place of the profile's; its runs are kept apart
  --rows "A;B"       only these rows of lib/studies/unseen/unseen_rows.ts, separated by semicolons
  --train-on "A;B"   only these: all; SBI; without DF; without F2F; without FS; without NT
  --clip FILE        CLIP's ViT-B/16 (README, Weights): adds the rows that begin with it
${SHARE_USAGE.replaceAll(/^( {2}--\S+(?: \S+)?) +/gm, (_, words) => words.padEnd(21))}
  --collect          train nothing; write the tables from the runs there are
  --out DIR          folder of the tables (beside the runs, below results/runs/unseen); runs join those
                     that are in it
  --missing          only runs whose scores the tables in --out do not have
  --replace          where both have a run and disagree, take the one of here; each is named
  --name, --doi, --licence TEXT   what about.json says of the photographs
  --help             this`;

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a wrong value, TypeError for an option that does not exist.
 */
export function parseUnseenOptions(args: readonly string[]): UnseenJob | "help" {
  const text = { type: "string" } as const;
  const options = {
    ...SHARE_OPTIONS,
    photographs: text,
    people: { type: "string", default: "names" },
    profile: text,
    steps: text,
    "train-on": text,
    clip: text,
    out: text,
    missing: { type: "boolean", default: false },
    replace: { type: "boolean", default: false },
    name: text,
    doi: text,
    licence: text,
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) return "help";
  const { photographs, people, out, clip, name, doi, licence } = values;
  if (people !== "names" && people !== "folders") {
    throw new RangeError(`--people is "${people}", but must be names or folders.`);
  }
  const profile = values.profile ?? (photographs === undefined ? "smoke" : "quick");
  if (photographs === undefined && profile !== "smoke") {
    throw new RangeError(
      `--profile ${profile} needs --photographs: the six demo photographs show too few people to ` +
        "measure anything.",
    );
  }
  const settings = values["train-on"]?.split(";").map((setting) => setting.trim());
  return {
    ...shareOf(values),
    ...photographs === undefined ? {} : { photographs },
    ...settings === undefined ? {} : { settings },
    ...out === undefined ? {} : { out },
    ...clip === undefined ? {} : { clip },
    ...values.steps === undefined ? {} : { steps: wholeNumber("steps", values.steps) },
    people,
    profile,
    missing: values.missing,
    replace: values.replace,
    data: {
      ...name === undefined ? {} : { name },
      ...doi === undefined ? {} : { doi },
      ...licence === undefined ? {} : { licence },
    },
  };
}
