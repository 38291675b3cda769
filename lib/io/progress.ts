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
  /** Seconds that are still to come; left out while there is no guess. */
  readonly left?: number | undefined;
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
 * The line, without a line break.
 *
 * @example
 * ```ts
 * import { progressLine } from "lib/io/progress.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(
 *   progressLine({ name: "training", done: 30, total: 120, seconds: 15, left: 45, note: "loss 2.31" }),
 *   "training 30/120 · loss 2.31 · 15 s, 45 s left",
 * );
 * ```
 */
export function progressLine({ name, done, total, seconds, left, note }: Progress): string {
  const rest = left === undefined ? "" : `, ${formatDuration(left)} left`;
  return [
    `${name} ${done}/${total}`,
    ...(note ? [note] : []),
    `${formatDuration(seconds)}${rest}`,
  ].join(" · ");
}

/** Units whose median time is the guess, before there are enough of them for a mean. */
const FEW = 20;

/**
 * Guesses how long the units take that are still to come. The first unit of a sitting does not count: it
 * holds what is done once, such as capturing a graph. Of up to twenty others the median counts, so that
 * no single slow one decides; of more the mean, so that rare long ones (a validation) have their share.
 *
 * @returns Tells of a unit that it is done, at this second, and gives seconds a unit; undefined as long as
 * there is no guess.
 *
 * @example A first step of a minute, then steps of two seconds
 * ```ts
 * import { openUnitClock } from "lib/io/progress.ts";
 * import assert from "node:assert/strict";
 *
 * const tick = openUnitClock();
 * assert.deepEqual([60, 62, 64].map(tick), [undefined, 2, 2]);
 * ```
 */
export function openUnitClock(): (seconds: number) => number | undefined {
  let first: number | undefined, before = 0, count = 0;
  const times: number[] = [];
  return (seconds) => {
    if (first === undefined) {
      first = before = seconds;
      return undefined;
    }
    count++;
    if (times.length <= FEW) times.push(seconds - before);
    before = seconds;
    if (count > FEW) return (seconds - first) / count;
    const sorted = times.toSorted((a, b) => a - b), middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  };
}

/**
 * Passes on the items of long work, and meanwhile keeps a progress line on standard error: rewritten
 * in place on a terminal, a line every ten seconds where output goes to a file. In a notebook it stays
 * silent: a live figure shows more there.
 *
 * @param items Such as the records of `train`.
 * @param work Its name, how many items there will be, and a few words on an item. `doneAt`: how many units
 * of the whole are done with an item, for work that goes on; default: the items so far.
 */
export async function* withProgress<T>(
  items: AsyncIterable<T>,
  { name, total, note, doneAt }: {
    name: string;
    total: number;
    note?: (item: T) => string;
    doneAt?: (item: T) => number;
  },
): AsyncGenerator<T, void, void> {
  const terminal = Deno.stderr.isTerminal(), begin = performance.now(), tick = openUnitClock();
  let count = 0, shown = -Infinity;
  for await (const item of items) {
    const done = doneAt ? doneAt(item) : ++count;
    const now = performance.now(), seconds = (now - begin) / 1000, each = tick(seconds);
    if (!inNotebook() && (done === total || now - shown >= (terminal ? 100 : 10_000))) {
      shown = now;
      const left = done === total ? 0 : each === undefined ? undefined : each * (total - done);
      const line = progressLine({
        name,
        done,
        total,
        seconds,
        left,
        ...note && { note: note(item) },
      });
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
