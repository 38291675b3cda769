/** A kernel of TensorFlow.js's plain cpu backend that is mended here. */
import * as tf from "@tensorflow/tfjs";

/** The name under which TensorFlow.js knows the backend. */
const PLAIN_NAME = "cpu";

/** Tensors that one kernel hands to another. */
type Tensors = tf.TensorInfo[] | Record<string, tf.TensorInfo>;

function run(kernelName: string, inputs: Tensors, call: { backend: unknown; attrs: unknown }) {
  const { kernelFunc } = tf.getKernel(kernelName, PLAIN_NAME);
  const attrs = call.attrs as tf.NamedAttrMap;
  return kernelFunc({
    inputs: inputs as tf.NamedTensorInfoMap,
    backend: call.backend as object,
    attrs,
  });
}

/**
 * Mends the gradient of `resizeNearestNeighbor`, which reads what flows back to the second picture and later ones
 * from places of the first: each picture goes through it alone. A second time it does no harm.
 */
export function mendPlainKernels(): void {
  const kernelName = "ResizeNearestNeighborGrad";
  const { kernelFunc: ofPicture } = tf.getKernel(kernelName, PLAIN_NAME);
  tf.unregisterKernel(kernelName, PLAIN_NAME);
  const kernelFunc: tf.KernelFunc = ({ inputs, backend, attrs }) => {
    const { images, dy } = inputs as Record<string, tf.TensorInfo>, used: tf.TensorInfo[] = [];
    const temporary = (info: tf.TensorInfo | tf.TensorInfo[]) => {
      used.push(info as tf.TensorInfo);
      return info as tf.TensorInfo;
    };
    const picture = (x: tf.TensorInfo, i: number) => {
      const place = { begin: [i, 0, 0, 0], size: [1, ...x.shape.slice(1)] };
      return temporary(run("Slice", { x }, { backend, attrs: place }));
    };
    const each = Array.from({ length: images.shape[0] }, (_, i) => {
      const own = { images: picture(images, i), dy: picture(dy, i) };
      return temporary(ofPicture({ inputs: own, backend, attrs: attrs! }));
    });
    const all = run("Concat", each, { backend, attrs: { axis: 0 } });
    for (const { dataId } of used) (backend as tf.KernelBackend).disposeData(dataId);
    return all;
  };
  tf.registerKernel({ kernelName, backendName: PLAIN_NAME, kernelFunc });
}
