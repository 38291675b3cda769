/** Several processes that train one run: as one does, up to rounding; killed and resumed, bit for bit. */
import { startEngine } from "lib/engine/engine.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inFolder } from "../in_folder.ts";
import { type DeviceJob, trainJob } from "./device_jobs.ts";

await startEngine({ intraOpThreads: 1, interOpThreads: 1 });

/** What a process told of its runs, one after another. */
interface Told {
  readonly losses: number[];
  readonly aucs: number[];
  readonly notices: string[];
  /** Learnt values at the end of each run that came to it. */
  readonly values: number[][];
  readonly failures: string[];
}

function toldOf(lines: readonly Record<string, unknown>[]): Told {
  const all = <T>(name: string) =>
    lines.flatMap((line) => line[name] === undefined ? [] : [line[name] as T]);
  return {
    losses: all("loss"),
    aucs: all("auc"),
    notices: all("notice"),
    values: all("values"),
    failures: all("failed"),
  };
}

/** This process alone. */
async function alone(job: DeviceJob): Promise<Told> {
  const lines: Record<string, unknown>[] = [];
  await trainJob(job, { rank: 0, size: 1 }, (line) => lines.push({ ...line }));
  return toldOf(lines);
}

let port = 23730;

/** So many processes together. */
async function together(count: number, jobs: readonly DeviceJob[]): Promise<Told[]> {
  port++;
  const program = fileURLToPath(new URL("./device_run.ts", import.meta.url));
  return await Promise.all(Array.from({ length: count }, async (_, rank) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, JSON.stringify(jobs)],
      env: {
        ...{ RANK: `${rank}`, WORLD_SIZE: `${count}`, MASTER_ADDR: "127.0.0.1" },
        MASTER_PORT: `${port}`,
      },
      stderr: "inherit",
    }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    return toldOf(lines.map((line) => JSON.parse(line)));
  }));
}

/** The largest difference of two lists of one length. */
function farthest(a: readonly number[], b: readonly number[]): number {
  assert.ok(a.length > 0 && a.length === b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

Deno.test({
  name:
    "train: two processes learn what one learns; one killed, the other ends; resumed they end in the same bits",
  ignore: Deno.build.os === "windows", // no SIGKILL
}, () =>
  inFolder(async (folder) => {
    const job = { name: "transformer" } as const, killed = join(folder, "killed");
    const one = await alone({ ...job, folder: join(folder, "one") });
    const [first, second] = await together(2, [
      { ...job, folder: join(folder, "two") },
      { ...job, folder: killed, dieAt: 4 },
    ]);
    assert.deepEqual([first.losses.length, second.losses.length], [6 + 4, 6 + 4]);
    assert.deepEqual(second.values, first.values);
    assert.deepEqual(second.aucs, first.aucs);
    assert.ok(farthest(first.losses.slice(0, 6), one.losses) < 1e-6); // 6e-8 was measured
    assert.ok(farthest(first.values[0], one.values[0]) < 1e-4); // 3e-5: AdamW divides small gradients by themselves
    assert.deepEqual(second.failures, []);
    assert.match(first.failures[0], /rank 1 \(127\.0\.0\.1\) has ended without a word/);

    const resumed = await together(2, [{ ...job, folder: killed }]);
    assert.deepEqual(resumed[0].notices, ["Kept 4 of 6 steps of an earlier sitting."]);
    assert.deepEqual(resumed[0].losses, first.losses.slice(4, 6));
    for (const { values } of resumed) assert.deepEqual(values[0], first.values[0]);
  }));

Deno.test("train: four processes with joined batch norm learn the whole batch's losses as one does", () =>
  inFolder(async (folder) => {
    const job = { name: "exposing" } as const;
    const one = await alone({ ...job, folder: join(folder, "one") });
    const four = await together(4, [{ ...job, folder: join(folder, "four") }]);
    for (const { values } of four) assert.deepEqual(values, four[0].values);
    assert.ok(farthest(four[0].losses, one.losses) < 1e-5); // rounding; 4e-7 was measured
    assert.ok(farthest(four[0].values[0], one.values[0]) < 1e-5); // 6e-7
  }));
