/**
 * Starts the tensor engine: TensorFlow.js on the current TensorFlow library, run operation by operation or
 * captured into one function (`compile`). Everything else in lib is ordinary TensorFlow.js.
 *
 * To read on. The library: `find_library`, `c_api_symbols` (every C function and its use),
 * `native_library`, `tensorflow_greeting`, `nvidia_gpu`, `eager_context`, `tensor_float32`, `determinism`,
 * `library_pages`; of the device speak `one_dnn` and `device_title`, with `device_memory` and `hardware_name`. Several
 * processes: `meet_group` with `group_thread`, `rendezvous` and `peer_connection`; `device_group`,
 * `collectives`. Running: `kernel_binding` (what TensorFlow.js's kernels call), `eager_binding` with
 * `operation_attributes` and `host_tensors`, `tensorflow_error`; `capturing_backend` and
 * `tensorflow_backend` with `gather_kernel`, `batch_norm_kernel`, `mat_mul_kernel`, `max_pool_kernel` (with `kernel_padding` and `replace_native_kernel`) and `relu_gradient`. Pictures go to the device
 * by `byte_tensor`, whose data a `byte_record` keeps, weights by `hand_over`; `read_once` looks at them. Capturing:
 * `compile` and `compile_each_shape`, by `operation_recorder` on a `graph_builder`, with `recorded_constants`,
 * `needless_operation`, `half_casts`, `held_back_weights`, `captured_function` (with `collect_garbage`,
 * `protobuf`), `uncaptured_function`; for functions that update variables `resource_variable`,
 * `recorded_variables`, `updating_function`; for those that do not `lean_inference`, of `convolution_chains`,
 * `fuse_convolutions`, `packed_filters` and `keeps_filter` (with `eager_operations`). Operations that TensorFlow.js lacks: `batch_norm`, `mul_no_nan`, `leaky_relu`,
 * `convolution` (with `not_before`), `stateless_random`, `gradients_at`, `adam`, `sgd` and `weight_decay` (with
 * `optimiser_gradient`). Without TensorFlow: `plain_kernels`, `webgpu_backend` with `webgpu_kernels`, and
 * `philox`. For threads without TensorFlow.js: `jpeg_decoder`.
 */
import * as tf from "@tensorflow/tfjs";
import { capturingBackend } from "./capturing_backend.ts";
import { registerBackend } from "./tensorflow_backend.ts";
import { type ContextOptions, openContext } from "./eager_context.ts";
import { EagerBinding } from "./eager_binding.ts";
import { isDeterministic, requireDeterminism } from "./determinism.ts";
import { assertThere, assertUsed, idleGpu, openCusolver, seesNvidiaGpu } from "./nvidia_gpu.ts";
import { withoutGpuError, withoutGreeting } from "./tensorflow_greeting.ts";
import { findLibrary } from "./find_library.ts";
import { hardwareName } from "./hardware_name.ts";
import { releaseLibraryPages } from "./library_pages.ts";
import { openNative } from "./native_library.ts";
import { mendPlainKernels } from "./plain_kernels.ts";
import { registerSecondGradients } from "./second_gradients.ts";
import { roundsToTensorFloat32 } from "./tensor_float32.ts";
import { registerWebgpu } from "./webgpu_backend.ts";

/** What computes: TensorFlow's library, or TensorFlow.js itself, on WebGPU or in JavaScript. */
export type BackendName = typeof BACKENDS[number];

const BACKENDS = ["tensorflow", "webgpu", "cpu"] as const;

/** The environment variable that names a backend where the program does not. */
const BACKEND_VARIABLE = "FORGERY_CLUES_BACKEND";

/** How the engine starts. Threads, memory, devices, TF32 and the group are those of `ContextOptions`. */
export interface EngineOptions extends ContextOptions {
  /**
   * `"cpu"` asks for the plain TensorFlow.js backend, `"webgpu"` for its WebGPU one on Deno's own WebGPU.
   * Default: what the environment variable `FORGERY_CLUES_BACKEND` says, else TensorFlow where its library
   * is found.
   */
  readonly backend?: BackendName;
  /** Path of the library; default: see `findLibrary`. */
  readonly library?: string;
  /**
   * Whether a GPU uses only operations that give the same bits each time, which are slower; one that TensorFlow
   * has no such kernel for is then an error that names it. A processor gives the same bits on the same number
   * of threads as it is. Default false; `TF_DETERMINISTIC_OPS=1` in the environment asks for it too.
   */
  readonly deterministic?: boolean;
}

/** What runs where. */
export interface Engine {
  /** `"tensorflow"`, `"webgpu"`, or `"cpu"`: the plain backend of TensorFlow.js, correct and slow. */
  readonly backend: BackendName;
  /**
   * Where tensors live, such as `"CPU:0"`, `"GPU:0"` or `"WebGPU:0"`; TensorFlow's GPU by its number in
   * `EngineOptions.device`.
   */
  readonly device: string;
  /** What that device is, by its maker's name: see `hardwareName`. */
  readonly hardware: string;
  /** Whether float32 products are rounded to TF32 on it, as one has shown at the start. */
  readonly tensorFloat32: boolean;
  /** Whether the same work gives the same bits each time: on a processor, and on a GPU where that was asked for. */
  readonly deterministic: boolean;
  /** TensorFlow's version, or TensorFlow.js's on the other backends. */
  readonly version: string;
  /** Threads inside one operation; 1 on WebGPU, whose device has its own. */
  readonly threads: number;
  /** Why the plain backend, or the processor beside an idle GPU, is used unasked, and what to do. */
  readonly notice?: string;
}

let started: { engine: Promise<Engine>; options: string } | undefined;

/**
 * Starts the engine, once for a process; called again with the same options, or none, it returns the
 * same. Without TensorFlow's library it falls back to the plain `cpu` backend and says so once, on
 * standard error and in `notice`; likewise of a GPU that its CUDA build does not use.
 *
 * @throws Error when the engine runs already with other options, or the library cannot be loaded; RangeError
 * when the device that is asked for is not there, naming those that are, or cannot be used, with the reason.
 *
 * @example
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const { backend } = await startEngine();
 * assert.equal(tf.getBackend(), backend);
 * ```
 */
export function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const wanted = JSON.stringify(options, Object.keys(options).sort());
  if (started) {
    if (wanted !== started.options && wanted !== "{}") {
      return Promise.reject(
        new Error(
          `The engine runs already, with ${started.options}; it cannot change to ${wanted}. ` +
            "Call startEngine with your options before anything else, or start a new process.",
        ),
      );
    }
    return started.engine;
  }
  const engine = start(options);
  started = { engine, options: wanted };
  engine.catch(() => started = undefined); // it may be tried again, with another library
  return engine;
}

/** The engine that was started, for work that takes any; undefined before `startEngine`. */
export function runningEngine(): Promise<Engine> | undefined {
  return started?.engine;
}

async function start(options: EngineOptions): Promise<Engine> {
  mendPlainKernels(); // whichever backend is chosen: tests compare it with this one
  assertThere(options.device);
  const backend = options.backend ?? backendOfEnvironment(), asked = options.device ?? "cpu";
  if (options.group && backend !== undefined && backend !== "tensorflow") {
    throw new Error(`Several devices need TensorFlow; the ${backend} backend is asked for.`);
  }
  if (backend === "webgpu" && options.device || backend === "cpu" && asked !== "cpu") {
    throw new RangeError(
      `The device ${asked} is TensorFlow's; the ${backend} backend is asked for.`,
    );
  }
  if (backend === "cpu") return plain();
  if (backend === "webgpu") return await onWebgpu();
  const library = findLibrary(options.library);
  if ("missing" in library) {
    if (options.group) throw new Error(`Several devices need TensorFlow: ${library.missing}.`);
    if (asked !== "cpu") throw new RangeError(`${asked} needs TensorFlow: ${library.missing}.`);
    const notice = `TensorFlow was not found (${library.missing}): the plain TensorFlow.js cpu ` +
      "backend is used, which is correct but many times slower. `deno task doctor` says how to get it; " +
      `a GPU can be used without it: ${BACKEND_VARIABLE}=webgpu.`;
    tell(notice);
    return { ...await plain(), notice };
  }
  const gpu = seesNvidiaGpu();
  const native = withoutGreeting(() => openNative(library.path), { gpu });
  openCusolver(native);
  const open = () => openContext(native, options);
  const context = gpu ? open() : withoutGpuError(open);
  const notice = idleGpu(native, { device: context.device, gpu, options });
  const isGpu = context.device.type === "GPU";
  assertUsed(options.device, { device: context.device, notice });
  if (isGpu && options.deterministic) requireDeterminism(native);
  releaseLibraryPages(native);
  registerBackend(new EagerBinding(native, context));
  await tf.ready();
  if (notice !== undefined) tell(notice);
  const device = isGpu ? (options.device ?? "gpu:0").toUpperCase() : "CPU:0";
  return {
    backend: "tensorflow",
    device,
    hardware: hardwareName(device),
    tensorFloat32: isGpu && roundsToTensorFloat32(),
    deterministic: !isGpu || isDeterministic(native),
    version: native.text(native.symbols.TF_Version()),
    threads: options.intraOpThreads ?? navigator.hardwareConcurrency,
    ...(notice !== undefined && { notice }),
  };
}

/** @throws RangeError for a name that is none. */
function backendOfEnvironment(): BackendName | undefined {
  const asked = Deno.env.get(BACKEND_VARIABLE) ?? "",
    found = BACKENDS.find((name) => name === asked);
  if (asked === "" || found) return found;
  throw new RangeError(`${BACKEND_VARIABLE} is ${BACKENDS.join(", ")} or not set, not "${asked}".`);
}

/** Says a line on standard error. */
function tell(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(line + "\n"));
}

async function plain(): Promise<Engine> {
  await tf.setBackend("cpu");
  await tf.ready();
  registerSecondGradients();
  // Its first use prints an advertisement over several lines; the notice says what matters.
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
  const device = "CPU:0", hardware = hardwareName(device), version = tf.version.tfjs;
  const same = { tensorFloat32: false, deterministic: true, threads: 1 };
  return { backend: "cpu", device, hardware, version, ...same };
}

async function onWebgpu(): Promise<Engine> {
  registerSecondGradients();
  const { hardware } = await registerWebgpu(), device = "WebGPU:0", version = tf.version.tfjs;
  const same = { tensorFloat32: false, deterministic: false, threads: 1 };
  return { backend: "webgpu", device, hardware, version, ...same };
}

/**
 * Path of the TensorFlow library that the engine runs on, for threads that open it too; undefined on the
 * plain backend and before `startEngine`.
 */
export function libraryInUse(): string | undefined {
  return capturingBackend()?.eager.native.path;
}
