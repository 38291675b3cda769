import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "lib/engine/engine.ts";
import { hardwareName } from "lib/engine/hardware_name.ts";
import { keptRows } from "lib/tasks/study/study_job.ts";
import { parseUnseenOptions, type UnseenJob } from "lib/tasks/unseen/unseen_options.ts";
import { unseen, unseenShare } from "lib/tasks/unseen/unseen_work.ts";
import { inFolder } from "../../in_folder.ts";

// As the work wants it: an engine that runs already does not change.
await startEngine({ interOpThreads: 1, intraOpThreads: 1 });

function jobOf(...args: string[]): UnseenJob {
  const job = parseUnseenOptions(args);
  assert.ok(job !== "help");
  return job;
}

Deno.test("unseenShare shares the runs among jobs, each once, and names rows and settings it does not know", () => {
  const london = ["--photographs", "london"];
  const shares = [1, 2, 3].flatMap((k) => unseenShare(jobOf(...london, "--job", `${k}/3`)));
  const all = unseenShare(jobOf(...london));
  const text = (runs: unknown[]) => runs.map((run) => JSON.stringify(run)).sort();
  assert.deepEqual(text(shares), text(all));
  assert.equal(new Set(text(all)).size, all.length);
  assert.throws(() => unseenShare(jobOf("--rows", "mine")), /no row "mine".*"paper"/);
  assert.throws(() => unseenShare(jobOf("--train-on", "DF")), /no "DF".*without DF/);
  const clip = ["--rows", "CLIP, head"];
  assert.throws(() => unseenShare(jobOf(...clip)), /CLIP, head: .*--clip FILE/);
  assert.equal(unseenShare(jobOf(...clip, "--clip", "clip.safetensors")).length, 1); // smoke: one seed
});

Deno.test("unseen trains on the demo photographs, writes tables, and goes on where it was", async () => {
  await inFolder(async (folder) => {
    const lines: string[] = [], say = (line: string) => void lines.push(line);
    const tables = join(folder, "tables");
    const job = jobOf("--rows", "one block", "--train-on", "all;SBI", "--out", tables);
    const never = new AbortController().signal;
    await unseen(job, { signal: never, say }, folder);
    assert.match(lines.join("\n"), /0 runs are there, 2 are to be trained/);
    const answers = await keptRows(join(tables, "answers.csv"));
    assert.deepEqual([...new Set(answers.map(({ question }) => question))], [
      "unseen people",
      "trained on self-blended",
      "distorted pictures",
    ]);
    for (const { metric, value, low, high } of answers) {
      assert.ok(Number(low) <= Number(value) && Number(value) <= Number(high), `${metric}`);
    }
    const about = JSON.parse(await Deno.readTextFile(join(tables, "about.json")));
    assert.equal(about.runs, 2);
    assert.deepEqual(about.hardware, [hardwareName("CPU:0")]); // of the runs, not of who collects
    assert.equal(about.data.name, "the six demo photographs");

    lines.length = 0; // pictures and runs are kept
    await unseen(job, { signal: never, say }, folder);
    assert.match(lines.join("\n"), /2 runs are there, 0 are to be trained/);
    assert.doesNotMatch(lines.join("\n"), /Making pictures/);

    const more = jobOf("--rows", "heads", "--out", tables);
    await unseen(more, { signal: AbortSignal.abort("stopped"), say }, folder);
    assert.equal((await keptRows(join(tables, "runs.csv"))).length, TESTS);
  });
});

/** Two runs, nine tests each: all stand-ins and five methods as they are, and three distortions. */
const TESTS = 2 * 9;
