/** Ctrl-C, a scheduler's SIGTERM and Jupyter's stop button as an AbortSignal: work ends between two steps. */

/** A signal that aborts at the first interrupt, for as long as the work runs. */
export interface InterruptSignal extends Disposable {
  /** Aborted once the process received SIGINT or SIGTERM; the reason's message names it. */
  readonly signal: AbortSignal;
}

/** Windows has no SIGTERM to listen for. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/**
 * Within this time SIGINT and SIGTERM are one request: a terminal sends Ctrl-C to every program of a
 * task, and the program that started this one hands it on as SIGTERM. In milliseconds.
 */
const SAME_REQUEST = 500;

/**
 * Listens for SIGINT and SIGTERM until disposed of. While it listens the process does not die of the
 * first one (nor does Jupyter's kernel, which would lose every variable); a second one, once the work
 * has been asked to stop, ends the process the usual way, in case the work hangs.
 *
 * @example Work that can be interrupted
 * ```ts
 * import { listenForInterrupt } from "lib/io/interrupt.ts";
 *
 * using interrupt = listenForInterrupt();
 * for (let step = 0; step < 3 && !interrupt.signal.aborted; step++) {
 *   // one step
 * }
 * ```
 */
export function listenForInterrupt(): InterruptSignal {
  const controller = new AbortController();
  let asked = 0;
  const listeners = SIGNALS.map((name) => ({ name, listen: () => stop(name) }));
  function stop(name: Deno.Signal): void {
    const own = listeners.filter((listener) => listener.name === name);
    if (!controller.signal.aborted) {
      asked = performance.now();
      controller.abort(new DOMException(`Interrupted by ${name}.`, "AbortError"));
      remove(own); // the next one of its kind does what it does without us
    } else if (performance.now() - asked > SAME_REQUEST) {
      remove(own);
      Deno.kill(Deno.pid, name);
    }
  }
  const remove = (these: typeof listeners) => {
    for (const { name, listen } of these) Deno.removeSignalListener(name, listen);
  };
  for (const { name, listen } of listeners) Deno.addSignalListener(name, listen);
  return { signal: controller.signal, [Symbol.dispose]: () => remove(listeners) };
}
