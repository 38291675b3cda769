/**
 * What `prepare` and `doctor` take on their command lines in place of a description of one's own. Imports no
 * package: it is read before there are any.
 */
import type { DescriptionChanges } from "lib/data/change_description.ts";

/** The options, for node's parseArgs. */
export const DESCRIPTION_OPTIONS = {
  validation: { type: "string" },
  test: { type: "string" },
  group: { type: "string" },
} as const;

/** What `--help` says of them. */
export const DESCRIPTION_USAGE =
  `  --validation S  of folders and lists of your own: the share of videos and clips, 0 to 0.5, that is held
                  out of training to choose by (with it, or --test, the rest is for training)
  --test S        and the share that is held out to measure on; which ones follows from their names
  --group RULE    of pictures of your own: which are frames of one clip. folder: those in one folder;
                  name: those called alike up to a running number; none (folders, then names)`;

/** The values that parseArgs found. */
export type DescriptionValues = {
  readonly [Name in keyof typeof DESCRIPTION_OPTIONS]?: string | undefined;
};

/**
 * What the options say; empty where none is given.
 *
 * @throws RangeError for a share that is no number from 0 to 0.5, or an unknown rule.
 */
export function descriptionChanges(values: DescriptionValues): DescriptionChanges {
  const share = (name: "validation" | "test") => {
    const text = values[name];
    if (text === undefined) return {};
    const value = text.trim() === "" ? NaN : Number(text);
    if (value >= 0 && value <= 0.5) return { [name]: value };
    throw new RangeError(`--${name} is ${JSON.stringify(text)}, not a number from 0 to 0.5.`);
  };
  const { group } = values;
  if (group !== undefined && group !== "folder" && group !== "name" && group !== "none") {
    throw new RangeError(`--group is folder, name or none, not ${JSON.stringify(group)}.`);
  }
  return { ...share("validation"), ...share("test"), ...group === undefined ? {} : { group } };
}
