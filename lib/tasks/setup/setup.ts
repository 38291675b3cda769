/**
 * Sets the project up, or finds in a moment that it is set up. Every task begins here. Imports no
 * package: it must run before there are any.
 */

import { listenForInterrupt } from "lib/io/interrupt.ts";
import { denoStep, kernelStep, packagesStep } from "./deno_parts.ts";
import { environmentStep } from "./python_environment.ts";
import { SetUpFailure } from "./setup_failure.ts";
import { PROJECT, type Project } from "./project.ts";
import { isRunAgain, runAgain } from "./run_again.ts";
import { type Report, terminalReport } from "./setup_report.ts";
import { runSteps, type Step } from "./setup_steps.ts";
import { faceDetectorStep, ffmpegStep, tensorflowStep, wantsCuda } from "./library_wheels.ts";

/** The steps that make a project folder ready, in order. */
export async function setUpSteps(project: Project): Promise<Step[]> {
  return [
    denoStep(project),
    packagesStep(project),
    environmentStep(project),
    tensorflowStep(project, { cuda: await wantsCuda(Deno.build, project) }),
    faceDetectorStep(project),
    ffmpegStep(project),
    kernelStep(project),
  ];
}

/**
 * Does `steps` as `runSteps` does. Where they cannot be done, prints what is wrong and the remedy, and
 * ends the program with exit code 1; with 130 where SIGINT or SIGTERM stopped them.
 */
export async function runStepsOrExit(
  project: Project,
  steps: readonly Step[],
  report: Report,
): Promise<boolean> {
  using interrupt = listenForInterrupt();
  try {
    const made = await runSteps(project, steps, report);
    if (!interrupt.signal.aborted) return made;
  } catch (error) {
    if (!interrupt.signal.aborted) { // otherwise a program that was told to end says that it failed
      if (!(error instanceof SetUpFailure)) throw error;
      report.say(`Set-up stopped. ${error.message}`);
      report.say(`Remedy: ${error.remedy}`);
      Deno.exit(1);
    }
  }
  report.say("Set-up was interrupted. The same command goes on where it was.");
  Deno.exit(130);
}

/**
 * Makes the project ready and says so in one line, with the time it took; `steps` are other steps than
 * `setUpSteps`. It comes back only where all was ready when the program started. Otherwise the program
 * is run again, now that there is something to import, and this process ends with its exit code.
 */
export async function setUp(
  project: Project = PROJECT,
  options: { report?: Report; steps?: readonly Step[] } = {},
): Promise<void> {
  if (isRunAgain(project)) return;
  const { report = terminalReport(), steps } = options;
  const start = performance.now();
  const made = await runStepsOrExit(project, steps ?? await setUpSteps(project), report);
  report.say(`Set-up is complete (${((performance.now() - start) / 1000).toFixed(1)} s).`);
  if (made) Deno.exit(await runAgain(project));
}
