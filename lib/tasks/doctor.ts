// deno-lint-ignore-file no-console -- a command: it prints
/**
 * `deno task doctor`: sets up what is missing, then says what is there and whether it works. Exit code
 * 1, with a remedy for each, when something is broken. With a data set after it, that is looked at.
 */

import { listenForInterrupt } from "lib/io/interrupt.ts";
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
import { PROJECT } from "./setup/project.ts";
import { setUp } from "./setup/setup.ts";

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

/** Looks at a data set until it is done or interrupted. */
async function atDataSet(): Promise<number> {
  // Its packages are there only after the set-up.
  const { doctorDataSet } = await import("./doctor/doctor_data_set.ts");
  using interrupt = listenForInterrupt();
  return await doctorDataSet(Deno.args, { project: PROJECT.root, signal: interrupt.signal });
}

if (import.meta.main) {
  await setUp();
  if (Deno.args.length > 0) Deno.exit(await atDataSet());
  let broken = 0;
  for (const check of CHECKS) {
    const { name, detail, remedy } = await check(PROJECT);
    console.log(`${remedy === undefined ? "ok    " : "BROKEN"}  ${name}: ${detail}`);
    if (remedy === undefined) continue;
    console.log(`        Remedy: ${remedy}`);
    broken++;
  }
  console.log(broken === 0 ? "Everything works." : `${broken} broken; the remedies stand above.`);
  Deno.exit(broken === 0 ? 0 : 1);
}
