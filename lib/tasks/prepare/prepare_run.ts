/** Prepares a data set on the command line: what is said before, while and after. */
import { join, resolve } from "node:path";
import { findDescription } from "lib/data/descriptions.ts";
import { LABEL_LEGEND } from "lib/data/manifest.ts";
import { Preparation, type PreparedUnit } from "lib/data/prepare.ts";
import type { PrepareSummary } from "lib/data/prepare/join_manifest.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { withProgress } from "lib/io/progress.ts";
import type { TaskSurroundings } from "../in_task.ts";
import type { PrepareOptions } from "./prepare_options.ts";

/**
 * Prepares what the options say.
 *
 * @param surroundings `descriptions` is the folder in which data sets are looked for by name; `signal`
 * stops the work between two frames.
 * @throws RangeError for a data set or folder that will not do; Error when something cannot be written,
 * or, once all the rest is done, when something could not be read; the signal's reason when it aborts.
 */
export async function prepareDataSet(
  options: PrepareOptions,
  { descriptions, signal, say }: TaskSurroundings & { readonly descriptions: string },
): Promise<void> {
  const { out, settings, atOnce } = options;
  const folder = resolve(out);
  const dataSet = await openDataSet(await findDescription(options.dataSet, descriptions));
  await using preparation = await Preparation.open(dataSet, { folder, settings });
  say(`${dataSet.name} in ${dataSet.root}; ${LABEL_LEGEND}.`);
  const { units, done } = await preparation.survey();
  if (units === 0) throw new RangeError(`There is nothing to prepare in ${dataSet.root}.`);
  const kept = done > 0 ? `, ${done} kept from before` : "";
  say(`${units} videos or pictures${kept}; crops go to ${folder}.`);
  const run = preparation.run({ signal, ...(atOnce === undefined ? {} : { atOnce }) });
  const progress = withProgress(withRate(run), {
    name: "prepare",
    total: units - done,
    note: ({ rate }) => `${rate.toFixed(1)} frames/s`,
  });
  for await (const { unit } of progress) {
    if (unit.failed) say(`\nCannot be read, see report.csv: ${JSON.stringify(unit.video)}`);
  }
  const summary = await preparation.join();
  say(summaryText(summary, folder));
  if (summary.unreadable > 0) {
    throw new Error(
      `${summary.unreadable} of ${summary.units} could not be read and are not in the manifest. ` +
        "report.csv says why; mended or replaced, they are prepared by the same command.",
    );
  }
}

/** Adds how many frames a second have been looked at since the beginning. */
async function* withRate(
  units: AsyncIterable<PreparedUnit>,
): AsyncGenerator<{ unit: PreparedUnit; rate: number }> {
  const begin = performance.now();
  let looked = 0;
  for await (const unit of units) {
    looked += unit.looked;
    yield { unit, rate: looked / (performance.now() - begin) * 1000 };
  }
}

/** The closing lines. */
export function summaryText(summary: PrepareSummary, folder: string): string {
  const { units, looked, crops, withoutFace, unitsWithoutFace, unreadable, problems } = summary;
  return [
    `${crops} faces from ${looked} frames of ${units} videos or pictures: ${
      join(folder, "manifest.csv")
    }`,
    `without a face: ${withoutFace} frames, and ${unitsWithoutFace} whole videos or pictures; ` +
    `unreadable: ${unreadable}; remarks on the data set's lists: ${problems}. Each is in ` +
    join(folder, "report.csv"),
  ].join("\n");
}
