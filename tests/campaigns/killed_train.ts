/** `train`, ended at random moments. Kills within the steps alone are in tests/training. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DETECTOR_FILE } from "lib/detectors/detector_file.ts";
import { readHistory } from "lib/training/history_rows.ts";
import { type CampaignArguments, campaignCommand } from "./campaign_command.ts";
import { killCampaign, type KillResult } from "./kill_campaign.ts";
import { campaignFolder, ownProject, startTask } from "./own_project.ts";
import { SMALL_RUN } from "./small_work.ts";
import { madeUpFolder } from "../training/made_up_folder.ts";

/** Runs the campaign; the detector's bytes and the history without the clock are what is compared. */
export async function killedTrain(args: CampaignArguments): Promise<KillResult> {
  await using folder = await campaignFolder();
  const project = await ownProject(folder.path), runs = join(project.root, "results/runs");
  const manifest = await madeUpFolder(folder.path, { train: 48, validation: 24, test: 0 });
  const runOf = async (name: string) => {
    const entries = await Array.fromAsync(Deno.readDir(runs)).catch(() => []);
    const found = entries.find((entry) => entry.name.startsWith(`${name}-`))?.name;
    return found && join(runs, found);
  };
  return await killCampaign({
    start: (name) =>
      startTask(project, ["train", "--data", manifest, ...SMALL_RUN, "--name", name]),
    left: async (name) => {
      const run = (await runOf(name))!;
      const detector = await Deno.readFile(join(run, DETECTOR_FILE));
      const steps = await Array.fromAsync(readHistory(run), ({ seconds: _, ...rest }) => rest);
      const files = await Array.fromAsync(Deno.readDir(run), ({ name }) => name);
      const hash = createHash("sha256").update(detector).digest("hex");
      return { detector: hash, steps, files: files.sort() };
    },
    fault: () => Promise.resolve(undefined), // what is kept in the middle shows when the run goes on
    clear: async (name) => await Deno.remove((await runOf(name))!, { recursive: true }),
  }, args);
}

if (import.meta.main) await campaignCommand("killed_train", killedTrain);
