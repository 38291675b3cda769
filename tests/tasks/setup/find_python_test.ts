/** The choice among the Pythons of a machine. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { findPython } from "lib/tasks/setup/find_python.ts";
import { wantsCuda } from "lib/tasks/setup/library_wheels.ts";

const ignore = Deno.build.os === "windows"; // the fake programs are shell scripts

/** Runs `work` where these programs, each a shell script, are all there are. */
async function withPrograms(
  programs: Record<string, string>,
  work: () => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = Deno.env.get("PATH")!;
  try {
    for (const [name, line] of Object.entries(programs)) {
      await Deno.writeTextFile(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    }
    Deno.env.set("PATH", folder);
    await work();
  } finally {
    Deno.env.set("PATH", path);
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test(
  { name: "findPython prefers the versions that TensorFlow has wheels for", ignore },
  () =>
    withPrograms({
      python3: 'echo "3.14.0"',
      "python3.12": 'echo "3.12.1"',
      "python3.13": 'echo "pyenv: python3.13: command not found" >&2; exit 127', // a pyenv shim
    }, async () => {
      assert.deepEqual(await findPython(), { command: ["python3.12"], version: "3.12.1" });
    }),
);

Deno.test(
  { name: "findPython passes over a Python that lacks a module", ignore },
  () =>
    withPrograms({
      "python3.12": 'echo "3.12.1 venv ensurepip"',
      python3: 'echo "3.10.2"',
    }, async () => {
      assert.deepEqual(await findPython(), { command: ["python3"], version: "3.10.2" });
    }),
);

Deno.test(
  { name: "findPython takes the Windows launcher where there is nothing else", ignore },
  () =>
    withPrograms({ py: '[ "$1" = -3 ] && echo "3.11.4"' }, async () => {
      assert.deepEqual((await findPython()).command, ["py", "-3"]);
    }),
);

Deno.test(
  { name: "findPython compares versions as numbers", ignore },
  () =>
    withPrograms({ python3: 'echo "3.9.18"', python: 'echo "2.7.18"' }, async () => {
      await assert.rejects(findPython(), /python3 \(Python 3\.9\.18\) is too old/);
    }),
);

Deno.test(
  { name: "findPython takes the chosen Python and no other", ignore },
  () =>
    withPrograms({ python3: 'echo "3.11.0"', mine: 'echo "3.9.1"' }, async () => {
      await assert.rejects(findPython("mine"), /mine \(Python 3\.9\.1\) is too old/);
    }),
);

Deno.test(
  {
    name:
      "wantsCuda sees a GPU, keeps what is there, and is asked for or forbidden by the variable",
    ignore,
  },
  async () => {
    const before = Deno.env.get("FORGERY_CLUES_GPU");
    try {
      Deno.env.delete("FORGERY_CLUES_GPU");
      const machine = { os: "linux", arch: "x86_64" } as const;
      await withPrograms(
        { "nvidia-smi": "exit 0" },
        async () => assert.equal(await wantsCuda(machine), true),
      );
      await withPrograms(
        { "nvidia-smi": "exit 9" },
        async () => assert.equal(await wantsCuda(machine), false),
      );
      await withPrograms({}, async () => {
        assert.equal(await wantsCuda(machine), false);
        const venv = await Deno.makeTempDir(),
          packages = join(venv, "lib", "python3.12", "site-packages");
        await Deno.mkdir(join(packages, "nvidia"), { recursive: true });
        assert.equal(await wantsCuda(machine, { venv }), false);
        await Deno.mkdir(join(packages, "nvidia", "cudnn")); // a node with a GPU has installed it
        assert.equal(await wantsCuda(machine, { venv }), true);
        Deno.env.set("FORGERY_CLUES_GPU", "0");
        assert.equal(await wantsCuda(machine, { venv }), false);
        await Deno.remove(venv, { recursive: true });
      });
      Deno.env.set("FORGERY_CLUES_GPU", "1");
      await withPrograms({}, async () => assert.equal(await wantsCuda(machine), true));
      for (
        const other of [{ ...machine, arch: "aarch64" }, { ...machine, os: "darwin" }] as const
      ) {
        await assert.rejects(wantsCuda(other), /Linux on x86-64 alone/);
        Deno.env.delete("FORGERY_CLUES_GPU");
        await withPrograms(
          { "nvidia-smi": "exit 0" },
          async () => assert.equal(await wantsCuda(other), false),
        );
        Deno.env.set("FORGERY_CLUES_GPU", "1");
      }
      Deno.env.set("FORGERY_CLUES_GPU", "0");
      await withPrograms(
        { "nvidia-smi": "exit 0" },
        async () => assert.equal(await wantsCuda(machine), false),
      );
    } finally {
      if (before === undefined) {
        Deno.env.delete("FORGERY_CLUES_GPU");
      } else Deno.env.set("FORGERY_CLUES_GPU", before);
    }
  },
);
