// deno-lint-ignore-file no-console -- a command: it prints
/**
 * `deno task doctor`: sets up what is missing, then says what is there and whether it works. Exit code
 * 1, with a remedy for each, when something is broken.
 */

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
} from "./doctor/checks.ts";
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

if (import.meta.main) {
  await setUp();
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
