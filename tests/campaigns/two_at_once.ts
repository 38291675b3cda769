/**
 * Two processes at once on everything that is written: each waits, refuses naming the other, or both end in
 * whole and right files.
 */
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { createRandom } from "lib/random.ts";
import { filesIn } from "../data/prepare/made_data_set.ts";
import { type CampaignArguments, campaignCommand } from "./campaign_command.ts";
import {
  campaignFolder,
  endOf,
  ownProject,
  PROJECT_ROOT,
  runTask,
  startTask,
} from "./own_project.ts";
import { showsStack, type TaskEnd } from "./own_project.ts";
import { clipsFolder, SMALL_CROPS, SMALL_RUN } from "./small_work.ts";
import { madeUpFolder } from "../training/made_up_folder.ts";

/** Work for two at once. */
interface Pair {
  /** What both write. */
  readonly name: string;
  /** The command lines; the second begins a moment after the first. */
  readonly lines: readonly [readonly string[], readonly string[]];
  /** Files that count, with what must be the same whoever wrote them. */
  left(): Promise<Readonly<Record<string, unknown>>>;
  /** Takes away what was written. */
  clear(): Promise<void>;
}

/** What became of a pair. */
export interface PairOutcome {
  readonly name: string;
  /** Of each try: "both ended", "the second refused", and so on. */
  readonly ways: Readonly<Record<string, number>>;
  /** A refusal, where there was one. */
  readonly refusal?: string;
}

const REFUSAL = /Another run of \w+ is at work/;

/** A run's files, without what the clock tells. */
async function runFiles(run: string): Promise<Record<string, unknown>> {
  const files: Record<string, unknown> = await filesIn(run);
  for (const name of Object.keys(files)) {
    if (/^(run\.yaml|metrics\.csv|tensorboard.*)$/.test(name)) files[name] = "there";
  }
  return files;
}

const remove = (path: string) => Deno.remove(path, { recursive: true });

async function pairs(
  folder: string,
  project: Awaited<ReturnType<typeof ownProject>>,
): Promise<Pair[]> {
  const runs = join(project.root, "results/runs"), out = join(folder, "out");
  const set = await clipsFolder(join(folder, "set"), 2);
  const manifest = await madeUpFolder(join(folder, "crops"), {
    train: 48,
    validation: 24,
    test: 600,
  });
  const other = await madeUpFolder(join(folder, "other"), { train: 48, validation: 24, test: 400 });
  const train = ["train", "--data", manifest, ...SMALL_RUN];
  const trained = await runTask(project, [...train, "--name", "kept", "--set", "steps=7"]);
  if (trained.code !== 0) throw new Error(trained.said);
  const kept =
    (await Array.fromAsync(Deno.readDir(runs))).find(({ name }) => /^kept/.test(name))!.name;
  const evaluate = (data: string) => ["evaluate", kept, "--data", data, "--resamples", "50"];
  const evaluation = {
    left: async () => {
      const files = await filesIn(join(runs, kept));
      const isResult = ([name]: [string, string]) => /^(predictions|evaluation)/.test(name);
      return Object.fromEntries(Object.entries(files).filter(isResult));
    },
    clear: async () => {
      for await (const { name } of Deno.readDir(join(runs, kept))) {
        if (/^(predictions|evaluation|unscored)/.test(name)) await remove(join(runs, kept, name));
      }
    },
  };
  const trainedRuns = {
    left: async () => {
      const files: Record<string, unknown> = {};
      for await (const { name } of Deno.readDir(runs)) {
        if (/^small/.test(name)) files[name] = await runFiles(join(runs, name));
      }
      return files;
    },
    clear: async () => {
      for await (const { name } of Deno.readDir(runs)) {
        if (/^small/.test(name)) await remove(join(runs, name));
      }
    },
  };
  const study = join(project.root, "results/06_ablations");
  await Deno.mkdir(study, { recursive: true });
  for await (const { name } of Deno.readDir(join(PROJECT_ROOT, "results/06_ablations"))) {
    await Deno.copyFile(join(PROJECT_ROOT, "results/06_ablations", name), join(study, name));
  }
  const twice = (line: readonly string[]) => [line, line] as const;
  const own = { left: () => filesIn(out), clear: () => remove(out) };
  const program = (
    what: string,
  ) => [join(project.root, "tests/campaigns/save_program.ts"), what, out];
  await Deno.mkdir(join(project.root, "tests/campaigns"), { recursive: true });
  await Deno.copyFile(
    join(PROJECT_ROOT, "tests/campaigns/save_program.ts"),
    join(project.root, "tests/campaigns/save_program.ts"),
  );
  return [
    {
      name: "prepare: one output folder",
      lines: twice(["prepare", set, "--out", out, ...SMALL_CROPS]),
      ...own,
    },
    { name: "train: one run", lines: twice(train), ...trainedRuns },
    {
      name: "train: two seeds of one run",
      lines: [train, [...train, "--seeds", "7"]],
      ...trainedRuns,
    },
    { name: "evaluate: one run, one data set", lines: twice(evaluate(manifest)), ...evaluation },
    {
      name: "evaluate: one run, two data sets",
      lines: [evaluate(manifest), evaluate(other)],
      ...evaluation,
    },
    {
      name: "study: its tables",
      lines: twice(["study", "--collect"]),
      left: () => filesIn(study),
      clear: () => Promise.resolve(),
    },
    { name: "stand-ins: one cache", lines: twice(program("stand_ins")), ...own },
    { name: "a notebook's figure", lines: twice(program("figure")), ...own },
  ];
}

/** Runs each pair `count` times, the second process at a random moment of the first. */
export async function twoAtOnce(
  { count, seed }: CampaignArguments,
): Promise<{ pairs: PairOutcome[]; failures: { name: string; what: string }[] }> {
  await using folder = await campaignFolder();
  const project = await ownProject(folder.path);
  const random = createRandom(seed, "two at once"), outcomes: PairOutcome[] = [];
  const failures: { name: string; what: string }[] = [];
  for (const { name, lines, left, clear } of await pairs(folder.path, project)) {
    const alone: TaskEnd[] = [await runTask(project, lines[0]), await runTask(project, lines[1])];
    const failed = alone.find(({ code }) => code !== 0);
    if (failed) throw new Error(`${name}, one after the other: ${failed.said}`);
    const whole = await left(), ways: Record<string, number> = {};
    let refusal: string | undefined;
    await clear();
    for (let i = 0; i < count; i++) {
      const first = endOf(startTask(project, lines[0]));
      await new Promise((resolve) =>
        setTimeout(resolve, random.uniform() * alone[0].seconds * 800)
      );
      const ends = [await endOf(startTask(project, lines[1])), await first];
      const said = ends.map((end) => {
        if (end.code === 0) return "ended";
        refusal ??= REFUSAL.exec(end.said)
          ? end.said.split("\n").find((line) => REFUSAL.test(line))
          : undefined;
        if (REFUSAL.test(end.said) && !showsStack(end.said)) return "refused";
        failures.push({ name, what: `${end.code}: ${end.said.slice(-600)}` });
        return "failed";
      });
      const way = said.every((word) => word === "ended")
        ? "both ended"
        : `${said.includes("failed") ? "one failed" : "one refused"}, the other ${
          said.includes("ended") ? "ended" : "not"
        }`;
      ways[way] = (ways[way] ?? 0) + 1;
      // What one refused, it does now.
      for (const line of lines) await runTask(project, line);
      const now = await left();
      if (!isDeepStrictEqual(now, whole)) {
        const names = [...new Set([...Object.keys(now), ...Object.keys(whole)])];
        const differ = names.filter((file) => !isDeepStrictEqual(now[file], whole[file]));
        failures.push({ name, what: `files differ: ${differ.slice(0, 5).join(", ")}` });
      }
      await clear();
    }
    outcomes.push({ name, ways, ...refusal === undefined ? {} : { refusal } });
  }
  return { pairs: outcomes, failures };
}

if (import.meta.main) await campaignCommand("two_at_once", twoAtOnce);
