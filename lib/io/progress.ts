/** One line that says how far long work has come and how long it will still take. */

/** Where long work stands. */
export interface Progress {
  /** What is done, such as `"training"`. */
  readonly name: string;
  /** Units done, counted from the work's beginning. */
  readonly done: number;
  /** Units in all. */
  readonly total: number;
  /** Seconds on the clock. */
  readonly seconds: number;
  /** Anything worth a few words, such as the loss. */
  readonly note?: string;
}

/** Seconds as `45 s`, `3 min 20 s` or `2 h 05 min`. */
export function formatDuration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const pad = (n: number) => String(n).padStart(2, "0");
  if (s < 3600) return `${Math.floor(s / 60)} min ${pad(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${pad(Math.floor(s % 3600 / 60))} min`;
}

/**
 * The line, without a line break. Time left is the mean time of the units done since the clock
 * started; before the first there is no guess.
 *
 * @example
 * ```ts
 * import { progressLine } from "lib/io/progress.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(
 *   progressLine({ name: "training", done: 30, total: 120, seconds: 15, note: "loss 2.31" }),
 *   "training 30/120 · loss 2.31 · 15 s, 45 s left",
 * );
 * ```
 */
export function progressLine({ name, done, total, seconds, note }: Progress): string {
  const left = done > 0 ? `, ${formatDuration(seconds / done * (total - done))} left` : "";
  return [
    `${name} ${done}/${total}`,
    ...(note ? [note] : []),
    `${formatDuration(seconds)}${left}`,
  ].join(" · ");
}

/**
 * Passes on the items of long work, and meanwhile keeps a progress line on standard error: rewritten
 * in place on a terminal, a line every ten seconds where output goes to a file. In a notebook it stays
 * silent: a live figure shows more there.
 *
 * @param items Such as the records of `train`.
 * @param work Its name, how many items there will be, and a few words on an item.
 */
export async function* withProgress<T>(
  items: AsyncIterable<T>,
  { name, total, note }: { name: string; total: number; note?: (item: T) => string },
): AsyncGenerator<T, void, void> {
  const terminal = Deno.stderr.isTerminal(), begin = performance.now();
  let done = 0, shown = -Infinity;
  for await (const item of items) {
    done++;
    const now = performance.now();
    if (!inNotebook() && (done === total || now - shown >= (terminal ? 100 : 10_000))) {
      shown = now;
      const seconds = (now - begin) / 1000;
      const line = progressLine({ name, done, total, seconds, ...note && { note: note(item) } });
      const text = terminal ? `\r\x1b[K${line}${done === total ? "\n" : ""}` : line + "\n";
      Deno.stderr.writeSync(new TextEncoder().encode(text));
    }
    yield item;
  }
}

/** Whether this runs in Deno's Jupyter kernel; elsewhere even asking throws. */
function inNotebook(): boolean {
  try {
    return Boolean(Deno.jupyter.display);
  } catch {
    return false;
  }
}
