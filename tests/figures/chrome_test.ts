/** Finding, unpacking, starting and ending a Chrome. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromePlaces, explainLaunchError, launchChrome } from "lib/figures/chrome.ts";
import { packagedChrome } from "lib/figures/packaged_chrome.ts";

Deno.test("chromePlaces knows the usual names on Linux, macOS and Windows", () => {
  const linux = chromePlaces({ os: "linux", environment: { PATH: "/usr/bin::/opt/bin" } });
  assert.ok(linux.includes("/opt/bin/chromium") && linux.includes("/snap/bin/chromium"));
  const mac = chromePlaces({ os: "darwin", environment: { HOME: "/Users/me" } });
  assert.equal(mac[0], "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
  assert.ok(mac.includes("/Users/me/Applications/Chromium.app/Contents/MacOS/Chromium"));
  const windows = chromePlaces({ os: "windows", environment: { PROGRAMFILES: "C:\\Programs" } });
  assert.equal(windows[0], "C:\\Programs\\Google\\Chrome\\Application\\chrome.exe");
});

Deno.test("explainLaunchError names the library that is missing and how to get it", () => {
  const said =
    "Target closed\n/x/chromium: error while loading shared libraries: libnss3.so: cannot " +
    "open shared object file: No such file or directory";
  assert.match(
    explainLaunchError(said),
    /lacks the system library libnss3\.so.*apt-get install .*libnss3/,
  );
  assert.match(explainLaunchError("Target closed\n[1:FATAL:zygote.cc] No zygote\n"), /No zygote/);
  assert.equal(explainLaunchError("\nNo such program\nmore"), "No such program");
});

async function withChrome(path: string, work: () => Promise<void>): Promise<void> {
  const before = Deno.env.get("CHROME");
  Deno.env.set("CHROME", path);
  try {
    await work();
  } finally {
    if (before === undefined) Deno.env.delete("CHROME");
    else Deno.env.set("CHROME", before);
  }
}

Deno.test("launchChrome never replaces the Chrome that CHROME names", async () => {
  await withChrome(Deno.execPath(), async () => {
    await assert.rejects(launchChrome(), /CHROME names.*did not start.*Correct or unset/);
  });
});

Deno.test({
  name: "launchChrome names the library that the system's loader did not find",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const program = join(folder, "chrome");
    const refusal =
      "error while loading shared libraries: libnss3.so: cannot open shared object file";
    const script = `#!/bin/sh\necho "$0: ${refusal}" >&2\nexit 127\n`;
    await Deno.writeTextFile(program, script, { mode: 0o755 });
    try {
      await withChrome(program, async () => {
        await assert.rejects(
          launchChrome(),
          /lacks the system library libnss3\.so.*apt-get install/,
        );
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Runs TypeScript in a Deno of its own, with this project's import map and this temporary folder. */
function start(code: string, folder: string): Deno.ChildProcess {
  const configuration = fileURLToPath(new URL("../../deno.json", import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", configuration, code],
    env: { TMPDIR: folder },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

Deno.test({
  name:
    "packagedChrome unpacks once for two processes, after one that was killed, and leaves TMPDIR",
  ignore: Deno.build.os !== "linux" || Deno.build.arch !== "x86_64",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const { path } = await packagedChrome();
      const version = path.match(/chromium-[\d.]+/)![0];
      await Deno.mkdir(join(folder, "cache", `${version}.part`), { recursive: true });
      await Deno.writeTextFile(join(folder, "cache", `${version}.part`, "chromium"), "half of it");
      const code = `import { packagedChrome } from "lib/figures/packaged_chrome.ts";
        const { path } = await packagedChrome(${JSON.stringify(join(folder, "cache"))});
        const { size, ino } = await Deno.stat(path);
        console.log(size, ino, Deno.env.get("TMPDIR"));`;
      const outputs = await Promise.all([1, 2].map(() => start(code, folder).output()));
      const [one, other] = outputs.map(({ stdout }) => new TextDecoder().decode(stdout).trim());
      assert.equal(one, other);
      const { size } = await Deno.stat(path);
      assert.match(one, new RegExp(`^${size} \\d+ ${folder}$`));
      const entries = await Array.fromAsync(Deno.readDir(join(folder, "cache")));
      assert.deepEqual(entries.map(({ name }) => name).sort(), [version, `${version}.lock`]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Whether a process is there and not merely waiting for its parent to notice that it ended. */
async function runs(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  Deno.test({
    name: `launchChrome leaves no Chrome behind when its process gets ${signal}`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      const folder = await Deno.makeTempDir();
      const code = `import { launchChrome } from "lib/figures/chrome.ts";
        const chrome = await launchChrome();
        console.log(chrome.process().pid);
        await new Promise((resolve) => setTimeout(resolve, 60_000));`;
      try {
        await using child = start(code, folder);
        const reader = child.stdout.getReader();
        const pid = Number(new TextDecoder().decode((await reader.read()).value));
        await reader.cancel();
        assert.ok(await runs(pid));
        child.kill(signal);
        assert.equal((await child.status).success, false);
        for (let wait = 0; wait < 100 && await runs(pid); wait++) {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        assert.equal(await runs(pid), false);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
