/** A small picture as text, for a figure or a notebook. */
import sharp from "sharp";
import { type Mask, rawOptions, type RgbImage } from "./image.ts";

/** How a picture becomes text. */
export interface DataUriOptions {
  /** Longer side in pixels; larger pictures are shrunk, smaller ones left. Default: as it is. */
  readonly side?: number;
  /** Whether colours become grey, as under a heat map. Default false. */
  readonly grey?: boolean;
  /** A JPEG's quality, 1 to 100. Default 80. */
  readonly quality?: number;
}

/**
 * The picture or mask as `data:image/jpeg;base64,…`.
 *
 * @throws TypeError when the data is not width · height · (1 or 3) values.
 *
 * @example
 * ```ts
 * import { dataUri } from "lib/media/data_uri.ts";
 * import assert from "node:assert/strict";
 *
 * const black = { data: new Uint8Array(16 * 16 * 3), width: 16, height: 16 };
 * assert.match(await dataUri(black), /^data:image\/jpeg;base64,/);
 * ```
 */
export async function dataUri(
  image: RgbImage | Mask,
  { side, grey = false, quality = 80 }: DataUriOptions = {},
): Promise<string> {
  let picture = sharp(image.data, rawOptions(image));
  if (side !== undefined) {
    picture = picture.resize(side, side, { fit: "inside", withoutEnlargement: true });
  }
  if (grey) picture = picture.greyscale();
  const jpeg = await picture.jpeg({ quality }).toBuffer();
  return `data:image/jpeg;base64,${new Uint8Array(jpeg).toBase64()}`;
}
