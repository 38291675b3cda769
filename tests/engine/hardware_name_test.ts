import assert from "node:assert/strict";
import { join } from "node:path";
import { hardwareName } from "lib/engine/hardware_name.ts";
import { inFolder } from "../in_folder.ts";

const writeFile = async (path: string, text: string) => {
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, text);
};

Deno.test("hardwareName reads the processor's name and the driver's names of GPUs", async () => {
  await inFolder(async (root) => {
    assert.equal(hardwareName("CPU:0", root), "unknown");
    await writeFile(
      join(root, "proc/cpuinfo"),
      "processor\t: 0\nmodel name\t: AMD EPYC\nprocessor\t: 1\nmodel name\t: AMD EPYC\n",
    );
    assert.equal(hardwareName("CPU:0", root), "AMD EPYC");
    assert.equal(hardwareName("GPU:0", root), "unknown");
    const gpu = (place: string, model: string) =>
      writeFile(
        join(root, "proc/driver/nvidia/gpus", place, "information"),
        `Model: \t\t ${model}\nIRQ:   \t\t 33\n`,
      );
    await gpu("0000:00:04.0", "NVIDIA H100 80GB HBM3");
    await gpu("0000:00:05.0", "NVIDIA H100 80GB HBM3");
    assert.equal(hardwareName("GPU:1", root), "NVIDIA H100 80GB HBM3");
    await gpu("0000:00:06.0", "NVIDIA T4");
    assert.equal(hardwareName("GPU:0", root), "NVIDIA H100 80GB HBM3 or NVIDIA T4");
  });
});
