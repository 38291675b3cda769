/** The constants of a recording: equal ones are one node. */
import type { Values } from "./kernel_binding.ts";

/** Up to so many elements a constant is compared with those before. */
const COMPARED = 64;

/** Constants so far. */
export class RecordedConstants {
  readonly #ids = new Map<string, number>(); // by type, shape and bytes
  readonly #values = new Map<number, Values>();

  /** The recorded id of a constant: of an equal one of before, else that which `add` gives. */
  idOf(
    { shape, dtype, values }: {
      readonly shape: readonly number[];
      readonly dtype: number;
      readonly values: Values;
    },
    add: () => number,
  ): number {
    if (values.length > COMPARED || Array.isArray(values)) return add();
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const key = `${dtype} [${shape}] ${bytes}`; // bytes: −0 is another number than 0
    const known = this.#ids.get(key) ?? add();
    this.#ids.set(key, known);
    this.#values.set(known, values.slice() as Values);
    return known;
  }

  /** The values of a recorded id, if it is a constant that was compared. */
  valuesOf(id: number): Values | undefined {
    return this.#values.get(id);
  }
}
