/**
 * What runs inside Deno's kernel on behalf of kernel.py: cells can be stopped, and an error that no cell
 * waits for is shown under the cell, with the kernel alive.
 */

import { statSync } from "node:fs";
import { AWAIT, CHECK, IMPORTED, instrument } from "./instrument.ts";

/** The MIME type of what is for kernel.py. */
const CELL_TYPE = "application/vnd.forgery-clues.cell+json";

/** In milliseconds: how often a loop that computes looks for the file that asks it to stop. */
const LOOK = 5;

/** The most turns of a loop between two looks at the clock: few, since slow turns may follow short ones. */
const MOST_TURNS = 32;

/**
 * How long, and over how many looks, a loop leaves a Stop to whoever listens for the signal: it is heard
 * between two turns of a loop that awaits, but never by one that does not.
 */
const PATIENCE = { milliseconds: 2000, looks: 3 };

/** The error that a stopped cell ends with; its trace has the cell's lines only, or none. */
class Stopped extends Error {
  override name = "Stopped";
  constructor(caller?: () => void) {
    super("Stop ended this cell.");
    if (caller) Error.captureStackTrace(this, caller);
    else this.stack = `${this.name}: ${this.message}`;
  }
}

/** What kernel.py calls before and after each cell. */
export interface CellGuard {
  /** Begins a cell: sends kernel.py the text to run in the place of `code`. */
  begin(code: string): Promise<void>;
  /** Sends `mark` behind everything that cells have printed and shown so far. */
  end(mark: string): Promise<void>;
}

/**
 * Begins to look after the cells of this kernel.
 *
 * A first SIGINT is left to whoever listens for it, such as a training run that ends after a step; when
 * nobody does, what the cell awaits is given up. A loop that computes, and hears of no signal, sees `stopFile`
 * appear; while somebody listens, it waits a little for the signal, which comes behind the file.
 */
export function guardCells(stopFile: string): CellGuard {
  let stopped = false;
  let left = false; // to who listens: what asked for it is on its way to its end
  let asked = { since: 0, looks: 0 }; // when a loop first saw the file while somebody listened
  let giveUp: (reason: Stopped) => void = () => {};
  const turns = countTurns(LOOK);
  const listeners = countListeners();
  listeners.add("SIGINT", () => {
    if (listeners.others() > 0) {
      left = true;
      return;
    }
    stopped = true;
    turns.until = 0; // loops look at once
    giveUp(new Stopped());
  });
  addEventListener("error", (event) => {
    event.preventDefault(); // otherwise it ends the event loop, and the kernel hangs
    void showError(event.error ?? event.message);
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    void showError(event.reason);
  });

  /** Whether a Stop that a loop sees is its own to follow. */
  const isForLoop = () => {
    if (listeners.others() === 0) return true;
    if (asked.looks++ === 0) asked.since = Date.now();
    return asked.looks > PATIENCE.looks && Date.now() - asked.since > PATIENCE.milliseconds;
  };
  const look = () => {
    stopped ||= !left && turns.due() && exists(stopFile) && isForLoop();
    if (!stopped) return;
    turns.until = 0;
    throw new Stopped(check);
  };
  const check = () => {
    if (++turns.done >= turns.until) look(); // short, since loops that compute have it at each turn
  };
  define(CHECK, check);
  define(AWAIT, (value: unknown) =>
    new Promise((resolve, reject) => {
      giveUp = reject;
      if (stopped) reject(new Stopped());
      else Promise.resolve(value).then(resolve, reject);
    }));

  const { log, warn } = console; // a cell may put others in their place
  define(IMPORTED, (module: string, names: Record<string, unknown>) => {
    for (const name of Object.keys(names).filter((name) => names[name] === undefined)) {
      warn(`${module} exports no value called ${name}. If it is a type, write "type ${name}".`);
    }
  });
  return {
    async begin(code) {
      stopped = left = false;
      asked = { since: 0, looks: 0 };
      turns.until = 0;
      giveUp = () => {};
      await tell(instrument(code));
    },
    async end(mark) {
      log(mark); // what is printed and what is shown have each their own way
      await tell(mark);
    },
  };
}

/** Shows `text` to kernel.py, which shows it to nobody. */
async function tell(text: string): Promise<void> {
  const data = { [CELL_TYPE]: text };
  await Deno.jupyter.broadcast("display_data", { data, metadata: {}, transient: {} });
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value });
}

/** Listens for signals, and knows how many others listen for SIGINT. */
function countListeners() {
  const { addSignalListener, removeSignalListener } = Deno;
  const others = new Set<() => void>();
  Deno.addSignalListener = (signal, handler) => {
    addSignalListener(signal, handler);
    if (signal === "SIGINT") others.add(handler);
  };
  Deno.removeSignalListener = (signal, handler) => {
    removeSignalListener(signal, handler);
    if (signal === "SIGINT") others.delete(handler);
  };
  return { add: addSignalListener, others: () => others.size };
}

/** Counts a loop's turns, so that the clock is asked once in many short ones. */
function countTurns(milliseconds: number) {
  let last = Date.now();
  const turns = {
    done: 0,
    until: 0,
    /** Asked after `until` turns: whether so many milliseconds have passed since it last said so. */
    due(): boolean {
      const now = Date.now(); // faster than performance.now()
      const passed = now - last;
      const [factor, due] = passed < milliseconds ? [2, false] : [milliseconds / passed, true];
      turns.done = 0;
      turns.until = Math.min(Math.max(1, Math.floor(turns.until * factor)), MOST_TURNS);
      if (due) last = now;
      return due;
    },
  };
  return turns;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Shows an error that no cell waited for as one of the cell that runs or ran last. */
async function showError(error: unknown): Promise<void> {
  if (error instanceof Stopped) return; // of what a stopped cell had left running
  const { name, message, stack } = error instanceof Error
    ? error
    : { name: "Error", message: String(error), stack: undefined };
  const own = (line: string) => !/^ +at .*\bext:/.test(line); // not a line inside Deno
  const trace = (stack ?? `${name}: ${message}`).split("\n").filter(own);
  const traceback = ["An error that no cell waited for, of a promise or a timer:", ...trace];
  await Deno.jupyter.broadcast("error", { ename: name, evalue: message, traceback });
}
