/** Kernels of TensorFlow.js's WebGPU backend that are mended here, each of other kernels that it has. */
import * as tf from "@tensorflow/tfjs";

/** The name under which TensorFlow.js knows the backend. */
export const WEBGPU_NAME = "webgpu";

/** What kernels ask of the backend. */
interface Backend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Float32Array): tf.TensorInfo;
  disposeData(dataId: object): boolean;
  readonly tensorMap: { get(dataId: object): { dtype: tf.DataType } };
}

/** Puts a kernel in the place of the one of its name, if any. */
export function replaceKernel(kernelName: string, kernelFunc: tf.KernelFunc): void {
  if (tf.getKernel(kernelName, WEBGPU_NAME)) tf.unregisterKernel(kernelName, WEBGPU_NAME);
  tf.registerKernel({ kernelName, backendName: WEBGPU_NAME, kernelFunc });
}

const kernel = (name: string) => tf.getKernel(name, WEBGPU_NAME).kernelFunc;

/** Mends what was found wrong. Once for a process. */
export function mendKernels(): void {
  convertWhenCast();
  tileAnyRank();
  keepShapeOfParts();
}

/**
 * Whole numbers and truth values become float32 when they are cast. The package only calls them so, and a kernel
 * that then reads the data as they are, `transpose` for one, is no valid shader.
 */
function convertWhenCast(): void {
  const cast = kernel("Cast"), multiply = kernel("Multiply");
  replaceKernel("Cast", (call) => {
    const named = cast(call) as tf.TensorInfo, backend = call.backend as Backend;
    if (named.dtype !== "float32" || backend.tensorMap.get(named.dataId).dtype === "float32") {
      return named;
    }
    const one = backend.makeTensorInfo([], "float32", Float32Array.of(1));
    const converted = multiply({ inputs: { a: named, b: one }, backend, attrs: {} });
    for (const { dataId } of [named, one]) backend.disposeData(dataId);
    return converted;
  });
}

/** `tile` of five axes and more, which the package does where it must read the values: axis after axis. */
function tileAnyRank(): void {
  const tile = kernel("Tile"), reshape = kernel("Reshape");
  replaceKernel("Tile", (call) => {
    const { x } = call.inputs as { x: tf.TensorInfo }, backend = call.backend as Backend;
    const { reps } = call.attrs as unknown as { reps: number[] };
    if (x.shape.length < 5) return tile(call);
    const run = (f: tf.KernelFunc, x: tf.TensorInfo, attrs: Record<string, number[]>) =>
      f({ inputs: { x }, backend, attrs: attrs as unknown as tf.NamedAttrMap }) as tf.TensorInfo;
    let done = run(reshape, x, { shape: x.shape });
    const step = (f: tf.KernelFunc, attrs: Record<string, number[]>) => {
      const before = done;
      done = run(f, before, attrs);
      backend.disposeData(before.dataId);
    };
    const shape = [...x.shape];
    for (const [axis, times] of reps.entries()) {
      if (times === 1) continue;
      const outer = shape.slice(0, axis).reduce((product, size) => product * size, 1);
      const inner = shape.slice(axis).reduce((product, size) => product * size, 1);
      step(reshape, { shape: [outer, inner] }); // what follows the axis is repeated with it
      step(tile, { reps: [1, times] });
      shape[axis] *= times;
    }
    step(reshape, { shape });
    return done;
  });
}

/** How the package's shader looks for where in a window the largest value is, and how it is to. */
const [LAST_OF_EQUAL, FIRST_OF_EQUAL] = [
  "if (value >= currMaxValue)",
  "if (maxValueFound == 0.0 || value > currMaxValue)",
];

/**
 * Lets the first of a window's largest values have the gradient of max-pooling, as with TensorFlow, PyTorch and
 * the plain backend; with the package it is the last. Zeros of a ReLU are often equal.
 *
 * @param program Any program; one that looks for places is changed.
 */
export function findFirstLargest(
  program: { readonly computePositions?: boolean; shaderKey: string; getUserCode: () => string },
): void {
  if (!program.computePositions) return;
  const code = program.getUserCode.bind(program);
  program.shaderKey += "_first";
  program.getUserCode = () => {
    const mended = code().replace(LAST_OF_EQUAL, FIRST_OF_EQUAL);
    if (mended === code()) throw new Error("WebGPU's shader of places in pools is another one.");
    return mended;
  };
}

/** The parts of a Fourier transform come in two dimensions, however many it has: they get its own. */
function keepShapeOfParts(): void {
  for (const name of ["Real", "Imag"]) {
    const part = kernel(name);
    replaceKernel(name, (call) => {
      const { shape } = (call.inputs as { input: tf.TensorInfo }).input;
      return { ...part(call) as tf.TensorInfo, shape };
    });
  }
}
