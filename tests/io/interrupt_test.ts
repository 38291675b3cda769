import assert from "node:assert/strict";

const ignore = Deno.build.os === "windows"; // signals are Unix's

const PROGRAM = `
  import { listenForInterrupt } from "lib/io/interrupt.ts";
  {
    using interrupt = listenForInterrupt();
    console.log("ready");
    const stubborn = Deno.args[0] === "stubborn";
    for (let i = 0; i < 75 && (stubborn || !interrupt.signal.aborted); i++) {
      await new Promise((r) => setTimeout(r, 20));
      if (interrupt.signal.aborted && i % 10 === 0) console.log("asked to stop");
    }
  }
  console.log("ended cleanly");
`;

/**
 * Runs a program that works until it is interrupted, or a stubborn one that works on, sends it signals
 * with pauses (milliseconds) between them, and returns what it did.
 */
async function interrupted(
  signals: readonly Deno.Signal[],
  { stubborn = false, pause = 0 }: { stubborn?: boolean; pause?: number } = {},
) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", PROGRAM, stubborn ? "stubborn" : "obedient"],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "", sent = false;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (sent || !text.includes("ready")) continue;
    sent = true;
    for (const signal of signals) {
      child.kill(signal);
      await new Promise((r) => setTimeout(r, pause));
    }
  }
  return { text, status: await child.status };
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(
    { name: `listenForInterrupt lets the work end between two steps at ${signal}`, ignore },
    async () => {
      const { text, status } = await interrupted([signal]);
      assert.match(text, /ended cleanly/);
      assert.equal(status.code, 0);
    },
  );

  Deno.test(
    { name: `listenForInterrupt leaves a second ${signal} its usual force`, ignore },
    async () => {
      const { text, status } = await interrupted([signal, signal], { stubborn: true, pause: 300 });
      assert.match(text, /asked to stop/);
      assert.doesNotMatch(text, /ended cleanly/);
      assert.equal(status.signal, signal);
    },
  );
}

Deno.test(
  { name: "listenForInterrupt ends the process at the other signal too", ignore },
  async () => {
    const { text, status } = await interrupted(["SIGINT", "SIGTERM"], {
      stubborn: true,
      pause: 700,
    });
    assert.doesNotMatch(text, /ended cleanly/);
    assert.equal(status.signal, "SIGTERM");
  },
);

Deno.test(
  { name: "listenForInterrupt takes both signals at once for one request", ignore },
  async () => {
    const { text, status } = await interrupted(["SIGINT", "SIGTERM"], { stubborn: true });
    assert.match(text, /asked to stop[\s\S]*ended cleanly/);
    assert.equal(status.code, 0);
  },
);
