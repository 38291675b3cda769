/** Operations that the engine itself runs at once, on tensors by their ids; the caller deletes what they give. */
import type { EagerBinding } from "./eager_binding.ts";
import { ATTRIBUTES, TYPES } from "./kernel_binding.ts";

/**
 * Runs an operation of one result.
 *
 * @param types Its attributes, which are element types, by name.
 * @param ids Its inputs.
 */
export function runTyped(
  eager: EagerBinding,
  operation: string,
  types: Readonly<Record<string, number>>,
  ids: readonly number[],
): number {
  const attributes = Object.entries(types)
    .map(([name, value]) => ({ name, type: ATTRIBUTES.TYPE, value }));
  return eager.executeOp(operation, attributes, [...ids], 1)[0].id;
}

/** A list of whole numbers: a shape, or places. */
export function integers(eager: EagerBinding, values: readonly number[]): number {
  return eager.createTensor([values.length], TYPES.INT32, Int32Array.from(values));
}

/** A tensor of one number throughout. */
export function filled(
  eager: EagerBinding,
  { shape, dtype, value }: { shape: readonly number[]; dtype: number; value: number },
): number {
  const scalar = eager.createTensor([], TYPES.FLOAT, Float32Array.of(value));
  const cast = runTyped(eager, "Cast", { SrcT: TYPES.FLOAT, DstT: dtype }, [scalar]);
  const dims = integers(eager, shape);
  const tensor = runTyped(eager, "Fill", { T: dtype, index_type: TYPES.INT32 }, [dims, cast]);
  for (const id of [scalar, cast, dims]) eager.deleteTensor(id);
  return tensor;
}
