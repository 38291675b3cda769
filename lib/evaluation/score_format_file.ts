/** How a file of anyone's scores is read, said once in a YAML file. */
import { parse } from "@std/yaml";
import { isRecord } from "lib/io/is_record.ts";
import { readNamedText } from "lib/io/named_text.ts";
import { SCORE_FIELDS, SCORE_SCALES, type ScoreFormat } from "./score_columns.ts";

const isText = (value: unknown) => typeof value === "string" || typeof value === "number";

/** What each field of the YAML file may be. */
const FIELDS: Readonly<Record<keyof ScoreFormat, (value: unknown) => boolean>> = {
  columns: (value) =>
    isRecord(value) &&
    Object.entries(value).every(([field, name]) =>
      (SCORE_FIELDS as readonly string[]).includes(field) && isText(name)
    ),
  scale: (value) => SCORE_SCALES.includes(value as string),
  realLabel: isText,
  only: (value) => isRecord(value) && Object.values(value).every(isText),
  framesInFolders: (value) => typeof value === "boolean",
};

/**
 * How a file is read, from a YAML file with the fields of `ScoreFormat`.
 *
 * @throws RangeError naming the file and the field that is wrong.
 *
 * @example
 * ```ts
 * import { readScoreFormat } from "lib/evaluation/score_format_file.ts";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile({ suffix: ".yaml" });
 * await Deno.writeTextFile(path, "columns: { path: file, score: p_real }\nscale: real\n");
 * const format = await readScoreFormat(path);
 * assert.deepEqual(format, { columns: { path: "file", score: "p_real" }, scale: "real" });
 * await Deno.remove(path);
 * ```
 */
export async function readScoreFormat(path: string): Promise<ScoreFormat> {
  const text = await readNamedText(path);
  let parsed: unknown;
  try {
    parsed = parse(text) ?? {};
  } catch (cause) {
    const [first] = (cause as Error).message.trim().split("\n");
    throw new RangeError(`${JSON.stringify(path)} is not YAML: ${first}`, { cause });
  }
  if (!isRecord(parsed)) throw new RangeError(`${JSON.stringify(path)} holds no fields.`);
  for (const [field, value] of Object.entries(parsed)) {
    const fits = Object.hasOwn(FIELDS, field)
      ? FIELDS[field as keyof ScoreFormat](value)
      : undefined;
    if (fits) continue;
    throw new RangeError(
      `${JSON.stringify(path)}: ` +
        (fits === undefined
          ? `there is no field "${field}". The fields are ${Object.keys(FIELDS).join(", ")}.`
          : `${field} is ${JSON.stringify(value)}. columns has names of columns for any of ` +
            `${SCORE_FIELDS.join(", ")}; scale is ${
              SCORE_SCALES.join(", ")
            }; only has texts by column; ` +
            "framesInFolders is true or false."),
    );
  }
  const texts = (record: unknown) =>
    Object.fromEntries(
      Object.entries(record as object).map(([key, value]) => [key, String(value)]),
    );
  const { columns, only, realLabel, ...rest } = parsed;
  return {
    ...rest,
    ...columns === undefined ? {} : { columns: texts(columns) },
    ...only === undefined ? {} : { only: texts(only) },
    ...realLabel === undefined ? {} : { realLabel: String(realLabel) },
  };
}
