/** `deno task doctor <manifest> --recipe <file>`: a copy against a recipe; `--write-recipe` makes one. */
import { join } from "node:path";
import { type RecipeDifference, recipeDifferences, writeRecipe } from "lib/data/recipe.ts";
import { writeCsv } from "lib/io/csv_rows.ts";
import { shellWord } from "../next_step.ts";
import { type Report, terminalReport } from "../setup/setup_report.ts";
import type { DataSetQuestion } from "./doctor_options.ts";

/** Differences of one kind that are printed; the file holds all. */
const PRINTED = 5;

/** What each kind is called, and what to do. */
const KINDS: Readonly<Record<RecipeDifference["kind"], string>> = {
  cut: "settings are others: prepare the data set anew with those of the recipe",
  missing: "crops are missing",
  extra: "crops are not in the recipe",
  record: "crops have another label, method, video, split or frame",
  content:
    "crops are other pictures: another version of the data set, or another decoder, where the cut " +
    "is the same",
};

/**
 * Writes a recipe, or compares a copy with one.
 *
 * @returns The exit code: 0 written, or nothing differs; 1 something does; 2 it could not be done.
 */
export async function doctorRecipe(
  { dataSet: manifest, recipe, report }:
    & DataSetQuestion
    & Required<Pick<DataSetQuestion, "recipe">>,
  { signal, to = terminalReport() }: { signal: AbortSignal; to?: Report },
): Promise<number> {
  const options = { signal, onProgress: (done: number) => to.passing(`crops: ${done}`) };
  const { path, write } = recipe;
  try {
    if (write) {
      const crops = await writeRecipe(path, manifest, options);
      to.say(`${path}: the recipe of ${crops} crops, without pictures or people.`);
      to.say(
        `Next, for who has the same data set: deno task doctor <manifest> --recipe ${
          shellWord(path)
        }`,
      );
      return 0;
    }
    const found: RecipeDifference[] = [];
    for await (const difference of recipeDifferences(path, manifest, options)) {
      found.push(difference);
    }
    for (const [kind, of] of Map.groupBy(found, (difference) => difference.kind)) {
      to.say(`${of.length} ${KINDS[kind]}`);
      for (const difference of of.slice(0, PRINTED)) {
        to.say(`  ${JSON.stringify(difference.path)}: ${difference.message}`);
      }
      if (of.length > PRINTED) to.say("  …");
    }
    if (found.length === 0) {
      to.say(
        `${manifest} is what ${path} describes: the same cut, and the same crops to the last byte.`,
      );
      return 0;
    }
    const list = join(report, "recipe_differences.csv");
    await writeCsv(list, found, ["kind", "path", "message"]);
    to.say(`${found.length} differences, all in ${list}.`);
    return 1;
  } catch (error) {
    if (error === signal.reason || error instanceof TypeError) throw error; // the last: a fault of ours
    to.say((error as Error).message);
    return 2;
  }
}
