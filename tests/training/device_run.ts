/**
 * Training runs as one of several processes, by what a launcher says: prints each step's loss, and at the end the
 * learnt values. `deno run device_run.ts JOBS`, as JSON, with torchrun's variables.
 */
import { meetGroup } from "lib/engine/meet_group.ts";
import { startEngine } from "lib/engine/engine.ts";
import { launchedPlace } from "lib/tasks/train/launcher.ts";
import { type DeviceJob, trainJob } from "./device_jobs.ts";

const jobs = JSON.parse(Deno.args[0]) as DeviceJob[], place = launchedPlace(Deno.env.toObject())!;
const met = await meetGroup({ ...place, purpose: Deno.args[0], seconds: 60 });
await startEngine({ intraOpThreads: 1, interOpThreads: 1, group: met.group });
met.watch();

const print = (value: object) =>
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(value) + "\n"));
try {
  for (const job of jobs) await trainJob(job, place, print);
  await met.leave();
} catch (error) {
  const words = (await met.lossBehind(error))?.words ?? (error as Error).message;
  print({ failed: words });
  await met.leave(words);
}
Deno.exit(0);
