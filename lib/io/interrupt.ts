/**
 * Ctrl-C, the stop button of Jupyter, and the system's request to end (Slurm's time limit, `docker stop`),
 * as an AbortSignal: work ends between two steps.
 */

/** A signal that aborts at the first interrupt, for as long as the work runs. */
export interface InterruptSignal extends Disposable {
  /** Aborted once the process received SIGINT or SIGTERM; its reason is an AbortError. */
  readonly signal: AbortSignal;
}

/** What asks a process to end. Windows has no SIGTERM. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/**
 * Listens for SIGINT and SIGTERM until disposed of. While it listens the process does not die of the first
 * one (nor does Jupyter's kernel, which would lose every variable); a second one, once the
 * work has been asked to stop, ends the process the usual way, in case the work hangs.
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
  const leave = () => SIGNALS.forEach((name) => Deno.removeSignalListener(name, stop));
  const stop = () => {
    controller.abort(new DOMException("Interrupted.", "AbortError"));
    leave();
  };
  for (const name of SIGNALS) Deno.addSignalListener(name, stop);
  return { signal: controller.signal, [Symbol.dispose]: leave };
}
