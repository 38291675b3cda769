/**
 * The folder of the benchmark's tables: what is in it, and how runs join it. Scores are kept beside the
 * tables, so that whoever trains more runs elsewhere needs none of the state of those who trained before.
 */
import { join } from "node:path";
import { writeWhole } from "lib/io/write_whole.ts";
import type { ResultRow } from "lib/studies/paired_differences.ts";
import { joinAnswers } from "lib/studies/unseen/join_answers.ts";
import { joinRuns, runKey, type UnseenRuns } from "lib/studies/unseen/join_runs.ts";
import type { UnseenRun } from "lib/studies/unseen/unseen_rows.ts";
import type { UnseenResult } from "lib/studies/unseen/unseen_run.ts";
import {
  AGAINST_PAPER,
  LESSON_EFFECTS,
  UNSEEN_EFFECTS,
} from "lib/studies/unseen/unseen_effects.ts";
import { answerRows, differenceRows, type TableOptions } from "lib/studies/unseen/unseen_table.ts";
import { UNSEEN_ROWS } from "lib/studies/unseen/unseen_rows.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { keptRows, writeRows } from "../study/study_job.ts";

/** What makes tables those of one study: all of it but the runs. */
export interface StudyIdentity {
  /** People by split. */
  readonly people: Readonly<Record<string, number>>;
  /** The first digits of the pictures' hash. */
  readonly pictures: string;
  /** Name of the profile. */
  readonly profile: string;
  /** Side of the pictures in pixels. */
  readonly size: number;
  /** Crops of a portrait to train on. */
  readonly crops: number;
  /** As many for self-blended images. */
  readonly selfBlendedCrops: number;
  /** Steps of a training. */
  readonly steps: number;
}

/** What `about.json` says. */
export interface About extends StudyIdentity {
  /** The photographs: name, doi, licence. */
  readonly data: Readonly<Record<string, string>>;
  /** Trainings in the tables. */
  readonly runs: number;
  /** Trainings that the benchmark has. */
  readonly of: number;
  /** Those of `runs` that did not learn. */
  readonly didNotLearn: number;
  /** What computed them. */
  readonly hardware: readonly string[];
  /** Hours of training, all of them together. */
  readonly hours: number;
  /** The day, as year-month-day. */
  readonly written: string;
}

/** What `scores.json` says: results, with what is the same for all of them said once. */
interface Scores {
  readonly pictures: string;
  readonly tested: UnseenResult["tested"];
  readonly runs: readonly Omit<UnseenResult, "tested">[];
}

/** A folder of tables as it stands. */
export interface Tables extends UnseenRuns {
  /** What it is of; undefined where there are no tables. */
  readonly about: About | undefined;
}

/** The tables of differences: a file each. */
const DIFFERENCES = {
  "effects.csv": UNSEEN_EFFECTS,
  "lessons.csv": LESSON_EFFECTS,
  "against_paper.csv": AGAINST_PAPER,
};

/** What is said where pictures alone differ: see `unseenPictures`. */
const ANOTHER_PROCESSOR =
  "Nothing but the pictures differs. Where photographs and code are the same, the processor is another: faces and " +
  "landmarks are found in float32, which each kind of processor rounds in its own way, and some pixels follow. " +
  "To join these tables, copy the pictures of the computer that they are from (the .bin file in its " +
  "results/runs/unseen) into the same folder here, and run again. Else give another --out.";

async function readJson<Value>(path: string): Promise<Value | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Reads a folder of tables; an empty one, or none, has no runs.
 *
 * @throws RangeError where its tables are of other pictures or another size of the benchmark, naming what
 * differs, or do not say of what they are.
 */
export async function readTables(folder: string, study: StudyIdentity): Promise<Tables> {
  const about = await readJson<About>(join(folder, "about.json"));
  const rows = await keptRows(join(folder, "runs.csv"));
  const scores = await readJson<Scores>(join(folder, "scores.json"));
  if (!about && rows.length > 0) {
    throw new RangeError(
      `${folder} has runs.csv but no about.json, so nobody can tell of which pictures its runs are. ` +
        "Give another --out.",
    );
  }
  const differing = Object.entries(study).flatMap(([field, now]) => {
    const then = about?.[field as keyof StudyIdentity] ?? now;
    const texts = [then, now].map((value) => JSON.stringify(value));
    return texts[0] === texts[1] ? [] : [`${field} is ${texts[0]} there, ${texts[1]} here`];
  });
  const others = differing.filter((words) => !words.startsWith("pictures "));
  const scored = scores?.pictures ?? study.pictures;
  if (scored !== study.pictures) {
    differing.push(`scores.json is of pictures ${scored}, these are ${study.pictures}`);
  }
  if (differing.length > 0) {
    const what = `The tables in ${folder} are of another study: ${differing.join("; ")}.`;
    throw new RangeError(
      others.length > 0 ? `${what} Give another --out.` : `${what} ${ANOTHER_PROCESSOR}`,
    );
  }
  const results = scores?.runs.map((run) => ({ ...run, tested: scores.tested })) ?? [];
  return { about, rows, results };
}

async function writeText(path: string, text: string): Promise<void> {
  await writeWhole(path, new TextEncoder().encode(text));
}

/** Results as `scores.json`, a line a run. */
function scoresText(results: readonly UnseenResult[], pictures: string): string {
  const tested = JSON.stringify(results[0]?.tested ?? []);
  const lines = results.map(({ tested: own, ...run }) => {
    if (JSON.stringify(own) === tested) return JSON.stringify(run);
    throw new Error(`${runKey(run)} was tested on other pictures than the runs beside it.`);
  });
  return `{"pictures":"${pictures}","tested":${tested},"runs":[\n${lines.join(",\n")}\n]}\n`;
}

/** How runs join tables. */
export interface JoinOptions extends TableOptions {
  /** Of the tables; it is made where there is none. */
  readonly folder: string;
  /** What the runs are of. */
  readonly study: StudyIdentity;
  /** What is said of the photographs; what the tables say already need not be said again. */
  readonly data: Readonly<Record<string, string>>;
  /** All runs of the benchmark, in its order. */
  readonly order: readonly UnseenRun[];
  /** The word of a run's experiment, as the code is now. */
  readonly protocolOf: (run: UnseenRun) => string;
  /** Whether runs of here take the place of those in the tables that disagree with them. */
  readonly replace: boolean;
  /** Hears what was done, a line at a time. */
  readonly say: TaskSurroundings["say"];
}

/**
 * Has runs join the tables of a folder. Each file is replaced whole, the scores first: a job that is
 * killed between two files is made good by the next.
 *
 * @throws RangeError for tables of another study; and, without `replace`, where a run of the tables is of
 * other settings than the code's now, or has other numbers than that of here, naming each.
 */
export async function joinTables(
  trained: readonly UnseenResult[],
  { folder, study, data, order, protocolOf, replace, say, ...options }: JoinOptions,
): Promise<void> {
  const { about, ...kept } = await readTables(folder, study);
  const { rows, results, conflicts, changed } = joinRuns(kept, trained, { order, protocolOf });
  const list = conflicts.map((line) => `\n  ${line}`).join("");
  if (conflicts.length > 0 && !replace) {
    throw new RangeError(
      `The runs do not fit those in ${folder}, which stay as they are:${list}\n` +
        "Give another --out; or, with --replace, the newest of each is taken, and what is of other " +
        "settings is left out.",
    );
  }
  if (conflicts.length > 0) say(`Replaced or left out in ${folder}:${list}`);
  if (rows.length === 0) return say("No run is there yet, so there is no table.");
  await Deno.mkdir(folder, { recursive: true });
  await writeText(join(folder, "scores.json"), scoresText(results, study.pictures));
  await writeRows(join(folder, "runs.csv"), rows);
  const remarks = new Set<string>();
  const write = async (file: string, made: readonly ResultRow[], names: readonly string[]) => {
    const path = join(folder, file);
    const joined = joinAnswers(made, await keptRows(path), { rows, changed, names });
    await writeRows(path, joined.rows);
    for (const remark of joined.remarks) remarks.add(remark);
  };
  await write("answers.csv", answerRows(results, options), UNSEEN_ROWS.map(({ name }) => name));
  for (const [file, effects] of Object.entries(DIFFERENCES)) {
    const names = effects.map(({ label }) => label);
    await write(file, differenceRows(results, effects, options), names);
  }
  for (const remark of remarks) say(remark);
  const runs = [...Map.groupBy(rows, runKey).values()].map(([first]) => first);
  const hardware = results.map((result) => result.hardware);
  const seconds = runs.reduce((sum, run) => sum + Number(run.seconds), 0);
  const json: About = {
    data: { ...about?.data, ...data },
    ...study,
    runs: runs.length,
    of: order.length,
    didNotLearn: runs.filter(({ learnt }) => learnt === 0).length,
    // Of a run without scores, the tables alone know what computed it.
    hardware: [...new Set([...results.length < runs.length ? about!.hardware : [], ...hardware])]
      .sort(),
    hours: Number((seconds / 3600).toFixed(2)),
    written: new Date().toISOString().slice(0, 10),
  };
  await writeText(join(folder, "about.json"), JSON.stringify(json, null, 2) + "\n");
  say(`${runs.length} of ${order.length} runs are in the tables in ${folder}.`);
}
