/**
 * Disks that become full at any point, and folders that may not be written to, as an ordinary user too: a
 * clear error, nothing half-written, and what was there stays. Full disks are small ones in memory
 * (tmpfs); mounting one needs root, and so does becoming another user.
 */
import { isDeepStrictEqual } from "node:util";
import { dirname, join } from "node:path";
import { createRandom } from "lib/random.ts";
import { filesIn } from "../data/prepare/made_data_set.ts";
import { type CampaignArguments, campaignCommand } from "./campaign_command.ts";
import {
  campaignFolder,
  type OwnProject,
  ownProject,
  PROJECT_ROOT,
  runTask,
  showsStack,
  type TaskEnd,
} from "./own_project.ts";
import { clipsFolder, SMALL_CROPS, SMALL_RUN } from "./small_work.ts";
import { madeUpFolder } from "../training/made_up_folder.ts";

/** A command that writes into a folder. */
interface Writing {
  readonly name: string;
  /** Its command line. */
  line(out: string): readonly string[];
  /** A place in the project that is to be a link to the folder, for commands that name none. */
  readonly place?: string;
  /** What is compared of its files: all of them, but for what the clock tells. */
  readonly clock?: RegExp;
  /** Files that may stand there in the middle: they are gone on with. */
  readonly middle?: RegExp;
}

/** A folder that may not be written to, for a user whom that stops. */
const READ_ONLY = "a read-only folder, as an ordinary user";

/** Root without what sets it above others: permissions hold for it as for everybody. */
const ORDINARY = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"];

async function command(...line: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(line[0], { args: line.slice(1) }).output();
  if (!success) throw new Error(`${line.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** A disk in memory at this folder, until it is disposed of. */
async function smallDisk(path: string, bytes: number): Promise<AsyncDisposable> {
  await Deno.mkdir(path, { recursive: true });
  await command("mount", "-t", "tmpfs", "-o", `size=${bytes},mode=755`, "tmpfs", path);
  return { [Symbol.asyncDispose]: () => command("umount", path) };
}

/** Whether small disks can be mounted here. */
export async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const path = await Deno.makeTempDir();
  try {
    await using _ = await smallDisk(path, 4096);
    return true;
  } catch {
    return false;
  } finally {
    await Deno.remove(path);
  }
}

/** The commands, on small data that is made below the folder. */
async function writings(folder: string, project: OwnProject): Promise<Writing[]> {
  const runs = join(project.root, "results/runs");
  const set = await clipsFolder(join(folder, "set"), 2);
  const manifest = await madeUpFolder(join(folder, "crops"), {
    train: 48,
    validation: 24,
    test: 600,
  });
  const short = ["train", "--data", manifest, ...SMALL_RUN, "--set", "steps=14"];
  const trained = await runTask(project, [...short, "--name", "kept"]);
  if (trained.code !== 0) throw new Error(trained.said);
  const [{ name }] = await Array.fromAsync(Deno.readDir(runs)), kept = join(folder, name);
  await Deno.rename(join(runs, name), kept);
  await Deno.remove(runs);
  const picture = join(set, "real/0.mp4"), program = "tests/campaigns/save_program.ts";
  await Deno.mkdir(dirname(join(project.root, program)), { recursive: true });
  await Deno.copyFile(join(PROJECT_ROOT, program), join(project.root, program));
  return [
    { name: "prepare", line: (out) => ["prepare", set, "--out", out, ...SMALL_CROPS] },
    {
      name: "train",
      line: () => short,
      place: runs,
      clock: /run\.yaml$|metrics\.csv$|tensorboard/,
      middle: /checkpoint|detector|metrics\.csv|run\.yaml|tensorboard|trained_on/,
    },
    {
      name: "evaluate",
      line: (out) => ["evaluate", kept, "--data", manifest, "--resamples", "50", "--out", out],
      middle: /\.part$/,
    },
    {
      name: "predict",
      line: (out) => ["predict", picture, "--weights", kept, "--out", join(out, "rows.csv")],
    },
    { name: "a notebook's figure", line: (out) => [join(project.root, program), "figure", out] },
  ];
}

/** Runs a command that writes into `out`. */
async function write(
  project: OwnProject,
  { line, place }: Writing,
  { out, under = [] }: { out: string; under?: readonly string[] },
): Promise<TaskEnd> {
  if (place) await Deno.symlink(out, place);
  try {
    return await runTask(project, line(out), { under });
  } finally {
    if (place) await Deno.remove(place);
  }
}

/** Files below a folder as they count. */
async function counted(out: string, { clock }: Writing): Promise<Record<string, string>> {
  const files = await filesIn(out).catch(() => ({}));
  return Object.fromEntries(
    Object.entries(files).filter(([name]) => !name.endsWith(".lock"))
      .map(([name, hash]) => [name, clock?.test(name) ? "there" : hash]),
  );
}

async function bytesIn(folder: string): Promise<number> {
  const { stdout } = await new Deno.Command("du", { args: ["-sk", folder] }).output();
  return 1024 * Number(/^\d+/.exec(new TextDecoder().decode(stdout)));
}

/** What is wrong with an end that should be a clear error; undefined where nothing is. */
function badEnd({ code, signal, said }: TaskEnd): string | undefined {
  const isClear = code === 1 && signal === null && !showsStack(said) &&
    /Cannot (write|read)|may be written to|disk has space|Check (that|the path)/.test(said);
  return isClear ? undefined : `${code} ${signal ?? ""}: ${said.slice(-700)}`;
}

/** What a campaign found. */
export interface DiskResult {
  /** By command and kind of disk: how tries ended. */
  readonly ways: Readonly<Record<string, Record<string, number>>>;
  readonly failures: readonly { readonly name: string; readonly what: string }[];
  /** A message of each kind. */
  readonly said: Readonly<Record<string, string>>;
}

/**
 * Fills disks at `count` random points of each command, and refuses each its folder.
 *
 * @param only Names of commands; default: all.
 */
export async function badDisk(
  { count, seed }: CampaignArguments,
  only?: readonly string[],
): Promise<DiskResult> {
  await using folder = await campaignFolder();
  const project = await ownProject(folder.path), random = createRandom(seed, "full disks");
  const ways: Record<string, Record<string, number>> = {},
    failures: { name: string; what: string }[] = [];
  const said: Record<string, string> = {};
  const fail = (name: string, what: string) => void failures.push({ name, what });
  const count1 = (name: string, way: string) => {
    ways[name] ??= {};
    ways[name][way] = (ways[name][way] ?? 0) + 1;
  };
  for (const writing of await writings(folder.path, project)) {
    if (only && !only.includes(writing.name)) continue;
    const calm = join(folder.path, "calm");
    await Deno.mkdir(calm);
    const first = await write(project, writing, { out: calm });
    if (first.code !== 0) throw new Error(`${writing.name}: ${first.said}`);
    const whole = await counted(calm, writing), need = await bytesIn(calm);
    await Deno.remove(calm, { recursive: true });
    for (let i = 0; i < count; i++) await fullDisk(writing, { whole, need });
    await noFolder(writing, "a file where the folder should be");
    await noFolder(writing, READ_ONLY);
  }
  return { ways, failures, said };

  async function fullDisk(
    writing: Writing,
    { whole, need }: { whole: Record<string, string>; need: number },
  ): Promise<void> {
    const name = `${writing.name}: full disk`,
      disk = join(folder.path, "disk"),
      out = join(disk, "out");
    const size = 40_960 + Math.floor(random.uniform() * need / 4096) * 4096; // what was there, and a share
    await using _ = await smallDisk(disk, size);
    await Deno.mkdir(out);
    const old = join(disk, "what_was_there");
    await Deno.writeFile(old, new Uint8Array(40_000).fill(7)); // what was there, and takes room
    const end = await write(project, writing, { out });
    if (end.code === 0) return count1(name, "it was enough");
    const bad = badEnd(end);
    said[name] ??= end.said.split("\n").find((line) => /Cannot write/.test(line)) ?? "";
    count1(name, bad === undefined ? "clear error" : "something else");
    if (bad !== undefined) fail(name, `${size} bytes: ${bad}`);
    const half = Object.entries(await counted(out, writing)).filter(([file, hash]) =>
      whole[file] !== hash && !writing.middle?.test(file)
    );
    if (half.length > 0) fail(name, `half-written: ${half.map(([file]) => file)}`);
    const before = await Deno.readFile(old);
    if (before.length !== 40_000 || !before.every((byte) => byte === 7)) {
      fail(name, "what was there is not");
    }
    await command("mount", "-o", `remount,size=${4 * need + 2 ** 24}`, disk);
    const again = await write(project, writing, { out });
    const left = await counted(out, writing);
    if (again.code !== 0) fail(name, `with space again: ${again.said.slice(-500)}`);
    else if (!isDeepStrictEqual(left, whole)) {
      const names = [...new Set([...Object.keys(left), ...Object.keys(whole)])];
      fail(name, `with space again: other ${names.filter((file) => left[file] !== whole[file])}`);
    }
  }

  async function noFolder(writing: Writing, kind: string): Promise<void> {
    const name = `${writing.name}: ${kind}`, isReadOnly = kind === READ_ONLY;
    const place = join(folder.path, "place"), out = join(place, "out");
    await Deno.mkdir(place);
    if (isReadOnly) await Deno.chmod(place, 0o555);
    else await Deno.writeTextFile(out, "a file");
    const end = await write(project, writing, { out, under: isReadOnly ? ORDINARY : [] });
    const bad = badEnd(end);
    said[name] ??= end.said.trim().split("\n").find((line) => /Cannot write|Check/.test(line)) ??
      "";
    count1(name, bad === undefined ? "clear error" : "something else");
    if (bad !== undefined) fail(name, bad);
    const names = await Array.fromAsync(Deno.readDir(place), (entry) => entry.name);
    if (names.join() !== (isReadOnly ? "" : "out")) fail(name, `left: ${names}`);
    if (!isReadOnly && await Deno.readTextFile(out) !== "a file") {
      fail(name, "what was there is not");
    }
    await Deno.chmod(place, 0o755);
    await Deno.remove(place, { recursive: true });
  }
}

if (import.meta.main) {
  if (!await canMount()) {
    throw new Error("This campaign mounts small disks: run it as root on Linux.");
  }
  await campaignCommand("bad_disk", badDisk);
}
