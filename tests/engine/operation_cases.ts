/** Operations of TensorFlow.js with their inputs, for running one list on several backends. */
import * as tf from "@tensorflow/tfjs";

/** A tensor still to be made, on whichever backend runs then. */
export interface Input {
  readonly shape: number[];
  readonly dtype: "float32" | "int32" | "bool" | "string";
  readonly values: number[] | string[];
}

/** An operation, or a gradient, and what it is called with. */
export interface OperationCase {
  readonly name: string;
  readonly inputs: readonly Input[];
  /** `never` stands for a tensor of whatever rank and type the operation asks for. */
  readonly run: (...inputs: never[]) => tf.Tensor | tf.Tensor[];
}

/** The inputs as tensors of the backend that is set. */
export function makeInputs({ inputs }: OperationCase): tf.Tensor[] {
  return inputs.map(({ values, shape, dtype }) => tf.tensor(values, shape, dtype));
}

/** Runs a case on tensors. */
export function runCase({ run }: OperationCase, inputs: tf.Tensor[]): tf.Tensor[] {
  return [(run as (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[])(...inputs)].flat();
}

// The same numbers at every run, so that the list is the same on every backend.
let state = 12345;
function draw(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}
const fill = (shape: number[], value: () => number) =>
  Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value);

/** Numbers from −1/2 to 1/2. */
const real = (...shape: number[]): Input => ({
  shape,
  dtype: "float32",
  values: fill(shape, () => Math.fround(draw() - 0.5)),
});
/** Numbers from 1/10 to 1. */
const positive = (...shape: number[]): Input => ({
  shape,
  dtype: "float32",
  values: fill(shape, () => Math.fround(0.1 + 0.9 * draw())),
});
/** Whole numbers from 0 to below `end`. */
const whole = (end: number, ...shape: number[]): Input => ({
  shape,
  dtype: "int32",
  values: fill(shape, () => Math.floor(end * draw())),
});
/** 1, 2 and 3 as float32. */
const few = (...shape: number[]): Input => ({
  shape,
  dtype: "float32",
  values: fill(shape, () => 1 + Math.floor(3 * draw())),
});
const int32 = (values: number[], shape = [values.length]): Input => ({
  shape,
  dtype: "int32",
  values,
});
const float32 = (values: number[], shape = [values.length]): Input => ({
  shape,
  dtype: "float32",
  values,
});
const bool = (...shape: number[]): Input => ({ ...whole(2, ...shape), dtype: "bool" });
const texts = (values: string[]): Input => ({ shape: [values.length], dtype: "string", values });

/** The sum of squares of what `f` returns, and its gradients in all inputs. */
function gradients(f: OperationCase["run"]): OperationCase["run"] {
  return (...inputs) => {
    const square = (...x: tf.Tensor[]) =>
      tf.sum(tf.square((f as (...x: tf.Tensor[]) => tf.Tensor)(...x)));
    const { value, grads } = tf.valueAndGrads(square)(inputs);
    return [value, ...grads];
  };
}

/** The elementwise functions of one real argument that every backend has. */
const UNARY = [
  "abs",
  "exp",
  "sin",
  "cos",
  "tanh",
  "sigmoid",
  "relu",
  "elu",
  "selu",
  "softplus",
  "square",
  "sign",
  "floor",
  "ceil",
  "round",
  "erf",
  "neg",
  "expm1",
  "atan",
  "step",
  "isNaN",
  "isFinite",
  "leakyRelu",
] as const; // deno-fmt-ignore

const LONG_TEXT = "héllo wörld, longer than the 22 bytes that TensorFlow keeps inline";
const SEGMENTS = int32([0, 2, 2, 1, 0]);

// deno-fmt-ignore
const TABLE: [string, Input[], OperationCase["run"]][] = [
  // Convolution
  ["conv2d, same", [real(2, 9, 8, 3), real(3, 3, 3, 5)], (x, w) => tf.conv2d(x, w, 1, "same")],
  ["conv2d, stride 2, valid", [real(2, 9, 8, 3), real(3, 2, 3, 5)], (x, w) => tf.conv2d(x, w, [2, 2], "valid")],
  ["conv2d, dilated", [real(2, 9, 8, 3), real(3, 3, 3, 5)], (x, w) => tf.conv2d(x, w, 1, "same", "NHWC", 2)],
  ["conv2d, explicit padding", [real(2, 9, 8, 3), real(3, 3, 3, 5)], (x, w) => tf.conv2d(x, w, 1, [[0, 0], [1, 2], [0, 1], [0, 0]])],
  ["conv2d, gradients", [real(2, 7, 6, 3), real(3, 3, 3, 4)], gradients((x, w) => tf.conv2d(x, w, 1, "same"))],
  ["conv2d, stride 2, gradients", [real(2, 7, 6, 3), real(3, 3, 3, 4)], gradients((x, w) => tf.conv2d(x, w, 2, "same"))],
  ["conv2dTranspose", [real(2, 4, 4, 3), real(3, 3, 5, 3)], (x, w) => tf.conv2dTranspose(x, w, [2, 8, 8, 5], 2, "same")],
  ["conv2dTranspose, gradients", [real(2, 4, 4, 3), real(3, 3, 5, 3)], gradients((x, w) => tf.conv2dTranspose(x, w, [2, 8, 8, 5], 2, "same"))],
  ["conv3d", [real(1, 5, 5, 5, 2), real(2, 2, 2, 2, 3)], (x, w) => tf.conv3d(x, w, 1, "same")],
  ["conv1d", [real(2, 9, 3), real(3, 3, 4)], (x, w) => tf.conv1d(x, w, 1, "same")],
  ["depthwiseConv2d", [real(2, 7, 6, 3), real(3, 3, 3, 2)], (x, w) => tf.depthwiseConv2d(x, w, 1, "same")],
  ["depthwiseConv2d, gradients", [real(2, 7, 6, 3), real(3, 3, 3, 2)], gradients((x, w) => tf.depthwiseConv2d(x, w, 1, "same"))],
  ["depthwiseConv2d, stride 2, gradients", [real(2, 8, 8, 3), real(3, 3, 3, 1)], gradients((x, w) => tf.depthwiseConv2d(x, w, 2, "same"))],
  ["separableConv2d", [real(2, 7, 6, 3), real(3, 3, 3, 2), real(1, 1, 6, 4)], (x, d, p) => tf.separableConv2d(x, d, p, 1, "same")],
  ["fused.conv2d", [real(2, 7, 6, 3), real(3, 3, 3, 4), real(4)], (x, filter, bias) => tf.fused.conv2d({ x, filter, strides: 1, pad: "same", bias, activation: "relu" })],
  // Products
  ["fused.matMul", [real(3, 4), real(4, 5), real(5)], (a, b, bias) => tf.fused.matMul({ a, b, bias, activation: "relu" })],
  ["matMul", [real(5, 7), real(7, 3)], (a, b) => tf.matMul(a, b)],
  ["matMul, both transposed", [real(7, 5), real(3, 7)], (a, b) => tf.matMul(a, b, true, true)],
  ["matMul, batch, gradients", [real(2, 5, 7), real(2, 7, 3)], gradients((a, b) => tf.matMul(a, b))],
  ["einsum, batch product", [real(2, 3, 4), real(2, 4, 5)], (a, b) => tf.einsum("bij,bjk->bik", a, b)],
  ["einsum, transposed product", [real(3, 4), real(4, 5)], (a, b) => tf.einsum("ij,jk->ki", a, b)],
  ["einsum, gradients", [real(2, 3, 4), real(2, 4, 5)], gradients((a, b) => tf.einsum("bij,bjk->bik", a, b))],
  // Pooling and normalisation
  ["maxPool", [real(2, 8, 8, 3)], (x) => tf.maxPool(x, 2, 2, "same")],
  ["maxPool, gradient", [real(2, 8, 8, 3)], gradients((x) => tf.maxPool(x, 3, 2, "same"))],
  ["avgPool, gradient", [real(2, 8, 8, 3)], gradients((x) => tf.avgPool(x, 2, 2, "valid"))],
  ["batchNorm", [real(2, 5, 5, 4), real(4), positive(4), real(4), real(4)], (x, m, v, b, g) => tf.batchNorm(x, m, v, b, g, 1e-3)],
  ["batchNorm, gradients", [real(2, 5, 5, 4), real(4), positive(4), real(4), real(4)], gradients((x, m, v, b, g) => tf.batchNorm(x, m, v, b, g, 1e-3))],
  ["moments", [real(2, 5, 5, 4)], (x) => { const { mean, variance } = tf.moments(x, [0, 1, 2]); return [mean, variance]; }],
  ["localResponseNormalization", [real(2, 4, 4, 3)], (x) => tf.localResponseNormalization(x)],
  ["relu, gradient", [real(4, 9)], gradients((x) => tf.relu(x))],
  ["relu, gradient of the gradient", [real(4, 9)], (x) => tf.grad((y) => tf.sum(tf.square(tf.grad((z) => tf.sum(tf.pow(tf.relu(z), 3)))(y))))(x)],
  // Softmax and losses
  ["softmax", [real(4, 9)], (x) => tf.softmax(x)],
  ["softmax, gradient", [real(4, 9)], gradients((x) => tf.softmax(x))],
  ["logSoftmax", [real(4, 9)], (x) => tf.logSoftmax(x)],
  ["logSumExp", [real(4, 9)], (x) => tf.logSumExp(x, 1)],
  ["softmaxCrossEntropy, gradient", [real(4, 5)], gradients((x) => tf.losses.softmaxCrossEntropy(tf.oneHot([1, 2, 0, 3], 5), x))],
  // Choosing and placing
  ["gather", [real(6, 4), int32([5, 0, 3, 3])], (x, i) => tf.gather(x, i)],
  ["gather, axis 1", [real(3, 6, 4), int32([5, 0, 3, 3], [2, 2])], (x, i) => tf.gather(x, i, 1)],
  ["gather, gradient", [real(6, 4)], gradients((x) => tf.gather(x, tf.tensor1d([5, 0, 3, 3], "int32")))],
  ["gatherND", [real(3, 4, 5), int32([0, 1, 2, 3], [2, 2])], (x, i) => tf.gatherND(x, i)],
  ["scatterND", [int32([1, 3], [2, 1]), real(2, 4)], (i, x) => tf.scatterND(i, x, [5, 4])],
  ["unsortedSegmentSum", [real(5, 3), SEGMENTS], (x, i) => tf.unsortedSegmentSum(x, i, 4)],
  ["unsortedSegmentSum, gradient", [real(5, 3)], gradients((x) => tf.unsortedSegmentSum(x, tf.tensor1d([0, 2, 2, 1, 0], "int32"), 4))],
  ["where", [bool(8), real(8), real(8)], (c, a, b) => tf.where(c, a, b)],
  ["topk", [real(3, 9)], (x) => { const { values, indices } = tf.topk(x, 3); return [values, indices]; }],
  ["oneHot", [int32([0, 3, 1])], (i) => tf.oneHot(i, 4)],
  ["unique", [int32([3, 1, 3, 2, 1])], (x) => { const { values, indices } = tf.unique(x); return [values, indices]; }],
  ["nonMaxSuppression", [float32([0, 0, 1, 1, 0, 0, 1, 1.1, 2, 2, 3, 3], [3, 4]), float32([0.9, 0.8, 0.7])], (b, s) => tf.image.nonMaxSuppression(b, s, 3)],
  ["bincount", [whole(4, 9)], (x) => tf.bincount(x, [], 5)],
  // Joining and parting
  ["concat", [real(2, 3), real(2, 4)], (a, b) => tf.concat([a, b], 1)],
  ["concat, gradients", [real(2, 3), real(2, 4)], gradients((a, b) => tf.concat([a, b], 1))],
  ["split", [real(4, 6)], (x) => tf.split(x, 3, 1)],
  ["split, uneven", [real(4, 6)], (x) => tf.split(x, [1, 2, 3], 1)],
  ["split, into 200", [real(2, 200)], (x) => tf.split(x, 200, 1)],
  ["unstack", [real(3, 4)], (x) => tf.unstack(x)],
  ["stack", [real(3, 4), real(3, 4)], (a, b) => tf.stack([a, b], 1)],
  // Shapes
  ["reshape", [real(2, 3, 4)], (x) => tf.reshape(x, [4, 6])],
  ["transpose", [real(2, 3, 4)], (x) => tf.transpose(x, [2, 0, 1])],
  ["slice", [real(2, 3, 4)], (x) => tf.slice(x, [0, 1, 1], [2, 2, 2])],
  ["stridedSlice", [real(2, 3, 4)], (x) => tf.stridedSlice(x, [0, 0, 0], [2, 3, 4], [1, 2, 2])],
  ["pad and mirrorPad", [real(4, 4)], (x) => [tf.pad(x, [[1, 0], [0, 2]]), tf.mirrorPad(x, [[1, 1], [1, 1]], "reflect")]],
  ["tile, reverse, expandDims, squeeze", [real(1, 3, 4)], (x) => [tf.tile(x, [1, 2, 1]), tf.reverse(x, 1), tf.expandDims(x, 1), tf.squeeze(x)]],
  ["depthToSpace", [real(1, 2, 2, 8)], (x) => tf.depthToSpace(x, 2, "NHWC")],
  ["spaceToBatchND", [real(1, 4, 4, 1)], (x) => tf.spaceToBatchND(x, [2, 2], [[0, 0], [0, 0]])],
  ["resizeBilinear and resizeNearestNeighbor", [real(2, 4, 4, 3)], (x) => [tf.image.resizeBilinear(x, [7, 9]), tf.image.resizeNearestNeighbor(x, [7, 9])]],
  ["resizeBilinear, gradient", [real(2, 4, 4, 3)], gradients((x) => tf.image.resizeBilinear(x, [7, 9]))],
  ["range, linspace, fill, zeros, onesLike, eye", [real(2)], (x) => [tf.range(0, 10, 2), tf.linspace(0, 1, 5), tf.fill([2, 2], 7), tf.zeros([2]), tf.onesLike(x), tf.eye(3)]],
  ["tensors without elements", [float32([], [0, 3]), real(2, 3)], (none, x) => [tf.concat([none, x], 0), tf.add(none, 1), tf.sum(none, 0), tf.matMul(none, tf.transpose(x))]],
  // Types
  ["cast float32 to int32", [float32([-4.7, -0.5, 0, 0.5, 3.9])], (x) => tf.cast(x, "int32")],
  ["cast int32 to float32", [whole(9, 9)], (x) => tf.cast(x, "float32")],
  ["cast to and from bool", [whole(2, 9), bool(9)], (x, b) => [tf.cast(x, "bool"), tf.cast(b, "int32"), tf.cast(b, "float32")]],
  ["int32 arithmetic", [whole(90, 6), whole(9, 6)], (a, b) => [tf.add(a, b), tf.mul(a, b), tf.floorDiv(a, tf.scalar(7, "int32")), tf.sum(a), tf.maximum(a, b), tf.mod(a, tf.scalar(7, "int32"))]],
  ["logic", [bool(8), bool(8)], (a, b) => [tf.logicalAnd(a, b), tf.logicalOr(a, b), tf.logicalNot(a), tf.logicalXor(a, b), tf.any(a), tf.all(a)]],
  ["comparison", [real(5), real(5), whole(3, 5)], (a, b, i) => [tf.greater(a, b), tf.equal(i, i), tf.lessEqual(a, 0)]],
  ["complex numbers and fft", [real(4), real(4)], (a, b) => { const c = tf.complex(a, b); return [tf.real(c), tf.imag(c), tf.abs(c), tf.real(tf.fft(c)), tf.imag(tf.ifft(c))]; }],
  ["rfft", [real(2, 8)], (x) => { const c = tf.rfft(x); return [tf.real(c), tf.imag(c)]; }],
  ["equality of texts", [texts(["a", LONG_TEXT, ""]), texts(["a", "x", ""])], (a, b) => tf.equal(a, b)],
  ["gather of texts", [texts(["a", LONG_TEXT, ""]), int32([1, 1, 0])], (x, i) => tf.gather(x, i)],
  // Elementwise and reductions
  ["unary functions", [real(3, 7)], (x) => UNARY.map((name) => tf[name](x))],
  ["unary functions of positive numbers", [positive(3, 7)], (x) => [tf.sqrt(x), tf.log(x), tf.rsqrt(x), tf.log1p(x), tf.pow(x, 1.7), tf.reciprocal(x), tf.acos(x)]],
  ["clipByValue, relu6, prelu", [real(3, 4), real(4)], (x, a) => [tf.clipByValue(x, -0.2, 0.3), tf.relu6(tf.mul(x, 20)), tf.prelu(x, a)]],
  ["reductions", [real(3, 7, 2)], (x) => [tf.sum(x), tf.mean(x, 1), tf.max(x, [0, 2]), tf.min(x), tf.prod(x, 2), tf.argMax(x, 1), tf.argMin(x, 0), tf.sum(x, 1, true)]],
  ["cumsum", [real(3, 7, 2)], (x) => [tf.cumsum(x, 1), tf.cumsum(x, 0, true, true)]],
  ["broadcasting, gradients", [real(3, 1, 4), real(5, 1)], gradients((a, b) => tf.sub(tf.mul(a, b), tf.div(a, tf.add(b, 2))))],
  ["scalars", [float32([3], [])], (x) => [tf.add(x, 4), tf.logicalNot(tf.scalar(true, "bool"))]],
  // Last, so that what they draw changes no case above
  ["maxPool of equal values, gradients", [few(2, 8, 8, 3), real(2, 4, 4, 3)], gradients((x, y) => tf.mul(tf.maxPool(x, 3, 2, "same"), y))],
  ["resizeNearestNeighbor of two pictures, gradient", [real(2, 4, 4, 3)], gradients((x) => tf.image.resizeNearestNeighbor(x, [8, 8]))],
];

/** Every case. */
export const OPERATION_CASES: readonly OperationCase[] = TABLE.map(([name, inputs, run]) => ({
  name,
  inputs,
  run,
}));
