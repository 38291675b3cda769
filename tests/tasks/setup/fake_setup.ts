/**
 * Sets up the fake project folder that is the first argument, as a program of its own that can be
 * killed. Everything but the copy of Deno, which is a fake one here.
 */

import { projectAt } from "lib/tasks/setup/project.ts";
import { setUp } from "lib/tasks/setup/setup.ts";
import { fakeSteps } from "./fake_surroundings.ts";

const project = projectAt(Deno.args[0]!);
await setUp(project, { steps: await fakeSteps(project) });
