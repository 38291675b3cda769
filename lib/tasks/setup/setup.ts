/**
 * Sets the project up, or finds in a moment that it is set up. Every task begins here. Imports no
 * package: it must run before there are any.
 */

import { denoStep, kernelStep, packagesStep } from "./deno_parts.ts";
import { environmentStep } from "./python_environment.ts";
import { SetUpFailure } from "./setup_failure.ts";
import { PROJECT, type Project } from "./project.ts";
import { type Report, terminalReport } from "./setup_report.ts";
import { runSteps, type Step } from "./setup_steps.ts";
import { faceDetectorStep, ffmpegStep, tensorflowStep, wantsCuda } from "./library_wheels.ts";

/** The steps that make a project folder ready, in order. */
export async function setUpSteps(project: Project): Promise<Step[]> {
  return [
    denoStep(project),
    packagesStep(project),
    environmentStep(project),
    tensorflowStep(project, { cuda: await wantsCuda() }),
    faceDetectorStep(project),
    ffmpegStep(project),
    kernelStep(project),
  ];
}

/**
 * Makes the project ready and says so in one line, with the time it took. Where it cannot, prints
 * what is wrong and the remedy, and ends the program with exit code 1. `steps` are other steps than
 * `setUpSteps`.
 */
export async function setUp(
  project: Project = PROJECT,
  options: { report?: Report; steps?: readonly Step[] } = {},
): Promise<void> {
  const { report = terminalReport(), steps } = options;
  const start = performance.now();
  try {
    await runSteps(project, steps ?? await setUpSteps(project), report);
  } catch (error) {
    if (!(error instanceof SetUpFailure)) throw error;
    report.say(`Set-up stopped. ${error.message}`);
    report.say(`Remedy: ${error.remedy}`);
    Deno.exit(1);
  }
  report.say(`Set-up is complete (${((performance.now() - start) / 1000).toFixed(1)} s).`);
}

if (import.meta.main) await setUp();
