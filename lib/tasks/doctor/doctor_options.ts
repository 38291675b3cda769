/** What the command line of `doctor` says. Imports no package: it is read before there are any. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Depth } from "lib/data/audit/look_at_entry.ts";
import type { DescriptionChanges } from "lib/data/change_description.ts";
import {
  DESCRIPTION_OPTIONS,
  DESCRIPTION_USAGE,
  descriptionChanges,
} from "../description_arguments.ts";
import { PROJECT } from "../setup/project.ts";

/** Which data set is looked at, and how closely. */
export interface DataSetQuestion {
  /** A description's name or file, a folder with real/ and fake/, or a CSV file. */
  readonly dataSet: string;
  /** What the command line changes in the description; undefined for nothing. */
  readonly changes?: DescriptionChanges;
  /** How much is decoded. */
  readonly depth: Depth;
  /** In how many entries, spread over the data set, faces are looked for. */
  readonly faces: number;
  /** Folder for the two reports. */
  readonly report: string;
  /** The recipe that a prepared manifest is compared with, or that is written of it; left out: neither. */
  readonly recipe?: { readonly path: string; readonly write: boolean };
}

/** What `deno task doctor --help` prints. */
export const USAGE =
  `deno task doctor                          says what is installed and whether it works
deno task doctor <data set> [options]     says what of a data set is there, and what is broken

  <data set>      a name in data/ (such as faceforensics), a description's file, a folder with real/
                  and fake/, or a CSV with path and label
  --depth HOW     how much is decoded: nothing; first: pictures whole, of videos the first frame and
                  the file's structure; all: every frame (first)
  --faces N       in how many entries, spread over the data set, faces are looked for (0)
  --recipe FILE   compare a prepared manifest's crops and their cut with somebody's recipe
  --write-recipe FILE   write the recipe of a prepared manifest: its crops' contents, no pictures
  --report FOLDER where the two reports go, called by the data set and its place (results/doctor)
${DESCRIPTION_USAGE}
  --help          this

Exit code: 0 nothing is wrong, 1 there are problems, 2 it could not be looked at, 130 after Ctrl-C.`;

/**
 * Reads the arguments; "installation" when they name no data set, "help" when they ask for it.
 *
 * @throws RangeError for a wrong value, TypeError for an option that does not exist.
 */
export function parseDoctorOptions(
  args: readonly string[],
): DataSetQuestion | "installation" | "help" {
  if (args.length === 0) return "installation";
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...DESCRIPTION_OPTIONS,
      depth: { type: "string", default: "first" },
      faces: { type: "string", default: "0" },
      recipe: { type: "string" },
      "write-recipe": { type: "string" },
      report: { type: "string", default: join(PROJECT.root, "results", "doctor") },
      help: { type: "boolean", default: false },
    },
  });
  const { depth, faces, report, help } = values;
  if (help) return "help";
  if (positionals.length !== 1) {
    throw new RangeError(`Name one data set, not ${positionals.length}.`);
  }
  if (!["nothing", "first", "all"].includes(depth)) {
    throw new RangeError(`--depth is nothing, first or all, not ${JSON.stringify(depth)}.`);
  }
  if (!/^\d{1,9}$/.test(faces)) {
    throw new RangeError(`--faces is a whole number from 0, not ${JSON.stringify(faces)}.`);
  }
  const changes = descriptionChanges(values);
  const { recipe, "write-recipe": written } = values, path = recipe ?? written;
  if (recipe !== undefined && written !== undefined) {
    throw new RangeError("--recipe compares, and --write-recipe writes: name one of them.");
  }
  return {
    dataSet: positionals[0]!,
    depth: depth as Depth,
    faces: Number(faces),
    report,
    ...path === undefined ? {} : { recipe: { path, write: recipe === undefined } },
    ...(Object.keys(changes).length === 0 ? {} : { changes }),
  };
}
