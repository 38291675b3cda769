/**
 * Set-up, ended at random moments. Its surroundings are fake ones: real packages take minutes. What is
 * real is the order of its steps, and what it writes down of those that are done.
 */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { fakeSurroundings } from "../tasks/setup/fake_surroundings.ts";
import { type CampaignArguments, campaignCommand } from "./campaign_command.ts";
import { killCampaign, type KillResult } from "./kill_campaign.ts";

const PROGRAM = fileURLToPath(new URL("../tasks/setup/fake_setup.ts", import.meta.url));

/** Names of all files below a folder, but logs and the account of calls. */
async function namesBelow(root: string): Promise<Record<string, true>> {
  const names: Record<string, true> = {};
  const walk = async (at: string) => {
    for await (const { name, isDirectory } of Deno.readDir(at)) {
      const path = join(at, name);
      if (isDirectory) await walk(path);
      else if (!/\.log$|\.lock$|calls/.test(name)) names[relative(root, path)] = true;
    }
  };
  await walk(root);
  return names;
}

type Fake = Awaited<ReturnType<typeof fakeSurroundings>>;

/** Runs the campaign; the names of the files that set-up leaves are what is compared. */
export async function killedSetup(args: CampaignArguments): Promise<KillResult> {
  const pause = "sleep 0.3";
  const fakes = new Map<string, Fake>();
  for (const name of ["calm", "torn"]) {
    fakes.set(name, await fakeSurroundings({ install: pause, venv: pause, pip: pause }));
  }
  try {
    return await killCampaign({
      start: (name) => {
        const { project, python } = fakes.get(name)!;
        return new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-check", PROGRAM, project.root],
          env: { FORGERY_CLUES_PYTHON: python, FORGERY_CLUES_GPU: "0", NO_COLOR: "1" },
          stdin: "null",
          stdout: "piped",
          stderr: "piped",
        }).spawn();
      },
      left: (name) => namesBelow(fakes.get(name)!.project.root),
      fault: () => Promise.resolve(undefined),
      clear: async (name) => {
        await fakes.get(name)![Symbol.asyncDispose]();
        fakes.set(name, await fakeSurroundings({ install: pause, venv: pause, pip: pause }));
      },
    }, args);
  } finally {
    for (const fake of fakes.values()) await fake[Symbol.asyncDispose]();
  }
}

if (import.meta.main) await campaignCommand("killed_setup", killedSetup);
