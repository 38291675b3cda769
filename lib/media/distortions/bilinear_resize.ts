/** Resizing as OpenCV does it by default. Without aliasing it is left to crop.ts. */
import type { RgbImage } from "../image.ts";

/** For each pixel of a line: the two that it lies between, and their weights in 1/2048. */
interface Line {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly near: Int32Array;
  readonly far: Int32Array;
}

/**
 * @param atEnds What is left of the weights beyond the last pixel's centre: OpenCV gives all to that pixel
 * along rows ("one"), and keeps two weights for it along columns ("both"), which rounds differently.
 */
function between(length: number, from: number, atEnds: "one" | "both"): Line {
  const line = {
    first: new Int32Array(length),
    second: new Int32Array(length),
    near: new Int32Array(length),
    far: new Int32Array(length),
  };
  for (let i = 0; i < length; i++) {
    const at = Math.fround((i + 0.5) * (from / length) - 0.5), below = Math.floor(at);
    const outside = atEnds === "one" && (below < 0 || below >= from - 1);
    const share = outside ? 0 : Math.fround(at - below);
    line.first[i] = Math.min(from - 1, Math.max(0, below));
    line.second[i] = Math.min(from - 1, Math.max(0, below + 1));
    line.near[i] = Math.round(Math.fround(1 - share) * 2048);
    line.far[i] = Math.round(share * 2048);
  }
  return line;
}

/**
 * The picture at another size, each pixel from the four nearest of the picture, whatever the ratio: where
 * it shrinks, pixels between are passed over, so that it aliases. Pixel centres are at halves. Sums are
 * OpenCV's, with weights of 11 bits.
 *
 * @param size Whole pixels, both at least 1.
 */
export function resizeBilinear(
  image: RgbImage,
  { width, height }: { width: number; height: number },
): RgbImage {
  const { data: from } = image;
  const across = between(width, image.width, "one"), down = between(height, image.height, "both");
  const stride = width * 3, data = new Uint8Array(stride * height);
  /** A row of the picture at its new width, without its last 4 bits as OpenCV takes it; kept for the next. */
  const widened = (to: Int32Array, row: number) => {
    const start = row * image.width * 3;
    for (let x = 0, i = 0; x < width; x++, i += 3) {
      const a = start + across.first[x] * 3, b = start + across.second[x] * 3;
      const near = across.near[x], far = across.far[x];
      to[i] = (from[a] * near + from[b] * far) >> 4;
      to[i + 1] = (from[a + 1] * near + from[b + 1] * far) >> 4;
      to[i + 2] = (from[a + 2] * near + from[b + 2] * far) >> 4;
    }
  };
  let above = new Int32Array(stride), below = new Int32Array(stride), hasAbove = -1, hasBelow = -1;
  for (let y = 0, at = 0; y < height; y++) {
    const first = down.first[y], second = down.second[y], near = down.near[y], far = down.far[y];
    if (first === hasBelow) {
      [above, below] = [below, above];
      [hasAbove, hasBelow] = [hasBelow, hasAbove];
    }
    if (first !== hasAbove) widened(above, hasAbove = first);
    if (second !== hasBelow) widened(below, hasBelow = second);
    for (let i = 0; i < stride; i++, at++) {
      data[at] = (((above[i] * near) >> 16) + ((below[i] * far) >> 16) + 2) >> 2;
    }
  }
  return { data, width, height };
}
