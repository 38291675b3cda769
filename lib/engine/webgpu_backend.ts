/**
 * TensorFlow.js's WebGPU backend on Deno's own WebGPU, for machines without TensorFlow: its kernels and its
 * class are used as they are, but for three things. A browser's page goes on after an error of the device,
 * and draws what came of it; here it is thrown at the next read. Values cannot be read at once: the class
 * does it by a canvas, which Deno has not. And errors name the operation in which they arose.
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend as PackagesBackend } from "@tensorflow/tfjs-backend-webgpu";
import { collectGarbage } from "./collect_garbage.ts";
import { findFirstLargest, mendKernels, replaceKernel, WEBGPU_NAME } from "./webgpu_kernels.ts";

/** What the errors have in common: another backend does it. */
const WAY_OUT = "FORGERY_CLUES_BACKEND=tensorflow does it, and so does the plain backend, " +
  "FORGERY_CLUES_BACKEND=cpu, slowly.";

/**
 * Reads between two collections of garbage. V8 sees of a command that went to the device a small object, the
 * system 3 MB for a step of a small detector: after 90 steps 512 MB and growing, in place of 372.
 */
const READS_A_COLLECTION = 32;

/** An error that says what WebGPU has to do with it. */
class WebgpuError extends Error {
  override readonly name = "WebgpuError";
}

/** The operation that runs, for errors. */
let running: string | undefined;

/**
 * Makes WebGPU the backend that TensorFlow.js uses.
 *
 * @returns The adapter's name of what it is, such as `"llvmpipe (LLVM 15.0.6, 256 bits)"`.
 * @throws Error where Deno finds no adapter, saying what is needed.
 */
export async function registerWebgpu(): Promise<{ hardware: string }> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new Error(
      "No WebGPU adapter was found. It needs a GPU's driver for Vulkan (Linux), Metal (macOS) or " +
        "Direct3D 12 (Windows); on Debian and Ubuntu a processor alone does with " +
        "`apt-get install mesa-vulkan-drivers`. Without one, leave FORGERY_CLUES_BACKEND out.",
    );
  }
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  const { limits, info } = adapter;
  const device = await adapter.requestDevice({
    requiredLimits: {
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
  const failed = firstFailure(device);

  /** TensorFlow.js's class, which hands nothing out after a failure and reads nothing at once. */
  class Checked extends WebGPUBackend {
    #reads = 0;

    override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
      const values = await super.read(dataId);
      const failure = failed();
      if (failure) throw failure;
      if (++this.#reads % READS_A_COLLECTION === 0) collectGarbage();
      return values;
    }

    override runWebGPUProgram(
      ...run: Parameters<PackagesBackend["runWebGPUProgram"]>
    ): tf.TensorInfo {
      findFirstLargest(run[0]);
      return super.runWebGPUProgram(...run);
    }

    override readSync(dataId: object): tf.backend_util.BackendValues {
      const { values, dtype } = this.tensorMap.get(dataId);
      if (values !== null && values !== undefined || dtype === "string") return values;
      throw new WebgpuError(
        running === undefined
          ? "WebGPU hands values out later, never at once: `await x.data()` and `await x.array()` do " +
            `where this read with dataSync, arraySync or print. ${WAY_OUT}`
          : `${running} needs values that are on the device, and WebGPU hands them out later, never at ` +
            `once. ${WAY_OUT}`,
      );
    }
  }

  mendKernels();
  nameOperations();
  tf.removeBackend(WEBGPU_NAME); // the package's own
  tf.registerBackend(WEBGPU_NAME, () => new Checked(device, info), 3);
  await tf.setBackend(WEBGPU_NAME);
  return { hardware: info.description || [info.vendor, info.device].join(" ").trim() || "unknown" };
}

/** Listens to a device; what is returned gives the first error that it had, if any. */
function firstFailure(device: GPUDevice): () => Error | undefined {
  let failure: Error | undefined;
  const keep = (message: string) =>
    failure ??= new WebgpuError(
      "The WebGPU device failed, and what it computes since is worth nothing: " +
        `${
          shortened(message)
        }. Where it is for want of memory, try fewer pictures at once (batchSize, ` +
        `microBatchSize). ${WAY_OUT}`,
    );
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    keep((event as GPUUncapturedErrorEvent).error.message);
  });
  device.lost.then(({ message }) => keep(`It was lost. ${message}`));
  return () => failure;
}

/** The first two lines of what a device says, which can go on for a page: what happened, and where. */
function shortened(message: string): string {
  return message.trim().split("\n").slice(0, 2).map((line) => line.trim()).join(" ");
}

/** Lets errors name the operation: of kernels that are there, and of those that other backends alone have. */
function nameOperations(): void {
  const own = new Set(tf.getKernelsForBackend(WEBGPU_NAME).map(({ kernelName }) => kernelName));
  for (const kernelName of own) {
    const { kernelFunc } = tf.getKernel(kernelName, WEBGPU_NAME);
    replaceKernel(kernelName, (call) => {
      const outer = running;
      running = kernelName;
      try {
        return kernelFunc(call);
      } catch (error) {
        if (error instanceof WebgpuError) throw error;
        throw new WebgpuError(`WebGPU's ${kernelName}: ${(error as Error).message} ${WAY_OUT}`, {
          cause: error,
        });
      } finally {
        running = outer;
      }
    });
  }
  for (const { kernelName } of tf.getKernelsForBackend("cpu")) {
    if (own.has(kernelName)) continue;
    replaceKernel(kernelName, () => {
      throw new WebgpuError(`TensorFlow.js's WebGPU backend has no ${kernelName}. ${WAY_OUT}`);
    });
  }
}
