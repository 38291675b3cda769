/**
 * `deno task doctor`: sets up what is missing, then says what is there and whether it works. Exit code
 * 1, with a remedy for each, when something is broken. With a data set after it, that is looked at.
 */

import { parseDoctorOptions, USAGE } from "./doctor/doctor_options.ts";
import {
  checkChrome,
  checkDeno,
  checkFaceDetector,
  checkFfmpeg,
  checkGpu,
  checkKernel,
  checkNpmPackages,
  checkPythonPackages,
  checkSpace,
  checkTensors,
} from "./doctor/installation_checks.ts";
import { inTask, type TaskSurroundings } from "./in_task.ts";
import { PROJECT } from "./setup/project.ts";

const CHECKS = [
  checkDeno,
  checkPythonPackages,
  checkNpmPackages,
  checkTensors,
  checkKernel,
  checkFaceDetector,
  checkFfmpeg,
  checkChrome,
  checkSpace,
  checkGpu,
];

/** Prints what each check finds and returns the exit code. */
async function doctorInstallation({ signal, say }: TaskSurroundings): Promise<number> {
  let broken = 0;
  for (const check of CHECKS) {
    const { name, detail, remedy } = await check(PROJECT);
    signal.throwIfAborted(); // what was interrupted says that it is broken
    say(`${remedy === undefined ? "ok    " : "BROKEN"}  ${name}: ${detail}`);
    if (remedy === undefined) continue;
    say(`        Remedy: ${remedy}`);
    broken++;
  }
  say(broken === 0 ? "Everything works." : `${broken} broken; the remedies stand above.`);
  return broken === 0 ? 0 : 1;
}

if (import.meta.main) {
  const stopped = "Nothing was changed.";
  const command = { args: Deno.args, usage: USAGE, parse: parseDoctorOptions, stopped };
  Deno.exit(
    await inTask(command, async (options, surroundings) => {
      if (options === "installation") return await doctorInstallation(surroundings);
      const { recipe } = options;
      if (recipe !== undefined) {
        const { doctorRecipe } = await import("./doctor/doctor_recipe.ts");
        return await doctorRecipe({ ...options, recipe }, surroundings);
      }
      const { doctorDataSet } = await import("./doctor/doctor_data_set.ts"); // its packages are there only now
      return await doctorDataSet(options, { project: PROJECT.root, signal: surroundings.signal });
    }),
  );
}
