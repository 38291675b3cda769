// deno-lint-ignore-file no-console -- a task prints
/**
 * `deno task prepare <data set> --out <folder>`: cuts the faces out of a data set. Exit code 1 when
 * something could not be read or written, 2 for a wrong command line, 130 after Ctrl-C.
 */

import { join } from "node:path";
import { listenForInterrupt } from "lib/training/interrupt.ts";
import { parsePrepareOptions, type PrepareOptions, USAGE } from "./prepare/options.ts";
import { PROJECT } from "./setup/project.ts";
import { setUp } from "./setup/setup.ts";

async function prepare(args: readonly string[]): Promise<number> {
  let options: PrepareOptions | "help";
  try {
    options = parsePrepareOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  await setUp();
  const { prepareDataSet } = await import("./prepare/run.ts"); // its packages are there only now
  using interrupt = listenForInterrupt();
  const { signal } = interrupt;
  try {
    const descriptions = join(PROJECT.root, "data");
    const { unreadable } = await prepareDataSet(options, { descriptions, signal });
    return unreadable > 0 ? 1 : 0;
  } catch (error) {
    if (signal.aborted) {
      console.error("\nStopped. The same command goes on where it was.");
      return 130;
    }
    if (error instanceof TypeError) throw error; // a fault of ours: with its stack
    console.error(`\nPrepare stopped. ${(error as Error).message}`);
    if (error instanceof RangeError) return 2;
    console.error("What is finished stays: afterwards the same command goes on where it was.");
    return 1;
  }
}

if (import.meta.main) Deno.exit(await prepare(Deno.args));
