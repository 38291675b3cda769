/**
 * Whether oneDNN keeps a convolution's filter. It packs most filters in an order of its own, and TensorFlow lets it
 * keep the packed ones; but of some convolutions it reads the filter as it is, at every run, and nobody says of which.
 */
import type { CapturingBackend } from "./capturing_backend.ts";
import { filled, integers, runTyped } from "./eager_operations.ts";
import { GraphBuilder, type Output } from "./graph_builder.ts";
import { type Attribute, ATTRIBUTES, TYPES } from "./kernel_binding.ts";

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
  const known = found.get(key) ?? tried(backend, convolution);
  found.set(key, known);
  return known;
}

function tried(
  { eager }: CapturingBackend,
  { attributes, dtype, image, filter, others }: FusedConvolution,
): boolean {
  const { context, native } = eager, graph = new GraphBuilder(native);
  const name = `keeps_filter_${count++}`, shapes = [image, filter, ...others], { FLOAT } = TYPES;
  const inputs = shapes.map((shape) => graph.placeholder(dtype, shape));
  const axes = graph.placeholder(TYPES.INT32, [4]);
  const [x, weights, ...rest] = inputs;
  const then = (operation: string, types: Attribute[], given: (Output | Output[])[]): Output => ({
    node: graph.add(operation, { attributes: types, inputs: given }),
    index: 0,
  });
  const typed = (name: string, value: number) => ({ name, type: ATTRIBUTES.TYPE, value });
  const made = then(KEEPING_CONVOLUTION, [...attributes], [x, weights, rest, []]);
  const sum = then("Sum", [typed("T", dtype), typed("Tidx", TYPES.INT32)], [made, axes]);
  const full = then("Cast", [typed("SrcT", dtype), typed("DstT", FLOAT)], [sum]);
  const signature = { inputs: [...inputs, axes], outputs: [full], effects: [] };
  graph.addFunction(name, context.address, signature);
  graph.dispose();
  const own: number[] = [];
  const mine = (id: number) => (own.push(id), id);
  const constant = (shape: readonly number[], value: number) =>
    mine(filled(eager, { shape, dtype, value }));
  try {
    const ones = constant(image, 1), more = others.map((shape) => constant(shape, 0));
    more.push(mine(integers(eager, [0, 1, 2, 3])));
    const sumWith = (value: number) => {
      const weights = filled(eager, { shape: filter, dtype, value });
      const id = mine(runTyped(eager, name, {}, [ones, weights, ...more]));
      eager.deleteTensor(weights);
      return (eager.tensorDataSync(id) as Float32Array)[0];
    };
    return sumWith(0) === 0 && sumWith(1) === 0;
  } finally {
    for (const id of own) eager.deleteTensor(id);
    const { symbols, status, cstring } = native;
    symbols.TFE_ContextRemoveFunction(context.address, cstring(name), status);
    native.check("TFE_ContextRemoveFunction");
  }
}
