/** Pixels at another size: sharp's, whoever makes them. */
import sharp from "sharp";
import { canShrink, shrink, type Size } from "./shrink.ts";

/** How sharp resizes: proportions are not kept; shrinking averages what falls together. */
const RESIZING = { fit: "fill", kernel: "lanczos3" } as const;

/**
 * Pixels at another size.
 *
 * @param data height · width · channels values, 0 to 255.
 * @param options `from`: their size, with channels: 3 (RGB) or 1. `to`: pixels, both at least 1.
 * @returns height · width · channels values.
 */
export async function resizePixels(
  data: Uint8Array,
  { from, to }: { from: Size & { readonly channels: 1 | 3 }; to: Size },
): Promise<Uint8Array<ArrayBuffer>> {
  if (from.channels === 3 && canShrink(from, to)) return shrink(data, { from, to });
  const pixels = sharp(data, { raw: from, limitInputPixels: false })
    .resize(to.width, to.height, RESIZING);
  // sharp otherwise makes three channels of one.
  if (from.channels === 1) pixels.toColourspace("b-w");
  return new Uint8Array(await pixels.raw().toBuffer());
}
