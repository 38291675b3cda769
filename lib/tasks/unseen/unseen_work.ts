/**
 * The benchmark's work: makes the pictures, trains the runs that are not there yet, and has them join the
 * tables that notebook 08 draws. Imports packages, so it is loaded after the set-up.
 */
import { join } from "node:path";
import { startEngine } from "lib/engine/engine.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { sha256OfFile } from "lib/io/sha256.ts";
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { readResult } from "lib/studies/study_results.ts";
import { runKey } from "lib/studies/unseen/join_runs.ts";
import { unseenPictures } from "lib/studies/unseen/unseen_pictures.ts";
import {
  unseenConfiguration,
  type UnseenProfile,
  unseenProfile,
  unseenProtocol,
  unseenRuns,
} from "lib/studies/unseen/unseen_profiles.ts";
import { UNSEEN_SETTINGS, unseenRow, type UnseenRun } from "lib/studies/unseen/unseen_rows.ts";
import {
  hasLearnt,
  runUnseen,
  type UnseenResult,
  withDistorted,
} from "lib/studies/unseen/unseen_run.ts";
import { testRows } from "lib/studies/unseen/unseen_table.ts";
import { RUNS } from "lib/training/run_folder.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { detectorKeeper, shareOfRuns, trainMissing } from "../study/study_job.ts";
import type { UnseenJob } from "./unseen_options.ts";
import { joinTables, readTables } from "./unseen_tables.ts";

/** Where pictures and runs are kept, unless a test says otherwise. */
const FOLDER = join(RUNS, "unseen");

/**
 * The runs of a job.
 *
 * @throws RangeError for a row or setting that the benchmark does not have, or not without weights.
 */
export function unseenShare({ rows, settings, profile, clip, ...share }: UnseenJob): UnseenRun[] {
  const names = rows?.map((name) => unseenRow(name).name);
  const lacking = names?.filter((name) => unseenRow(name).needs && clip === undefined) ?? [];
  if (lacking.length > 0) {
    throw new RangeError(
      `${lacking.join("; ")}: such rows begin with published weights, --clip FILE.`,
    );
  }
  for (const setting of settings ?? []) {
    if (Object.hasOwn(UNSEEN_SETTINGS, setting)) continue;
    const known = Object.keys(UNSEEN_SETTINGS).join("; ");
    throw new RangeError(`--train-on knows no "${setting}". There are: ${known}.`);
  }
  const runs = unseenRuns(unseenProfile(profile), { hasWeights: clip !== undefined })
    .filter(({ setting }) => settings?.includes(setting) ?? true);
  return shareOfRuns(runs, { ...share, names });
}

/** The profile with the job's own steps, where it has some. */
function profileOf({ profile, steps }: UnseenJob): UnseenProfile {
  const named = unseenProfile(profile);
  return steps === undefined ? named : { ...named, steps };
}

/**
 * Does a job: makes the pictures, trains, writes the tables. Stopped, it goes on at the same place the
 * next time; what a stopped training has learnt is lost, a minute or two.
 *
 * @param folder Of pictures and runs. Default: `results/runs/unseen`.
 */
export async function unseen(
  job: UnseenJob,
  surroundings: TaskSurroundings,
  folder: string = FOLDER,
): Promise<void> {
  const { signal, say } = surroundings, profile = profileOf(job);
  const runs = unseenShare(job); // before anything that takes long
  const { hardware } = await startEngine({
    ...job.device,
    intraOpThreads: job.threads,
    interOpThreads: 1,
  });
  await Deno.mkdir(folder, { recursive: true });
  const options = { sizes: profile.sizes, cache: folder, notice: say, signal };
  const made = await unseenPictures(job, options), { people, content } = made;
  say(
    `${people.train} people to train on, ${people.validation} to choose on, ${people.test} to test on; ` +
      `${made.crops.train.length} pictures to train on.`,
  );
  const size = job.steps === undefined ? job.profile : `${job.profile}-${job.steps}`;
  const own = join(folder, `${size}-${content.slice(0, 8)}`);
  const weights = job.clip === undefined ? undefined : await readStateDict(job.clip);
  const file = job.clip === undefined ? {} : { weights: await sha256OfFile(job.clip) };
  const protocolOf = (run: UnseenRun) => unseenProtocol(run, { profile, content, ...file });
  const study = {
    ...{ people, pictures: content.slice(0, 16), profile: job.profile },
    ...profile.sizes,
    steps: profile.steps,
  };
  const tables = job.out ?? join(own, "tables");
  // Before anything is trained: tables of something else are refused.
  const { results: kept } = await readTables(tables, study);
  const isKept = (run: UnseenRun) =>
    kept.some((one) => runKey(one) === runKey(run) && one.protocol === protocolOf(run));
  if (!job.collect) {
    const pictures = await withDistorted(made);
    const cut = { ...FACE_CUT, size: profile.sizes.size, format: "png" } as const;
    await trainMissing(runs.filter((run) => !job.missing || !isKept(run)), {
      protocolOf,
      folder: own,
      train: (run, signal) => {
        const configuration = unseenConfiguration(run, profile);
        return runUnseen(run, {
          pictures,
          configuration,
          protocol: protocolOf(run),
          ...unseenRow(run.row).needs && weights ? { weights } : {},
          hardware,
          signal,
          keep: detectorKeeper(run, { folder: own, configuration, cut }),
        });
      },
      words: (result: UnseenResult) => {
        const { value } = answerOf(result);
        const failed = hasLearnt(result)
          ? ""
          : `; it did not learn (training ${result.trainingAuc.toFixed(2)})`;
        return `AUC of stand-ins of unseen people ${value.toFixed(3)}${failed}`;
      },
    }, surroundings);
  }
  if (signal.aborted) return;
  const order = unseenRuns(profile, { hasWeights: weights !== undefined }), { replace } = job;
  const found = await Promise.all(
    order.map((run) => readResult<UnseenResult>(run, protocolOf(run), own)),
  );
  const results = found.filter((result) => result !== undefined);
  const data = job.photographs === undefined ? { name: "the six demo photographs" } : job.data;
  await joinTables(results, { folder: tables, study, data, order, protocolOf, replace, say });
}

/** The AUC of the stand-ins as they are. */
function answerOf(result: UnseenResult): { value: number } {
  return { value: Number(testRows(result)[0].AUC) };
}
