/** Runs of prepare that end in the middle: killed, interrupted, on a full disk. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Preparation } from "lib/data/prepare.ts";
import { createRandom } from "lib/random.ts";
import { temporaryFolder } from "../../media/made_clips.ts";
import { filesIn, makeDataSet, SETTINGS } from "./made_data_set.ts";

const ignore = Deno.build.os === "windows"; // no SIGKILL, no ulimit
const PROGRAM = fileURLToPath(new URL("./prepare_run.ts", import.meta.url));

async function prepareAll(
  source: Parameters<typeof Preparation.open>[0],
  folder: string,
  format: "jpg" | "png" = "jpg",
): Promise<void> {
  await using run = await Preparation.open(source, { folder, settings: { ...SETTINGS, format } });
  for await (const _ of run.run({ atOnce: 3 }));
  await run.join();
}

async function entriesFile(source: Parameters<typeof Preparation.open>[0], folder: string) {
  const path = join(folder, "entries.json");
  const entries = await Array.fromAsync(source.entries(() => {}));
  await Deno.writeTextFile(path, JSON.stringify(entries));
  return path;
}

/** Kills a child that may have come to its end just before. */
function endNow(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // "Child process has already terminated"
  }
}

Deno.test({
  name: "ten runs killed at random moments leave the manifest and crops of an undisturbed one",
  ignore,
}, async () => {
  await using folder = await temporaryFolder();
  const root = join(folder.path, "set"),
    [calm, torn] = ["calm", "torn"].map((name) => join(folder.path, name)) as [string, string];
  const source = await makeDataSet(root, 10);
  await prepareAll(source, calm);

  const list = await entriesFile(source, folder.path);
  const random = createRandom(5, "kills");
  const states: number[] = [];
  for (let kill = 0; kill < 10; kill++) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", PROGRAM, list, root, torn, "jpg"],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    // Killed a moment after it began, or after its next unit: at random within the work, however fast.
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const wanted = random.integer(2) === 0 ? "ready" : "unit";
    let said = "";
    while (!said.includes(wanted)) {
      const { value, done } = await reader.read();
      if (done) break;
      said += value;
    }
    await new Promise((resolve) => setTimeout(resolve, random.uniform() * 100));
    endNow(child);
    await reader.cancel();
    await child.status;
    const files = Object.keys(await filesIn(torn));
    states.push(files.filter((name) => name.endsWith("record.json")).length);
    assert.ok(!files.some((name) => name.endsWith(".part")), "half a file stands among the crops");
  }
  assert.ok(new Set(states).size > 2, `the kills met ${states} finished units: too few states`);
  await prepareAll(source, torn);
  assert.deepEqual(await filesIn(torn), await filesIn(calm));
  await assert.rejects(Deno.stat(join(torn, ".staging")), Deno.errors.NotFound);
});

Deno.test(
  { name: "a run on a full disk names the file, and goes on when there is space", ignore },
  async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, "set"), out = join(folder.path, "out");
    const source = await makeDataSet(root, 1);
    const list = await entriesFile(source, folder.path);
    const limited = `ulimit -f 8; exec "$0" run -A --no-check --no-code-cache "$@"`; // 8 kB a file
    const { code, stderr, stdout } = await new Deno.Command("bash", {
      args: ["-c", limited, Deno.execPath(), PROGRAM, list, root, out, "png"],
      stdout: "piped",
      stderr: "piped",
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.notEqual(code, 0, new TextDecoder().decode(stdout));
    assert.match(said, /Cannot write ".*\.png": .*Check that.*the disk has space/);
    await assert.rejects(Deno.stat(join(out, "manifest.csv")), Deno.errors.NotFound);
    await prepareAll(source, out, "png");
    const calm = join(folder.path, "calm");
    await prepareAll(source, calm, "png");
    assert.deepEqual(await filesIn(out), await filesIn(calm));
  },
);

Deno.test("a run that is told to stop ends soon, and the next one does only the rest", async () => {
  await using folder = await temporaryFolder();
  const root = join(folder.path, "set"), out = join(folder.path, "out");
  const source = await makeDataSet(root, 4);
  const stop = new AbortController();
  {
    await using run = await Preparation.open(source, { folder: out, settings: SETTINGS });
    const { units, done } = await run.survey();
    assert.deepEqual([units, done], [10, 0]);
    await assert.rejects(async () => {
      for await (const _ of run.run({ atOnce: 2, signal: stop.signal })) {
        stop.abort(new DOMException("enough", "AbortError"));
      }
    }, /enough/);
    await assert.rejects(run.join(), /was not prepared.*Run the same command again/);
    await assert.rejects(
      Preparation.open(source, { folder: out, settings: SETTINGS }),
      /Another run of prepare is at work/,
    );
  }
  await using run = await Preparation.open(source, { folder: out, settings: SETTINGS });
  const { done } = await run.survey();
  assert.ok(done >= 1 && done <= 5, `${done} done`);
  const rest = await Array.fromAsync(run.run());
  assert.equal(rest.length, 10 - done);
  assert.equal((await run.survey()).done, 9, "all but the broken one");
});
