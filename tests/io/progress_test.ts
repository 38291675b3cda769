import assert from "node:assert/strict";
import { formatDuration, progressLine } from "lib/io/progress.ts";

Deno.test("formatDuration speaks in seconds, minutes and hours", () => {
  assert.deepEqual([0, 59.4, 59.6, 200, 3599, 3600, 7500].map(formatDuration), [
    "0 s",
    "59 s",
    "1 min 00 s",
    "3 min 20 s",
    "59 min 59 s",
    "1 h 00 min",
    "2 h 05 min",
  ]);
});

Deno.test("progressLine guesses nothing before the first unit", () => {
  assert.equal(
    progressLine({ name: "training", done: 0, total: 9, seconds: 3 }),
    "training 0/9 · 3 s",
  );
});

Deno.test("withProgress passes every item on and ends with a whole line", async () => {
  const program = `
    import { withProgress } from "lib/io/progress.ts";
    async function* work() { for (let i = 1; i <= 3; i++) yield i; }
    const seen = [];
    for await (const i of withProgress(work(), { name: "work", total: 3, note: (i) => "at " + i })) {
      seen.push(i);
    }
    console.log(seen.join());
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", program] })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(text(stdout).trim(), "1,2,3");
  const lines = text(stderr).trim().split("\n");
  assert.match(lines[0], /^work 1\/3 · at 1 · 0 s/);
  assert.match(lines.at(-1)!, /^work 3\/3 · at 3 · 0 s, 0 s left$/);
});
