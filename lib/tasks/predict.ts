/**
 * `deno task predict <picture, video or folder> --weights <run>`: scores of the faces in them. Exit code
 * 0 when everything was scored, 1 when something had no face or could not be read, wholly or in
 * part, 2 for a wrong command line, 130 after Ctrl-C.
 */
import { inTask } from "./in_task.ts";
import { parsePredictOptions, USAGE } from "./predict/predict_options.ts";

if (import.meta.main) {
  const stopped = "What was not finished was not written.";
  const command = { args: Deno.args, usage: USAGE, parse: parsePredictOptions, stopped };
  Deno.exit(
    await inTask(command, async (options, surroundings) => {
      const { predictInputs } = await import("./predict/predict_run.ts"); // its packages are there only now
      const { problems } = await predictInputs(options, surroundings);
      return problems === 0 ? 0 : 1;
    }),
  );
}
