/** Runs that end in the middle, whatever ends them. */
import assert from "node:assert/strict";
import { inFolder } from "../in_folder.ts";
import { killCampaign } from "./kill_campaign.ts";

Deno.test({
  name: "train killed and asked to end at six random moments ends in the same bits, history whole",
  ignore: Deno.build.os === "windows", // no SIGKILL, no SIGTERM
}, async () => {
  await inFolder(async (folder) => {
    const { outcomes, mostLost } = await killCampaign(folder, {
      ...{ kills: 6, steps: 200 },
      changes: { lossScaling: "dynamic" }, // its state goes on as well
    });
    assert.deepEqual(outcomes, { killed: 3, ended: 3 });
    assert.ok(mostLost <= 3 + 1, `${mostLost} steps`); // a state in three, and the one at hand
  });
});
