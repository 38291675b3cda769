// deno-lint-ignore-file no-console -- a task prints
/** Prepares a data set on the command line: what is said before, while and after. */
import { join, resolve } from "node:path";
import { findDescription } from "lib/data/descriptions.ts";
import { LABEL_LEGEND } from "lib/data/manifest.ts";
import { Preparation, type PreparedUnit } from "lib/data/prepare.ts";
import type { PrepareSummary } from "lib/data/prepare/join.ts";
import { openDataSet } from "lib/data/readers/open.ts";
import { withProgress } from "lib/training/progress.ts";
import type { PrepareOptions } from "./options.ts";

/** Where the names of data sets and the signal to stop come from. */
export interface Surroundings {
  /** Folder with the descriptions. */
  readonly descriptions: string;
  /** Stops the work between two frames. */
  readonly signal: AbortSignal;
}

/**
 * Prepares what the options say.
 *
 * @returns What came of it.
 * @throws RangeError for a data set or folder that will not do; Error when something cannot be written;
 * the signal's reason when it aborts.
 */
export async function prepareDataSet(
  options: PrepareOptions,
  { descriptions, signal }: Surroundings,
): Promise<PrepareSummary> {
  const { out, settings, atOnce } = options;
  const folder = resolve(out);
  const dataSet = await openDataSet(await findDescription(options.dataSet, descriptions));
  await using preparation = await Preparation.open(dataSet, { folder, settings });
  console.log(`${dataSet.name} in ${dataSet.root}; ${LABEL_LEGEND}.`);
  const { units, done } = await preparation.survey();
  if (units === 0) throw new RangeError(`There is nothing to prepare in ${dataSet.root}.`);
  const kept = done > 0 ? `, ${done} kept from before` : "";
  console.log(`${units} videos or pictures${kept}; crops go to ${folder}.`);
  const run = preparation.run({ signal, ...(atOnce === undefined ? {} : { atOnce }) });
  const progress = withProgress(withRate(run), {
    name: "prepare",
    total: units - done,
    note: ({ rate }) => `${rate.toFixed(1)} frames/s`,
  });
  for await (const { unit } of progress) {
    if (unit.failed) console.error(`\nunreadable, see report.csv: ${JSON.stringify(unit.video)}`);
  }
  const summary = await preparation.join();
  console.log(summaryText(summary, folder));
  return summary;
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
    `${withoutFace} frames without a face, ${unitsWithoutFace} videos or pictures without any; ` +
    `${unreadable} unreadable; ${problems} remarks on the data set's lists: ` +
    join(folder, "report.csv"),
  ].join("\n");
}
