/**
 * The changes of colour that SBI draws, as a record and as what it does: for the source or the target of a
 * blend, and once more for both pictures of a pair.
 */
import type { Random } from "lib/random.ts";
import type { RgbImage } from "lib/media/image.ts";
import { brightnessContrast, shiftRgb } from "./eight_bit_colour.ts";
import { shiftHsv } from "./eight_bit_hsv.ts";

/** Changes of colour, in this order; those that are left out are not made. */
export interface ColourAugmentation {
  /** Levels added to red, green and blue. */
  readonly rgb?: readonly [number, number, number];
  /** Added to hue (steps of 2 degrees), saturation and value (levels), in 8 bits. */
  readonly hsv?: readonly [number, number, number];
  /** contrast · value + 255 · brightness. */
  readonly light?: { readonly brightness: number; readonly contrast: number };
}

/** How likely each change is, and how far brightness and contrast go. */
export interface ColourChances {
  /** Probability of a shift of R, G, B within ±20 levels each. */
  readonly rgb: number;
  /** Probability of a shift of hue, saturation and value within ±0.3. */
  readonly hsv: number;
  /** Probability of another brightness and contrast. */
  readonly light: number;
  /** Brightness is within ±limit, contrast within 1 ± limit. */
  readonly limit: number;
}

/** SBI's chances for the source or the target. */
export const SOURCE_OR_TARGET: ColourChances = { rgb: 0.3, hsv: 1, light: 1, limit: 0.1 };
/** SBI's chances for what both pictures of a pair are given. */
export const BOTH_ALIKE: ColourChances = { rgb: 0.3, hsv: 0.3, light: 0.3, limit: 0.3 };

/** SBI's limits, in levels and in units of 8-bit HSV. */
const RGB = 20, HSV = 0.3;

/** A number from `low` to `high`. */
export const between = (low: number, high: number, random: Random): number =>
  low + (high - low) * random.uniform();

/** Draw changes of colour. */
export function drawColours(random: Random, chances: ColourChances): ColourAugmentation {
  const three = (limit: number): [number, number, number] => [
    between(-limit, limit, random),
    between(-limit, limit, random),
    between(-limit, limit, random),
  ];
  const { limit } = chances;
  return {
    ...random.uniform() < chances.rgb && { rgb: three(RGB) },
    ...random.uniform() < chances.hsv && { hsv: three(HSV) },
    ...random.uniform() < chances.light && {
      light: {
        brightness: between(-limit, limit, random),
        contrast: between(1 - limit, 1 + limit, random),
      },
    },
  };
}

/** The picture with its colours changed as drawn. */
export function changeColours(image: RgbImage, { rgb, hsv, light }: ColourAugmentation): RgbImage {
  const shifted = rgb ? shiftRgb(image, rgb) : image;
  const turned = hsv ? shiftHsv(shifted, hsv) : shifted;
  return light ? brightnessContrast(turned, light) : turned;
}
