/** One side of the comparison: how its worker is started, and in which ways it can run a case. */
import type { Project } from "../setup/project.ts";
import type { BenchCase } from "./bench_cases.ts";
import type { WorkerCommand } from "./worker_process.ts";
import { deviceEnvironment, type SideOptions } from "./worker_protocol.ts";

/** A framework that takes part. */
export interface Contender {
  /** How its worker is started, and its name in tables. */
  readonly worker: WorkerCommand;
  /** The ways to run a case that are tried; the fastest is then compared. */
  readonly variants: (one: BenchCase) => readonly string[];
  /** Further ways to try, given the fastest so far. */
  refine?(best: string): readonly string[];
}

/** Our own side: TensorFlow's kernels, the step captured whole. */
export function ownContender(project: Project, options: SideOptions): Contender {
  return {
    // Merging batch norm into the weights leaves fewer operations. It is no trial's choice: bursts of a few
    // seconds chose the other way where it was then the slower one.
    variants: ({ work }) => work === "inference" ? ["captured_folded"] : ["captured"],
    worker: {
      name: "Forgery Clues",
      command: [
        Deno.execPath(),
        "run",
        "--allow-all",
        "--no-check",
        "--quiet",
        import.meta.resolve("./deno_worker.ts"),
      ],
      cwd: project.root,
      env: {
        FORGERY_CLUES_BENCH_THREADS: String(options.threads),
        ...deviceEnvironment(options),
      },
    },
  };
}
