/**
 * Whether oneDNN keeps a convolution's filter. It packs most filters in an order of its own, and TensorFlow lets it
 * keep the packed ones; but of some convolutions it reads the filter as it is, at every run, and nobody says of which.
 */
import type { CapturingBackend } from "./capturing_backend.ts";
import { filled, integers, runTyped } from "./eager_operations.ts";
import { GraphBuilder, type Output } from "./graph_builder.ts";
import { type Attribute, ATTRIBUTES, TYPES } from "./kernel_binding.ts";
import { TensorFlowError } from "./tensorflow_error.ts";

/** The fused operation of oneDNN, which may keep its filter. */
export const KEEPING_CONVOLUTION = "_MklNativeFusedConv2D";

/** What makes it that. */
export const KEEPING: readonly Attribute[] = [
  { name: "is_filter_const", type: ATTRIBUTES.BOOL, value: true },
  { name: "_kernel", type: ATTRIBUTES.STRING, value: "MklNameChangeOp" },
];

/** A fused convolution. */
export interface FusedConvolution {
  /** All its attributes. */
  readonly attributes: readonly Attribute[];
  /** Element type, one of `TYPES`. */
  readonly dtype: number;
  /** Of the image, `[batch, height, width, channels]`. */
  readonly image: readonly number[];
  /** Of the filter. */
  readonly filter: readonly number[];
  /** Of the bias and of what else is added. */
  readonly others: readonly (readonly number[])[];
}

const found = new Map<string, boolean>();
let count = 0;

/**
 * Tries it: an image of ones meets a filter of zeros, and again with one of ones, which does not show where
 * the first was kept. (NaN might not show anywhere: a ReLU may make 0 of it.)
 *
 * @returns The answer of before for a convolution like one of before.
 */
export function keepsFilter(backend: CapturingBackend, convolution: FusedConvolution): boolean {
  const key = JSON.stringify(convolution);
  const known = found.get(key) ?? isKept(backend, convolution);
  found.set(key, known);
  return known;
}

/** The answer of a trial; what TensorFlow refuses on this processor, or has no operation for, is not kept. */
function isKept(backend: CapturingBackend, convolution: FusedConvolution): boolean {
  try {
    return tried(backend, convolution);
  } catch (error) {
    if (error instanceof TensorFlowError) return false;
    throw error;
  }
}

function tried(backend: CapturingBackend, convolution: FusedConvolution): boolean {
  const { eager } = backend, { context, native } = eager, { dtype, filter } = convolution;
  const name = `keeps_filter_${count++}`, own: number[] = [];
  const mine = (id: number) => (own.push(id), id);
  const constant = (shape: readonly number[], value: number) =>
    mine(filled(eager, { shape, dtype, value }));
  addTrial(name, backend, convolution);
  try {
    const ones = constant(convolution.image, 1);
    const others = convolution.others.map((shape) => constant(shape, 0));
    const axes = mine(integers(eager, [0, 1, 2, 3]));
    const sumWith = (value: number) => {
      const weights = filled(eager, { shape: filter, dtype, value });
      try {
        const id = mine(runTyped(eager, name, {}, [ones, weights, ...others, axes]));
        return (eager.tensorDataSync(id) as Float32Array)[0];
      } finally {
        eager.deleteTensor(weights); // not beside the next one
      }
    };
    return sumWith(0) === 0 && sumWith(1) === 0;
  } finally {
    for (const id of own) eager.deleteTensor(id);
    const { symbols, status, cstring } = native;
    symbols.TFE_ContextRemoveFunction(context.address, cstring(name), status);
    native.check("TFE_ContextRemoveFunction");
  }
}

/** Makes a function of image, filter, the others and axes: the sum of all that the convolution gives, as float32. */
function addTrial(
  name: string,
  { eager: { context, native } }: CapturingBackend,
  { attributes, dtype, image, filter, others }: FusedConvolution,
): void {
  const graph = new GraphBuilder(native);
  const then = (
    operation: string,
    attributes: readonly Attribute[],
    inputs: readonly (Output | Output[])[],
  ): Output => ({ node: graph.add(operation, { attributes: [...attributes], inputs }), index: 0 });
  const typed = (name: string, value: number) => ({ name, type: ATTRIBUTES.TYPE, value });
  try {
    const inputs = [image, filter, ...others].map((shape) => graph.placeholder(dtype, shape));
    const axes = graph.placeholder(TYPES.INT32, [4]), [x, weights, ...rest] = inputs;
    const made = then(KEEPING_CONVOLUTION, attributes, [x, weights, rest, []]);
    const sum = then("Sum", [typed("T", dtype), typed("Tidx", TYPES.INT32)], [made, axes]);
    const full = then("Cast", [typed("SrcT", dtype), typed("DstT", TYPES.FLOAT)], [sum]);
    const signature = { inputs: [...inputs, axes], outputs: [full], effects: [] };
    graph.addFunction(name, context.address, signature);
  } finally {
    graph.dispose();
  }
}
