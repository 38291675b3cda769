/** `prepare`, ended at random moments. */
import { join } from "node:path";
import { filesIn } from "../data/prepare/made_data_set.ts";
import { type CampaignArguments, campaignCommand } from "./campaign_command.ts";
import { halfFiles, killCampaign, type KillResult } from "./kill_campaign.ts";
import { campaignFolder, ownProject, startTask } from "./own_project.ts";
import { clipsFolder, SMALL_CROPS } from "./small_work.ts";

const orNothing = (error: unknown) => {
  if (error instanceof Deno.errors.NotFound) return {};
  throw error;
};

/** Runs the campaign; the folder of crops, manifest and report is what is compared. */
export async function killedPrepare(args: CampaignArguments): Promise<KillResult> {
  await using folder = await campaignFolder();
  const project = await ownProject(folder.path);
  const set = await clipsFolder(join(folder.path, "set"), 3);
  const out = (name: string) => join(folder.path, name);
  return await killCampaign({
    start: (name) => startTask(project, ["prepare", set, "--out", out(name), ...SMALL_CROPS]),
    left: (name) => filesIn(out(name)),
    // The records of units that are done stand among the crops; all else appears whole.
    fault: async (name, whole) => halfFiles(await filesIn(out(name)).catch(orNothing), whole),
    clear: (name) => Deno.remove(out(name), { recursive: true }),
  }, args);
}

if (import.meta.main) await campaignCommand("killed_prepare", killedPrepare);
