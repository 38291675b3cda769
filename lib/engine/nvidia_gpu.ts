/**
 * NVIDIA GPUs for TensorFlow's CUDA build: what it needs opened before it takes one, whether one seems
 * to be there, and why none is used. Linux only, as the CUDA build is. What was run on a real GPU, an H100
 * (80 GB, HBM3) with NVIDIA's driver 580: TensorFlow 2.21 in the layout of its wheels missed libcusolver.so.11,
 * `idleGpu` named it, and with `openCusolver` it took the GPU; the other CUDA libraries were of CUDA 13.
 */
import { dirname, join } from "node:path";
import type { ContextOptions, Device } from "./eager_context.ts";
import type { Native } from "./native_library.ts";

/** Modes of dlopen: resolve all symbols now; only ask whether the library is open already. */
const RTLD_NOW = 2, RTLD_NOLOAD = 4;

/** The driver's library, which TensorFlow asks for GPUs. */
const DRIVER = "libcuda.so.1";

/**
 * Checks that a device is there, as far as that can be seen before TensorFlow looks.
 *
 * @param device Undefined: none was asked for.
 * @param root The folder that stands for `/`.
 * @throws RangeError for a GPU that is not, naming the devices that are.
 */
export function assertThere(device: ContextOptions["device"], root = "/"): void {
  const gpus = Array.from({ length: visibleGpus(root) }, (_, i) => `gpu:${i}`),
    there = ["cpu", ...gpus];
  if (device === undefined || there.includes(device)) return;
  throw new RangeError(`The device ${device} is not there. What is there: ${there.join(", ")}.`);
}

/**
 * Checks that tensors live on the GPU that was asked for, if one was.
 *
 * @param found `device`: where tensors live; `notice`: why no GPU is used, as `idleGpu` says it.
 * @throws RangeError where they do not, with the reason.
 */
export function assertUsed(
  wanted: ContextOptions["device"],
  { device, notice }: { device: Device; notice: string | undefined },
): void {
  if (wanted === undefined || wanted === "cpu" || device.type === "GPU") return;
  throw new RangeError(
    `The device ${wanted} cannot be used. ${notice ?? "TensorFlow says no reason."}`,
  );
}

/** What TensorFlow 2.21 must have opened besides before it registers a GPU, as its loader's log names it. */
const CUDA_LIBRARIES = [
  "libcudart.so.12",
  "libcublas.so.12",
  "libcublasLt.so.12",
  "libcufft.so.11",
  "libcusolver.so.11",
  "libcusparse.so.12",
  "libcudnn.so.9",
];

/** Whether the library was built with CUDA. */
function isCudaBuild({ symbols }: Native): boolean {
  return symbols.isCudaBuild?.() ?? false;
}

/** Where the wheel of cuSOLVER lies beside the wheel of TensorFlow, in the same site-packages. */
const cusolverBeside = (library: string): string =>
  join(dirname(library), "..", "nvidia", "cusolver", "lib", "libcusolver.so.11");

/**
 * Opens the wheel's cuSOLVER, if it is there, so that TensorFlow finds it by name. TensorFlow opens
 * all that it needs from its framework library, whose search path names every folder of the `nvidia-*`
 * wheels but this one; without it no GPU is registered. Call it before the context is made.
 *
 * A library that does not open is left to `idleGpu` to tell: without it TensorFlow runs on the processor.
 */
export function openCusolver(native: Native): void {
  const path = cusolverBeside(native.path);
  if (!isCudaBuild(native) || !exists(path)) return;
  native.symbols.dlopen?.(native.cstring(path), RTLD_NOW);
}

/**
 * Whether this process can see an NVIDIA GPU: the driver's device file, or Windows' driver in its
 * subsystem for Linux. Neither promises that the GPU works.
 *
 * @param root The folder that stands for `/`.
 */
export function seesNvidiaGpu(root = "/"): boolean {
  try {
    for (const { name } of Deno.readDirSync(join(root, "dev"))) {
      if (/^nvidia\d+$/.test(name)) return true;
    }
  } catch {
    // No such folder on this system, or it may not be read.
  }
  return exists(join(root, "usr", "lib", "wsl", "lib", "libcuda.so.1"));
}

/**
 * How many NVIDIA GPUs this process may use: those that `CUDA_VISIBLE_DEVICES` names, or else the device files
 * of the driver.
 *
 * @param root The folder that stands for `/`.
 */
export function visibleGpus(root = "/"): number {
  const chosen = visibleToCuda();
  if (!seesNvidiaGpu(root) || /^(-1\b.*)?$/.test(chosen)) return 0;
  if (chosen !== "all") return chosen.split(",").length;
  const files = Deno.readDirSync(join(root, "dev")).filter(({ name }) => /^nvidia\d+$/.test(name));
  return Math.max(1, [...files].length);
}

/**
 * What to tell of a GPU that stands idle; undefined when there is nothing to tell: a GPU is used, none is
 * there, or somebody wants none.
 *
 * @param found `device`: where tensors live; `gpu`: whether a GPU is seen; `options`: the context's.
 */
export function idleGpu(
  native: Native,
  { device, gpu, options }: { device: Device; gpu: boolean; options: ContextOptions },
): string | undefined {
  const unwanted = options.device === "cpu" || /^(-1\b.*)?$/.test(visibleToCuda()) ||
    Deno.env.get("FORGERY_CLUES_GPU") === "0";
  if (device.type === "GPU" || !gpu || unwanted) return undefined;
  return "An NVIDIA GPU seems to be there, but TensorFlow does not use it: the processor computes, many " +
    `times slower. ${whyIdle(native)} With TF_CPP_MIN_LOG_LEVEL=0 TensorFlow says more.`;
}

/** The reason, as far as the libraries that TensorFlow has opened tell it, and the remedy. */
function whyIdle(native: Native): string {
  const { symbols, cstring } = native;
  if (!isCudaBuild(native)) {
    return "This is TensorFlow's build for processors alone: FORGERY_CLUES_GPU=1 deno task doctor installs the " +
      "one for GPUs (9 GB; Linux on x86-64), and FORGERY_CLUES_GPU=0 in the environment silences this line.";
  }
  const isOpen = (name: string) => symbols.dlopen?.(cstring(name), RTLD_NOW | RTLD_NOLOAD) !== 0n;
  const closed = CUDA_LIBRARIES.filter((name) => !isOpen(name));
  const again =
    "delete .cache/setup/tensorflow.json and run `deno task doctor`, which installs them.";
  if (!isOpen(DRIVER)) {
    return `The driver's library ${DRIVER} could not be opened: install NVIDIA's driver.`;
  }
  if (closed.length === 0) {
    return "All libraries that it needs are open; the driver may be too old.";
  }
  // It asks the driver for GPUs first, and opens the others, all of them, only when there are any.
  if (closed.length >= CUDA_LIBRARIES.length - 1) {
    return "Either the driver gives it no GPU (`nvidia-smi` shows whether it works), or CUDA's " +
      `libraries are not installed: ${again}`;
  }
  return `It could not open ${closed.join(", ")}: ${again}`;
}

/** CUDA's own choice of devices; `"all"` where nobody chose. */
const visibleToCuda = (): string => Deno.env.get("CUDA_VISIBLE_DEVICES") ?? "all";

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
