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
        dy: () => run(forward, { x, filter }, { dilations: 1, ...geometry }),
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
        dy: () => run(forward, { x, filter }, { dilations: 1, ...geometry }),
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
    gradFunc: (given, [input, output], attrs) => {
      const { filterSize, strides, pad } = attrs as unknown as Record<string, unknown>;
      const side = (size: unknown) => {
        const [rows, columns] = typeof size === "number" ? [size, size] : size as number[];
        return { type: ATTRIBUTES.INT, value: [1, rows, columns, 1] };
      };
      const dy = () =>
        capturingBackend()!.executeMultipleOutputs(
          "MaxPoolGradGrad",
          [
            { name: "T", type: ATTRIBUTES.TYPE, value: TYPES.FLOAT },
            { name: "ksize", ...side(filterSize) },
            { name: "strides", ...side(strides) },
            { name: "padding", type: ATTRIBUTES.STRING, value: String(pad).toUpperCase() },
            { name: "data_format", type: ATTRIBUTES.STRING, value: "NHWC" },
          ],
          [input, output, given as tf.Tensor],
          1,
        )[0];
      return { dy, input: () => tf.zerosLike(input), output: () => tf.zerosLike(output) };
    },
  });
}

/** Adds them to TensorFlow.js's own. */
export function registerSecondGradients(): void {
  registerOfFilter(PLAIN); // that of Conv2DBackpropInput is there
  registerOfFilter(DEPTHWISE);
  registerOfInput(DEPTHWISE);
  registerOfMaxPool();
}
