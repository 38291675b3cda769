import assert from "node:assert/strict";
import { join } from "node:path";
import { freeMemory } from "lib/io/free_memory.ts";
import { inFolder } from "../in_folder.ts";

Deno.test("freeMemory is the machine's where nothing else is set, and the least limit of a job where it is", async () => {
  await inFolder(async (root) => {
    assert.equal(await freeMemory({ root, machine: 900 }), 900);
    const group = async (path: string, files: Record<string, string>) => {
      const folder = join(root, "sys/fs/cgroup", path);
      await Deno.mkdir(folder, { recursive: true });
      for (const [name, text] of Object.entries(files)) {
        await Deno.writeTextFile(join(folder, name), text);
      }
    };
    await Deno.mkdir(join(root, "proc/self"), { recursive: true });
    await Deno.writeTextFile(join(root, "proc/self/cgroup"), "0::/slurm/job_7/step_0\n");
    await group("slurm/job_7/step_0", { "memory.max": "max\n" });
    await group("slurm/job_7", { "memory.max": "600\n", "memory.stat": "anon 100\nfile 450\n" });
    assert.equal(await freeMemory({ root, machine: 900 }), 500); // what files fill is given back
    assert.equal(await freeMemory({ root, machine: 300 }), 300);
    await group("", { "memory.max": "50\n", "memory.stat": "anon 60\n" });
    assert.equal(await freeMemory({ root, machine: 900 }), 0);
  });
});

Deno.test("freeMemory of this machine is a number of bytes that a machine can have", async () => {
  const bytes = await freeMemory();
  assert.ok(bytes > 0 && bytes < 2 ** 45, `${bytes}`);
});
