import assert from "node:assert/strict";

/** Runs a program that works until it is interrupted, sends it signals, and returns what it did. */
async function interrupted(times: number, name: Deno.Signal = "SIGINT") {
  const program = `
    import { listenForInterrupt } from "lib/io/interrupt.ts";
    {
      using interrupt = listenForInterrupt();
      console.log("ready");
      for (let i = 0; i < 200 && (${times} > 1 || !interrupt.signal.aborted); i++) {
        await new Promise((r) => setTimeout(r, 20));
        if (interrupt.signal.aborted && i % 10 === 0) console.log("asked to stop");
      }
    }
    console.log("ended cleanly");
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (times > 0 && text.includes("ready")) {
      times--;
      child.kill(name);
      await new Promise((r) => setTimeout(r, 300));
    }
  }
  return { text, status: await child.status };
}

Deno.test("listenForInterrupt lets the work end between two steps", async () => {
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    const { text, status } = await interrupted(1, name);
    assert.match(text, /ended cleanly/, name);
    assert.equal(status.code, 0, name);
  }
});

Deno.test("listenForInterrupt leaves a second interrupt its usual force", async () => {
  const { text, status } = await interrupted(2);
  assert.doesNotMatch(text, /ended cleanly/);
  assert.equal(status.signal, "SIGINT");
});
