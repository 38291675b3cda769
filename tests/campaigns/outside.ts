/**
 * What the kit's commands leave outside the project's folder, and whom they talk to. They run with an empty
 * HOME and TMPDIR, in a namespace without network; strace, where it is installed, tells of every attempt
 * to connect.
 */
import { join, relative } from "node:path";
import { type CampaignArguments, campaignCommand } from "./campaign_command.ts";
import { campaignFolder, ownProject, PROJECT_ROOT, runTask } from "./own_project.ts";
import { clipsFolder, SMALL_CROPS, SMALL_RUN } from "./small_work.ts";
import { madeUpFolder } from "../training/made_up_folder.ts";

/** What was seen of a command. */
export interface Seen {
  readonly name: string;
  readonly code: number;
  /** Files in HOME and TMPDIR afterwards. */
  readonly left: readonly string[];
  /** Whether it ran without a network. */
  readonly withoutNetwork: boolean;
  /** Attempts to connect to other machines; undefined without strace. */
  readonly connections: readonly string[] | undefined;
}

/**
 * Brings the namespace's own address up, over which Jupyter and its kernel talk, and becomes the program
 * that follows. Nothing else can be reached.
 */
const LOOPBACK = `import fcntl, os, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14x", b"lo", 1))
os.execvp(sys.argv[1], sys.argv[1:])`;

/** Whether a program runs and ends well. */
async function works(...line: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(line[0], { args: line.slice(1), stdout: "null", stderr: "null" })
      .output()).success;
  } catch {
    return false;
  }
}

async function filesBelow(root: string): Promise<string[]> {
  const files: string[] = [];
  const walk = async (at: string) => {
    for await (const { name, isDirectory } of Deno.readDir(at)) {
      files.push(relative(root, join(at, name)));
      if (isDirectory) await walk(join(at, name));
    }
  };
  await walk(root);
  return files;
}

/** The attempts in strace's files, but those to sockets of files and to this machine. */
async function connectionsIn(folder: string): Promise<string[]> {
  const found = new Set<string>();
  for await (const { name } of Deno.readDir(folder)) {
    for (const line of (await Deno.readTextFile(join(folder, name))).split("\n")) {
      const isOwn = !/htons\(53\)/.test(line) &&
        /AF_UNIX|AF_UNSPEC|"127\.0\.0\.1"|"::1"/.test(line);
      if (/connect\(/.test(line) && !isOwn) found.add(line.slice(0, 160));
    }
  }
  return [...found];
}

/** Runs every command once. */
export async function outside(
  _: CampaignArguments,
): Promise<{ seen: Seen[]; failures: { name: string; what: string }[] }> {
  await using folder = await campaignFolder();
  const project = await ownProject(folder.path), { root, home, temporary } = project;
  const set = await clipsFolder(join(folder.path, "set"), 1);
  const manifest = await madeUpFolder(join(folder.path, "crops"), {
    train: 48,
    validation: 24,
    test: 40,
  });
  const out = join(folder.path, "out"), program = join(root, "tests/campaigns/save_program.ts");
  await Deno.mkdir(join(root, "tests/campaigns"), { recursive: true });
  await Deno.copyFile(join(PROJECT_ROOT, "tests/campaigns/save_program.ts"), program);
  const python = join(root, ".venv/bin/python");
  const without = await works("unshare", "-rn", "true")
    ? ["unshare", "-rn", python, "-c", LOOPBACK]
    : [];
  const hasStrace = await works("strace", "-V"), calls = join(folder.path, "calls");
  const seen: Seen[] = [], failures: { name: string; what: string }[] = [];
  const watch = async (name: string, line: readonly string[]) => {
    await Deno.mkdir(calls);
    const strace = ["strace", "-f", "-ff", "-e", "trace=connect", "-o", join(calls, "of"), "-qq"];
    const under = [...without, ...hasStrace ? strace : []];
    const { code, said } = await runTask(project, line, { under });
    const left = [...await filesBelow(home), ...await filesBelow(temporary)];
    const connections = hasStrace ? await connectionsIn(calls) : undefined;
    await Deno.remove(calls, { recursive: true });
    seen.push({ name, code, left, withoutNetwork: without.length > 0, connections });
    if (code !== 0) failures.push({ name, what: said.slice(-800) });
    if (left.length > 0) failures.push({ name, what: `left: ${left.slice(0, 10).join(", ")}` });
    if (connections?.length) failures.push({ name, what: connections.slice(0, 5).join("; ") });
    for (const path of [home, temporary]) {
      await Deno.remove(path, { recursive: true });
      await Deno.mkdir(path);
    }
  };
  await watch("doctor <data set>", ["doctor", set]);
  await watch("prepare", ["prepare", set, "--out", out, ...SMALL_CROPS]);
  await watch("train", ["train", "--data", manifest, ...SMALL_RUN, "--set", "steps=14"]);
  const runs = await Array.fromAsync(Deno.readDir(join(root, "results/runs")), ({ name }) => name);
  const run = runs.find((name) => name.startsWith("small-"))!;
  await watch("evaluate", ["evaluate", run, "--data", manifest, "--resamples", "50"]);
  await watch("predict", ["predict", join(set, "real/0.mp4"), "--weights", run]);
  await watch("a figure", [program, "figure", out]);
  await watch("notebook 02", ["notebooks", "02", "--profile", "smoke"]);
  return { seen, failures };
}

if (import.meta.main) await campaignCommand("outside", outside);
