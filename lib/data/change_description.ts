/** What a command line changes in a data set's description. */
import { DESCRIPTION_FIELDS, fieldValues, fitsField, OWN_READERS } from "./description_fields.ts";
import type { Description } from "./descriptions.ts";

/** What a command line changes in a description of one's own. */
export interface DescriptionChanges {
  /** As in the description; with it, or with `test`, `split` is train. */
  readonly validation?: number;
  /** As in the description. */
  readonly test?: number;
  /** As in the description. */
  readonly group?: NonNullable<Description["group"]>;
}

/**
 * A description with what the command line says on top.
 *
 * @throws RangeError where its reader does not look at that, or a share is not from 0 to 0.5.
 *
 * @example
 * ```ts
 * import { changeDescription } from "lib/data/change_description.ts";
 * import { parseDescription } from "lib/data/descriptions.ts";
 * import assert from "node:assert/strict";
 *
 * const mine = parseDescription("name: mine\nreader: folders\nroot: a\n", "/data/mine.yaml");
 * assert.equal(changeDescription(mine, { validation: 0.1 }).split, "train");
 * ```
 */
export function changeDescription(
  description: Description,
  changes: DescriptionChanges,
): Description {
  for (const [key, value] of Object.entries(changes)) {
    const field = DESCRIPTION_FIELDS[key]!, { readers } = field;
    if (readers?.includes(description.reader) !== true) {
      throw new RangeError(
        `--${key} means nothing to the reader ${description.reader} of ${
          JSON.stringify(description.name)
        }. Leave it out; it is for ${readers!.join(", ")}.`,
      );
    }
    if (fitsField(value, field)) continue;
    throw new RangeError(`--${key} is ${fieldValues(field)}, not ${JSON.stringify(value)}.`);
  }
  const own = OWN_READERS.includes(description.reader);
  const shares = changes.validation !== undefined || changes.test !== undefined;
  return { ...description, ...own && shares ? { split: "train" } : {}, ...changes };
}
