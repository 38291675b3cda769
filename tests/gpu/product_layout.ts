/**
 * What the product says of its device when TensorFlow lies as set-up puts it and nothing tells the loader
 * where CUDA's libraries are: the engine's word, and two lines of `doctor`.
 */
import { libraryInUse, startEngine } from "lib/engine/engine.ts";
import { checkGpu, checkTensors } from "lib/tasks/doctor/installation_checks.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { sayFigure } from "./figures.ts";

const { backend, device, hardware, version, notice } = await startEngine();
const place = libraryInUse()?.replace(PROJECT.root, "").replaceAll("\\", "/");
sayFigure("layout", { backend, device, hardware, version, notice, library: place });
for (const check of [checkTensors, checkGpu]) {
  const { name, detail, remedy } = await check(PROJECT);
  sayFigure("layout", { doctor: name, isOk: remedy === undefined, detail });
}
Deno.exit(0);
