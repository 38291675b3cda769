/** Ctrl-C, and the stop button of Jupyter, as an AbortSignal: work ends between two steps. */

/** A signal that aborts at the first interrupt, for as long as the work runs. */
export interface InterruptSignal extends Disposable {
  /** Aborted once the process received SIGINT. */
  readonly signal: AbortSignal;
}

/**
 * Listens for SIGINT until disposed of. While it listens the process does not die of the first
 * interrupt (nor does Jupyter's kernel, which would lose every variable); a second one, once the
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
  const stop = () => {
    controller.abort(new DOMException("Interrupted.", "AbortError"));
    Deno.removeSignalListener("SIGINT", stop);
  };
  Deno.addSignalListener("SIGINT", stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => Deno.removeSignalListener("SIGINT", stop),
  };
}
