/**
 * What processes that train one run together must agree on, as each takes the same steps: where the run stands,
 * what a validation has shown, and whether it stops. The first process keeps and measures; alone it agrees
 * with itself.
 */
import * as tf from "@tensorflow/tfjs";
import { fromFirst, meanOverDevices, membership, textFromFirst } from "lib/engine/collectives.ts";
import { compile } from "lib/engine/compile.ts";
import type { RunVariables } from "./checkpoint.ts";

/**
 * The first process's state of a run, in all processes: its variables get the first one's values.
 *
 * @param state Of the first process; what the others give does not matter. Plain values.
 */
export function fromFirstProcess<State>(state: State, variables: RunVariables): State {
  const { rank, size } = membership();
  if (size === 1) return state;
  for (const variable of Object.values(variables)) {
    tf.tidy(() => variable.assign(fromFirst(variable as tf.Tensor)));
  }
  const told = textFromFirst(JSON.stringify(state));
  return rank === 0 ? state : JSON.parse(told);
}

/**
 * What the first process finds out, in all processes; the others wait for it.
 *
 * @param find Run in the first process alone.
 * @param signal Its end of the finding is told as undefined, to all.
 * @throws Whatever `find` throws, in the first process; alone, the signal's reason too.
 */
export async function foundByFirst<Found>(
  find: () => Promise<Found>,
  signal: AbortSignal | undefined,
): Promise<Found | undefined> {
  const { rank, size } = membership();
  if (size === 1) return await find();
  let found: Found | undefined;
  if (rank === 0) {
    try {
      found = await find();
    } catch (error) {
      if (!signal?.aborted || error !== signal.reason) throw error;
    }
  }
  const told: Found | null = JSON.parse(textFromFirst(JSON.stringify(found ?? null)));
  return rank === 0 ? found : told ?? undefined;
}

/** How long a signal may come after that of another process, in milliseconds. */
const SOON = 2000;

/** Whether a run is to stop; asked once between two steps, by all processes. */
export interface CommonStop extends Disposable {
  /** Whether it is, as far as was asked. */
  readonly isAsked: boolean;
  /**
   * Waits a moment for a signal of one's own, as a scheduler tells all processes of its job.
   *
   * @throws Error when there is none: another process was told to stop.
   */
  settled(): Promise<void>;
  /** Asks all processes: one whose signal has aborted stops them all, after the same step. */
  ask(): void;
}

/** How processes agree to stop. Alone, the signal decides at once. */
export function openCommonStop(signal: AbortSignal | undefined): CommonStop {
  if (membership().size === 1) {
    return {
      get isAsked() {
        return signal?.aborted ?? false;
      },
      ask: () => {},
      settled: () => Promise.resolve(),
      [Symbol.dispose]: () => {},
    };
  }
  const share = compile((own) => meanOverDevices(own), [tf.scalar(0)], { name: "stop" });
  let isAsked = false;
  return {
    get isAsked() {
      return isAsked;
    },
    settled: async () => {
      for (let i = 0; i < 20 && !signal?.aborted; i++) {
        await new Promise((resolve) => setTimeout(() => resolve(undefined), SOON / 20));
      }
      if (isAsked && !signal?.aborted) {
        throw new Error("Another process of the run was told to stop, so all have stopped.");
      }
    },
    ask: () => {
      const own = tf.scalar(signal?.aborted ? 1 : 0), [all] = share(own);
      isAsked = all.dataSync()[0] > 0;
      tf.dispose([own, all]);
    },
    [Symbol.dispose]: () => share.dispose(),
  };
}
