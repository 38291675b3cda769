/** Ends a training run again and again at random moments, by SIGKILL and by SIGTERM in turn. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Changes } from "lib/detectors/configuration.ts";
import { DETECTOR_FILE } from "lib/detectors/detector_file.ts";
import { createRandom } from "lib/random.ts";
import { readHistory } from "lib/training/history_rows.ts";

const PROGRAM = new URL("./killed_run.ts", import.meta.url).pathname;

/** What a sitting said. */
interface Sitting {
  /** Steps of earlier sittings that it found. */
  readonly kept: number;
  /** The last step that it told of; −1 for none. */
  readonly last: number;
  /** Hash of all variables after the run's last step, where it came there. */
  readonly hash: string | undefined;
  /** Whether it came to an end of its own, its run or not. */
  readonly isOrderly: boolean;
}

/** A sitting, ended so many milliseconds after its first step, where a signal is given. */
async function sit(
  { folder, steps, changes, signal, after = 0 }: {
    folder: string;
    steps: number;
    changes: Changes;
    signal?: Deno.Signal;
    after?: number;
  },
): Promise<Sitting> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM, folder, String(steps), JSON.stringify(changes)],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let text = "", timer: ReturnType<typeof setTimeout> | undefined;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (signal && text.includes("step ")) timer ??= setTimeout(() => child.kill(signal), after);
  }
  const { success, signal: ended } = await child.status;
  clearTimeout(timer);
  assert.ok(success || ended === "SIGKILL", `${text}\n${await errors}`);
  await errors;
  return {
    kept: Number(/Kept (\d+) of/.exec(text)?.[1] ?? 0),
    last: Number([...text.matchAll(/step (\d+) \S+\n/g)].at(-1)?.[1] ?? -1),
    hash: /hash (\w+)/.exec(text)?.[1],
    isOrderly: success,
  };
}

/** All that a finished run leaves, but for the clock. */
async function leftIn(folder: string): Promise<{ history: unknown[]; detector: string }> {
  const detector = await Deno.readFile(`${folder}/${DETECTOR_FILE}`);
  return {
    history: await Array.fromAsync(readHistory(folder), ({ seconds: _, ...numbers }) => numbers),
    detector: createHash("sha256").update(detector).digest("hex"),
  };
}

/** What a campaign saw. */
export interface KillCampaign {
  /** Sittings that were killed, and that were asked to end and did. */
  readonly outcomes: { readonly killed: number; readonly ended: number };
  /** Steps that kills cost: told of, and not kept; the most at once. */
  readonly mostLost: number;
}

/**
 * Ends a tiny run at random moments, and checks that it then comes to the weights, the history and the
 * detector of an undisturbed one, bit for bit; that a sitting that is asked to end loses no step, and a
 * killed one no state.
 *
 * @param folder An empty one.
 * @param options `kills`: how often; `steps`: of the run, so many that it does not end before; `changes`: of
 * its configuration.
 */
export async function killCampaign(
  folder: string,
  { kills, steps, changes = {} }: { kills: number; steps: number; changes?: Changes },
): Promise<KillCampaign> {
  const undisturbed = { folder: `${folder}/undisturbed`, steps, changes };
  const run = { folder: `${folder}/killed`, steps, changes };
  const whole = await sit(undisturbed);
  assert.ok(whole.hash, "the undisturbed run did not come to its end");
  const random = createRandom(4, "kills"), outcomes = { killed: 0, ended: 0 };
  let told = 0, least = 0, mostLost = 0;
  for (let kill = 0; kill < kills; kill++) {
    const signal = kill % 2 === 0 ? "SIGKILL" : "SIGTERM";
    const { kept, last, hash, isOrderly } = await sit({
      ...run,
      signal,
      after: random.integer(60),
    });
    assert.equal(hash, undefined, `the run ended before kill ${kill + 1}`);
    assert.ok(kept >= least, `${kept} steps were kept, ${least} before`);
    mostLost = Math.max(mostLost, told - kept);
    told = Math.max(kept, last + 1);
    least = isOrderly ? told : kept;
    outcomes[isOrderly ? "ended" : "killed"]++;
  }
  const end = await sit(run);
  assert.ok(end.kept >= least, `${end.kept} steps were kept, ${least} before`);
  assert.equal(end.hash, whole.hash);
  assert.deepEqual(await leftIn(run.folder), await leftIn(undisturbed.folder));
  return { outcomes, mostLost };
}
