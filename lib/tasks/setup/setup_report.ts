/** What a set-up says while it works: lines that stay, and a passing line of progress. */

/** Where a set-up's words go. */
export interface Report {
  /** A line that stays. */
  say(line: string): void;
  /** What is going on just now; the next call or line replaces it on a terminal. */
  passing(line: string): void;
}

/** Seconds between passing lines where they cannot be overwritten. */
const QUIET_SECONDS = 10;

/**
 * A report to standard output. On a terminal the passing line is overwritten; elsewhere (a log) one
 * is written every ten seconds at most, so that a long silence still shows life.
 */
export function terminalReport(): Report {
  const terminal = Deno.stdout.isTerminal();
  const encoder = new TextEncoder();
  const write = (text: string) => void Deno.stdout.writeSync(encoder.encode(text));
  let open = false;
  let last = performance.now();
  return {
    say(line) {
      write((open ? "\r\x1b[K" : "") + line + "\n");
      open = false;
      last = performance.now();
    },
    passing(line) {
      const short = line.trim().slice(0, 90);
      if (short === "") return;
      if (terminal) {
        write(`\r\x1b[K      ${short}`);
        open = true;
      } else if (performance.now() - last > QUIET_SECONDS * 1000) {
        write(`      … ${short}\n`);
        last = performance.now();
      }
    },
  };
}
