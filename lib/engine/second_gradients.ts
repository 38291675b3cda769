/**
 * Gradients of the gradients of convolutions and of max-pooling, which TensorFlow.js has not: with them a step
 * can be taken within a loss and differentiated. All of them are linear in what comes from above, and those of
 * convolutions in both arguments, so each is another convolution.
 */
import * as tf from "@tensorflow/tfjs";
import { ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import { capturingBackend } from "./capturing_backend.ts";

/** Runs a kernel by its name. */
function run(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, unknown>,
): tf.Tensor {
  const attrs = attributes as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs) as tf.Tensor;
}

/** A kind of convolution by the names of its kernels. */
interface ConvolutionKernels {
  readonly forward: string;
  readonly ofInput: string;
  readonly ofFilter: string;
}

const PLAIN: ConvolutionKernels = {
  forward: "Conv2D",
  ofInput: "Conv2DBackpropInput",
  ofFilter: "Conv2DBackpropFilter",
};

const DEPTHWISE: ConvolutionKernels = {
  forward: "DepthwiseConv2dNative",
  ofInput: "DepthwiseConv2dNativeBackpropInput",
  ofFilter: "DepthwiseConv2dNativeBackpropFilter",
};

/** G(x, dy), a filter's gradient: ⟨d, G(x, dy)⟩ = ⟨dy, conv(x, d)⟩ = ⟨x, convᵀ(dy, d)⟩. */
function registerOfFilter({ forward, ofInput, ofFilter }: ConvolutionKernels): void {
  tf.registerGradient({
    kernelName: ofFilter,
    inputsToSave: ["x", "dy"],
    gradFunc: (given, [x, dy], attrs) => {
      const filter = given as tf.Tensor, geometry = attrs as unknown as Record<string, unknown>;
      return {
        x: () => run(ofInput, { dy, filter }, { ...geometry, inputShape: x.shape }),
        dy: () => run(forward, { x, filter }, { dilations: 1, dataFormat: "NHWC", ...geometry }),
      };
    },
  });
}

/** G(dy, filter), an input's gradient: ⟨d, G(dy, filter)⟩ = ⟨dy, conv(d, filter)⟩. */
function registerOfInput({ forward, ofInput, ofFilter }: ConvolutionKernels): void {
  tf.registerGradient({
    kernelName: ofInput,
    inputsToSave: ["dy", "filter"],
    gradFunc: (given, [dy, filter], attrs) => {
      const x = given as tf.Tensor, geometry = attrs as unknown as Record<string, unknown>;
      return {
        dy: () => run(forward, { x, filter }, { dilations: 1, dataFormat: "NHWC", ...geometry }),
        filter: () => run(ofFilter, { x, dy }, { ...geometry, filterShape: filter.shape }),
      };
    },
  });
}

/** Where each largest value was, the number from above there; which value is largest has no slope. */
function registerOfMaxPool(): void {
  tf.registerGradient({
    kernelName: "MaxPoolGrad",
    inputsToSave: ["input", "output"],
    gradFunc: (given, [input, output], attrs) => ({
      dy: () =>
        atLargest(given as tf.Tensor4D, { input, output, attributes: attrs as unknown as Pool }),
      input: () => tf.zerosLike(input),
      output: () => tf.zerosLike(output),
    }),
  });
}

/** The attributes of a pooling kernel. */
interface Pool {
  readonly filterSize: number | readonly [number, number];
  readonly strides: number | readonly [number, number];
  readonly pad: string | number;
}

const pair = (size: number | readonly [number, number]) =>
  typeof size === "number" ? [size, size] as const : size;

/** For each window the value of `given` at the place of the largest of `input`, the first one of several. */
function atLargest(
  given: tf.Tensor4D,
  { input, output, attributes }: {
    input: tf.Tensor;
    output: tf.Tensor;
    attributes: Pool;
  },
): tf.Tensor {
  const { pad } = attributes, [rows, columns] = pair(attributes.filterSize);
  const [down, right] = pair(attributes.strides), backend = capturingBackend();
  if (!backend) {
    if (pad !== "valid") {
      throw new RangeError(
        `Max-pooling with padding "${pad}" has no second gradient here: pad first.`,
      );
    }
    const [batch, height, width, channels] = output.shape;
    const end = [batch, (height - 1) * down + 1, (width - 1) * right + 1, channels];
    let found = tf.zerosLike(output), open = tf.onesLike(output);
    for (let place = 0; place < rows * columns; place++) {
      const [top, left] = [Math.floor(place / columns), place % columns];
      const each = (x: tf.Tensor) =>
        tf.stridedSlice(x, [0, top, left, 0], [end[0], top + end[1], left + end[2], end[3]], [
          1,
          down,
          right,
          1,
        ]);
      const here = tf.mul(open, tf.cast(tf.equal(each(input), output), "float32"));
      found = tf.add(found, tf.mul(here, each(given)));
      open = tf.sub(open, here);
    }
    return found;
  }
  const side = (value: readonly number[]) => ({ type: ATTRIBUTES.INT, value: [1, ...value, 1] });
  return backend.executeMultipleOutputs(
    "MaxPoolGradGrad",
    [
      { name: "T", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT },
      { name: "ksize", ...side([rows, columns]) },
      { name: "strides", ...side([down, right]) },
      { name: "padding", type: ATTRIBUTES.STRING, value: String(pad).toUpperCase() },
      { name: "data_format", type: ATTRIBUTES.STRING, value: "NHWC" },
    ],
    [input, output, given],
    1,
  )[0];
}

/** Adds them to TensorFlow.js's own. */
export function registerSecondGradients(): void {
  registerOfFilter(PLAIN); // that of Conv2DBackpropInput is there
  registerOfFilter(DEPTHWISE);
  registerOfInput(DEPTHWISE);
  registerOfMaxPool();
}
