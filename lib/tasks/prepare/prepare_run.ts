/** Prepares a data set on the command line: what is said before, while and after. */
import { join, resolve } from "node:path";
import { changeDescription } from "lib/data/change_description.ts";
import { findDescription } from "lib/data/find_description.ts";
import { LABEL_LEGEND } from "lib/data/manifest.ts";
import { Preparation, type PreparedUnit } from "lib/data/prepare.ts";
import type { PrepareSummary } from "lib/data/prepare/join_manifest.ts";
import { assertOneLabelEach } from "lib/data/prepare/two_labels.ts";
import type { ReadProblem } from "lib/data/readers/data_set_reader.ts";
import { type DataSet, openDataSet } from "lib/data/readers/open_data_set.ts";
import { trainingFault } from "lib/data/training_use.ts";
import { withProgress } from "lib/io/progress.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { afterManifest, isForForging, oneClassLine } from "../next_step.ts";
import type { PrepareOptions } from "./prepare_options.ts";

/** Remarks of a reader that are printed; the report holds all. */
const PRINTED = 5;

/**
 * Prepares what the options say.
 *
 * @param surroundings `descriptions` is the folder in which data sets are looked for by name; `signal`
 * stops the work between two frames.
 * @returns The exit code: 1 when something could not be read, or a class is missing; reals alone are whole
 * where landmarks are kept, since fakes can be made of them.
 * @throws RangeError for a data set or folder that will not do; Error when something cannot be written; the
 * signal's reason when it aborts.
 */
export async function prepareDataSet(
  options: PrepareOptions,
  { descriptions, signal, say }: TaskSurroundings & { readonly descriptions: string },
): Promise<number> {
  const { out, settings, atOnce, changes = {} } = options;
  const folder = resolve(out);
  const found = await findDescription(options.dataSet, descriptions);
  const dataSet = await openDataSet(changeDescription(found, changes));
  const { reader } = dataSet.description;
  // Before the folder is claimed: what is refused leaves no trace.
  if (reader === "folders" || reader === "csv") await assertOneLabelEach(dataSet, { signal });
  await using preparation = await Preparation.open(dataSet, { folder, settings });
  say(`${dataSet.name} in ${dataSet.root}; ${LABEL_LEGEND}.`);
  const hasLandmarks = settings.landmarks !== undefined;
  const todo = await survey(preparation, { dataSet, hasLandmarks, say });
  const run = preparation.run({ signal, ...(atOnce === undefined ? {} : { atOnce }) });
  say(`${todo.text}; crops go to ${folder}.`);
  const progress = withProgress(withRate(run), {
    name: "prepare",
    total: todo.units,
    note: ({ rate }) => `${rate.toFixed(1)} frames/s`,
  });
  for await (const { unit: { video, failed, unreadable } } of progress) {
    if (failed) say(`\nCannot be read, see report.csv: ${JSON.stringify(video)}`);
    if (unreadable > 0) say(`\n${unreadable} pictures cannot be read: ${JSON.stringify(video)}`);
  }
  const summary = await preparation.join();
  say(summaryText(summary, folder));
  return sayEnd(summary, { dataSet, hasLandmarks, folder, say });
}

/** Looks through the lists and says at once what is wrong, before hours of work. */
async function survey(
  preparation: Preparation,
  { dataSet, hasLandmarks, say }: {
    dataSet: DataSet;
    hasLandmarks: boolean;
    say: TaskSurroundings["say"];
  },
): Promise<{ units: number; text: string }> {
  const first: ReadProblem[] = [];
  let problems = 0;
  const { units, done, counts } = await preparation.survey((problem) => {
    if (problem.kind === "assumed") say(problem.message);
    else if (problems++ < PRINTED) first.push(problem);
  });
  for (const { path, message } of first) say(`${JSON.stringify(path)}: ${message}`);
  if (problems > PRINTED) {
    say(`… and ${problems - PRINTED} more like these; report.csv will hold all.`);
  }
  if (units === 0) throw new RangeError(`There is nothing to prepare in ${dataSet.root}.`);
  const warning = isForForging(counts, hasLandmarks)
    ? undefined
    : oneClassLine(counts) ?? trainingFault(counts, dataSet.description);
  if (warning !== undefined) say(warning);
  const kept = done > 0 ? `, ${done} kept from before` : "";
  return { units: units - done, text: `${units} videos or pictures${kept}` };
}

/** Says what went wrong and, last, what to do next; returns the exit code. */
function sayEnd(
  { crops, units, unreadable, unreadablePictures, counts }: PrepareSummary,
  { dataSet, hasLandmarks, folder, say }: {
    dataSet: DataSet;
    hasLandmarks: boolean;
    folder: string;
    say: (line: string) => void;
  },
): number {
  const report = join(folder, "report.csv");
  if (unreadable > 0) {
    say(
      `${unreadable} of ${units} could not be read and are not in the manifest. ` +
        "report.csv says why; mended or replaced, they are prepared by the same command.",
    );
  }
  if (unreadablePictures > 0) {
    say(
      `${unreadablePictures} pictures could not be read among others that could; see report.csv.`,
    );
  }
  if (crops === 0) {
    say(
      unreadable === units
        ? `Nothing could be read, so there is no manifest. Next: look into ${report}; are the paths ` +
          `right? They are below ${dataSet.root}.`
        : `Not a single face was found, so there is no manifest. Next: look into ${report}; a smaller ` +
          "--score finds fainter faces.",
    );
    return 1;
  }
  const lacks = isForForging(counts, hasLandmarks) ? undefined : oneClassLine(counts);
  const { description } = dataSet, manifest = join(folder, "manifest.csv");
  say(lacks ?? afterManifest(manifest, { counts, description, hasLandmarks }));
  return lacks === undefined && unreadable + unreadablePictures === 0 ? 0 : 1;
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

/** The lines that count. */
export function summaryText(summary: PrepareSummary, folder: string): string {
  const { units, looked, crops, withoutFace, unitsWithoutFace, unreadable, problems } = summary;
  const to = crops > 0 ? `: ${join(folder, "manifest.csv")}` : "";
  return [
    `${crops} faces from ${looked} frames of ${units} videos or pictures${to}`,
    `without a face: ${withoutFace} frames, and ${unitsWithoutFace} whole videos or pictures; ` +
    `unreadable: ${unreadable}; remarks on the data set's lists: ${problems}. Each is in ` +
    join(folder, "report.csv"),
  ].join("\n");
}
