/** One line that says how far long work has come and how long it will still take. */

/** Where long work stands. */
export interface Progress {
  /** What is done, such as `"training"`. */
  readonly name: string;
  /** Units done, counted from the work's beginning. */
  readonly done: number;
  /** Units in all. */
  readonly total: number;
  /** Units that were done before the clock started: a resumed run kept them. */
  readonly kept?: number;
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
 * import { progressLine } from "lib/training/progress.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(
 *   progressLine({ name: "training", done: 30, total: 120, seconds: 15, note: "loss 2.31" }),
 *   "training 30/120 · loss 2.31 · 15 s, 45 s left",
 * );
 * ```
 */
export function progressLine({ name, done, total, kept = 0, seconds, note }: Progress): string {
  const fresh = done - kept;
  const left = fresh > 0 ? `, ${formatDuration(seconds / fresh * (total - done))} left` : "";
  return [
    `${name} ${done}/${total}${kept > 0 ? ` (${kept} kept)` : ""}`,
    ...(note ? [note] : []),
    `${formatDuration(seconds)}${left}`,
  ].join(" · ");
}

/**
 * Shows a progress line on standard error: rewritten in place on a terminal, a line every ten
 * seconds where output goes to a file. Returns a function to call with each new state.
 */
export function progressPrinter(): (progress: Progress) => void {
  const encoder = new TextEncoder();
  const terminal = Deno.stderr.isTerminal();
  let last = -Infinity;
  return (progress) => {
    const finished = progress.done >= progress.total;
    const now = performance.now();
    if (!finished && now - last < (terminal ? 100 : 10_000)) return;
    last = now;
    const line = progressLine(progress);
    Deno.stderr.writeSync(
      encoder.encode(terminal ? `\r\x1b[K${line}${finished ? "\n" : ""}` : line + "\n"),
    );
  };
}
