/** Long computations with progress, during which other events are heard, so that Ctrl-C ends them. */
import { withProgress } from "lib/io/progress.ts";

/**
 * Takes steps to their end.
 *
 * @param steps Yields how much is done.
 * @param options `name` and `total` of the work, for the line that shows it.
 * @returns What the steps return.
 * @throws The signal's reason when it aborts; whatever a step throws.
 */
export async function watchSteps<Result>(
  steps: Generator<number, Result, void>,
  { name, total, signal }: { name: string; total: number; signal: AbortSignal },
): Promise<Result> {
  let result: { value: Result } | undefined;
  async function* heard() {
    for (let last = performance.now();;) {
      const step = steps.next();
      if (step.done) {
        result = step;
        return;
      }
      if (performance.now() - last > 100) {
        await new Promise((resolve) => setTimeout(resolve));
        last = performance.now();
      }
      signal.throwIfAborted();
      yield step.value;
    }
  }
  for await (const _ of withProgress(heard(), { name, total, doneAt: (done) => done })) void _;
  return result!.value;
}
