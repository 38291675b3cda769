import assert from "node:assert/strict";
import { Thread } from "lib/io/thread.ts";

const start = () =>
  new Thread<{ number: number; bytes?: ArrayBuffer }, { id: number; double: number }>(
    new URL("./answering_thread.ts", import.meta.url),
    { what: "doubles" },
  );
const STOP = new Error("That is enough.");

Deno.test("Thread answers each question to the one who asked it", async () => {
  const thread = start();
  const asked = [1, 2, 3].map((number) => thread.ask({ number }));
  assert.equal(thread.waiting, 3);
  const answers = await Promise.all(asked.map(({ result }) => result));
  assert.deepEqual(answers.map(({ double }) => double), [2, 4, 6]);
  assert.equal(thread.waiting, 0);
  await thread.end(STOP);
});

Deno.test("Thread takes transferred buffers over", async () => {
  const thread = start(), bytes = new ArrayBuffer(16);
  await thread.ask({ number: 1, bytes }, [bytes]).result;
  assert.equal(bytes.byteLength, 0);
  await thread.end(STOP);
});

Deno.test("Thread refuses what was asked, and what is asked later, once it has ended", async () => {
  const ended = start();
  const before = ended.ask({ number: 1 });
  await ended.end(STOP);
  await assert.rejects(before.result, STOP);
  await assert.rejects(ended.ask({ number: 2 }).result, STOP);
  assert.equal(ended.ended, true);

  const failed = start();
  const asked = failed.ask({ number: 1 });
  failed.tell({ stop: "a fault of its own" });
  await asked.result.catch(() => {}); // it may be answered before
  while (!failed.ended) await new Promise((resolve) => setTimeout(resolve, 5));
  await assert.rejects(
    failed.ask({ number: 2 }).result,
    /that doubles ended: .*a fault of its own/,
  );
});

Deno.test("a Thread that nobody waits for does not keep a program from ending", async () => {
  const program = `
    import { Thread } from "lib/io/thread.ts";
    const thread = new Thread(
      new URL(${JSON.stringify(new URL("./answering_thread.ts", import.meta.url).href)}),
      { what: "doubles" },
    );
    const { double } = await thread.ask({ number: 4 }).result;
    Deno.stdout.writeSync(new TextEncoder().encode(String(double)));
  `;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    stdout: "piped",
  }).output();
  assert.deepEqual([code, new TextDecoder().decode(stdout)], [0, "8"]);
});
