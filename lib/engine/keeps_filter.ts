/**
 * Whether oneDNN keeps a convolution's filter. It packs most filters in an order of its own, and TensorFlow lets it
 * keep the packed ones; but of some convolutions it reads the filter as it is, at every run, and nobody says of which.
 */
import type { CapturingBackend } from "./capturing_backend.ts";
import { filled, integers, runTyped } from "./eager_operations.ts";
import { GraphBuilder } from "./graph_builder.ts";
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
 * Tries it: the convolution is run with a filter of zeros, and again with one of NaN, which does not show where the
 * first was kept.
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
  const name = `keeps_filter_${count++}`, shapes = [image, filter, ...others];
  const inputs = shapes.map((shape) => graph.placeholder(dtype, shape));
  const [x, weights, ...rest] = inputs;
  const node = graph.add(KEEPING_CONVOLUTION, {
    attributes: [...attributes],
    inputs: [x, weights, rest, []],
  });
  const outputs = [{ node, index: 0 }];
  graph.addFunction(name, context.address, { inputs, outputs, effects: [] });
  graph.dispose();
  const own: number[] = [];
  const mine = (id: number) => (own.push(id), id);
  const constant = (shape: readonly number[], value: number) =>
    mine(filled(eager, { shape, dtype, value }));
  try {
    const [zeros, first, ...more] = shapes.map((shape) => constant(shape, 0));
    mine(runTyped(eager, name, {}, [zeros, first, ...more]));
    const again = mine(runTyped(eager, name, {}, [zeros, constant(filter, NaN), ...more]));
    const full = mine(runTyped(eager, "Cast", { SrcT: dtype, DstT: TYPES.FLOAT }, [again]));
    const axes = mine(integers(eager, [0, 1, 2, 3]));
    const sum = mine(runTyped(eager, "Sum", { T: TYPES.FLOAT, Tidx: TYPES.INT32 }, [full, axes]));
    return !Number.isNaN((eager.tensorDataSync(sum) as Float32Array)[0]);
  } finally {
    for (const id of own) eager.deleteTensor(id);
    const { symbols, status, cstring } = native;
    symbols.TFE_ContextRemoveFunction(context.address, cstring(name), status);
    native.check("TFE_ContextRemoveFunction");
  }
}
