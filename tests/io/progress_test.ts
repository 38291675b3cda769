import assert from "node:assert/strict";
import { formatDuration, openUnitClock, progressLine } from "lib/io/progress.ts";

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

Deno.test("openUnitClock leaves the first unit out, takes the median of few and the mean of many", () => {
  const times = (...units: number[]) => {
    const tick = openUnitClock();
    let now = 0;
    return units.map((unit) => tick(now += unit));
  };
  assert.deepEqual(times(30), [undefined]); // a capture is no guess
  assert.deepEqual(times(30, 2, 2, 40, 2), [undefined, 2, 2, 2, 2]); // nor is one slow step
  const steps = Array.from({ length: 400 }, (_, i) => i % 10 === 9 ? 11 : 1); // validations
  assert.ok(Math.abs(times(30, ...steps).at(-1)! - 2) < 1e-9);
});

Deno.test("withProgress of work that goes on counts from where it was, and guesses by this sitting alone", async () => {
  const program = `
    import { withProgress } from "lib/io/progress.ts";
    async function* work() {
      for (let step = 900; step < 1000; step++) {
        await new Promise((go) => setTimeout(go, step === 900 ? 300 : 5));
        yield { step };
      }
    }
    const about = { name: "work", total: 1000, doneAt: ({ step }) => step + 1 };
    Object.defineProperty(Deno.stderr, "isTerminal", { value: () => true }); // a line in 100 ms
    for await (const _ of withProgress(work(), about));
  `;
  const { stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", program] }).output();
  const lines = new TextDecoder().decode(stderr).split("\r\x1b[K").filter((line) => line.trim());
  assert.match(lines[0], /^work 901\/1000 · 0 s$/);
  const left = Number(/, (\d+) s left/.exec(lines[1])?.[1]); // 300 ms times 99 would be 30 s
  assert.ok(left <= 5, lines[1]);
  assert.match(lines.at(-1)!, /^work 1000\/1000 .*, 0 s left/);
});
