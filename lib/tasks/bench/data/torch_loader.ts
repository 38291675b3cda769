/** PyTorch's DataLoader with OpenCV and albumentations, in environments of the bench's own. */
import { join } from "node:path";
import { installedPackages } from "../../setup/python_environment.ts";
import { type Project, projectEnvironment } from "../../setup/project.ts";
import type { Step } from "../../setup/setup_steps.ts";
import { makeOwnEnvironment } from "../own_environment.ts";
import type { WorkerCommand } from "../worker_process.ts";

/** What is compared with, beside the PyTorch of `torchStep`. */
const PACKAGES = ["opencv-python-headless==4.13.0.92", "albumentations==2.0.8", "numpy==2.4.2"];

/** One pass over the crops. */
export interface Epoch {
  /** From asking for the first batch to having the last. */
  readonly seconds: number;
  /** In full batches. */
  readonly images: number;
}

/** What is read, and how. */
export interface LoaderWork {
  /** JPEG files. */
  readonly paths: readonly string[];
  /** 0 real, 1 fake. */
  readonly labels: readonly number[];
  /** Side of the results in pixels. */
  readonly size: number;
  /** Pictures a batch. */
  readonly batch: number;
}

/** What pairs are made of, and how. */
export interface ForgingWork extends Omit<LoaderWork, "labels"> {
  /** The landmarks' file of each picture. */
  readonly landmarks: readonly string[];
  /** Pairs a batch. */
  readonly batch: number;
}

/** How much the pictures of pairs differ. */
export interface PairDifference {
  /** Mean of the masks, 0 to 255. */
  readonly mask: number;
  /** Mean of the absolute difference of fake and real, in levels. */
  readonly change: number;
}

/** What the worker is asked, and answers. */
export interface LoaderQuestions {
  /** Versions. */
  describe: [Record<never, never>, { readonly version: string }];
  /** Mean of red, green and blue of each picture, decoded and resized only. */
  check: [Pick<LoaderWork, "paths" | "size">, { readonly means: number[] }];
  /** Makes a DataLoader with so many processes and goes through it once. */
  prepare: [(LoaderWork | ForgingWork) & { readonly processes: number }, Epoch];
  /** Goes through the pairs once, to say how much they differ. */
  differ: [Record<never, never>, PairDifference];
  /** Goes through it once. */
  epoch: [Record<never, never>, Epoch];
}

/** The step that makes the environment of OpenCV and albumentations. */
export function loaderPeerStep(project: Project): Step {
  const own = inPlace(project, "bench-loader");
  const chosen = Deno.env.get("FORGERY_CLUES_PYTHON");
  return {
    name: "bench-loader",
    title: "OpenCV and albumentations for the bench",
    gigabytes: 1,
    inputs: () => Promise.resolve([project.root, chosen ?? "", ...PACKAGES]),
    run: async ({ report }) => ({
      paths: await makeOwnEnvironment(own, {
        packages: PACKAGES,
        what: "OpenCV and albumentations",
        environment: "the environment of the loader bench",
        python: chosen,
        report,
      }),
    }),
  };
}

/** How to start the worker: PyTorch comes from the environment of `torchStep`. */
export function loaderPeer(project: Project): WorkerCommand {
  const own = inPlace(project, "bench-loader");
  return {
    name: "PyTorch's DataLoader",
    command: [own.python, "-B", join(import.meta.dirname!, "torch_loader.py")],
    cwd: project.root,
    env: {
      ...projectEnvironment(project),
      PYTHONPATH: installedPackages(inPlace(project, "bench-torch")),
    },
  };
}

function inPlace(project: Project, name: string): Project {
  const venv = join(project.cache, name);
  return { ...project, venv, python: project.python.replace(project.venv, venv) };
}
