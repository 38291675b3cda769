/** `evaluate`, ended at random moments: predictions that were kept are gone on with. */
import { join } from "node:path";
import { filesIn } from "../data/prepare/made_data_set.ts";
import { type CampaignArguments, campaignCommand } from "./campaign_command.ts";
import { killCampaign, type KillResult } from "./kill_campaign.ts";
import { campaignFolder, ownProject, runTask, startTask } from "./own_project.ts";
import { SMALL_RUN } from "./small_work.ts";
import { madeUpFolder } from "../training/made_up_folder.ts";

/** Runs the campaign; all files of results are compared. */
export async function killedEvaluate(args: CampaignArguments): Promise<KillResult> {
  await using folder = await campaignFolder();
  const project = await ownProject(folder.path), runs = join(project.root, "results/runs");
  const manifest = await madeUpFolder(folder.path, { train: 48, validation: 24, test: 1000 });
  const trained = await runTask(project, [
    "train",
    "--data",
    manifest,
    ...SMALL_RUN,
    "--set",
    "steps=7",
  ]);
  if (trained.code !== 0) throw new Error(trained.said);
  const [{ name: run }] = await Array.fromAsync(Deno.readDir(runs));
  const out = (name: string) => join(folder.path, name);
  const line = ["evaluate", run, "--data", manifest, "--resamples", "100"];
  return await killCampaign({
    start: (name) => startTask(project, [...line, "--out", out(name)]),
    left: (name) => filesIn(out(name)),
    fault: async (name, whole) => {
      const files = await filesIn(out(name)).catch(() => ({}));
      const strange = Object.entries(files).filter(([file, hash]) =>
        !file.endsWith(".part") && whole[file] !== hash
      );
      return strange.length > 0 ? `not whole: ${strange.map(([file]) => file)}` : undefined;
    },
    clear: (name) => Deno.remove(out(name), { recursive: true }),
  }, args);
}

if (import.meta.main) await campaignCommand("killed_evaluate", killedEvaluate);
