/**
 * `deno task evaluate <run> --data <manifest>`: predictions and metrics of a detector on a data set;
 * `deno task evaluate --scores <file>`: metrics of anyone's scores.
 * Exit codes stand in its usage.
 */
import { parseEvaluateOptions, USAGE } from "./evaluate/evaluate_options.ts";
import { asksForScores, parseScoresOptions } from "./evaluate/scores_options.ts";
import { inTask } from "./in_task.ts";

if (import.meta.main) {
  const command = {
    args: Deno.args,
    usage: USAGE,
    parse: (args: readonly string[]) =>
      asksForScores(args) ? parseScoresOptions(args) : parseEvaluateOptions(args),
    stopped: "The same command goes on with the predictions that are kept.",
  };
  Deno.exit(
    await inTask(command, async (options, surroundings) => {
      if ("scores" in options) {
        const { evaluateScores } = await import("./evaluate/evaluate_scores.ts");
        return await evaluateScores(options, surroundings);
      }
      const { evaluateDetector } = await import("./evaluate/evaluate_run.ts"); // its packages are there only now
      return await evaluateDetector(options, surroundings);
    }),
  );
}
