/**
 * The frame distortions at five levels on which the field measures robustness: those of
 * DeeperForensics-1.0, and JPEG. The seventh kind there is in video_compression.ts.
 *
 * Kinds, parameters and operations are those of the official `perturbation/` (commit 4f6ecff), with its
 * peculiarities, so that tables can be set beside others': what it calls JPEG is pixelation, contrast
 * darkens, and the two that change "YCbCr" do so on another scale than they seem to (see
 * distortions/video_range_colours.ts). `JQ` is ours.
 */
import type { Random } from "lib/random.ts";
import { blurGaussian } from "./distortions/gaussian_blur.ts";
import { resizeBilinear } from "./distortions/bilinear_resize.ts";
import { changeColours } from "./distortions/video_range_colours.ts";
import type { RgbImage } from "./image.ts";

/** The kinds, by the codes that tables of the field use. */
export const DISTORTION_KINDS = ["CS", "CC", "BW", "GNC", "GB", "JPEG", "JQ"] as const;

/** A kind's code: a key of `DISTORTIONS`. */
export type DistortionKind = typeof DISTORTION_KINDS[number];

/** What is done to a picture, and how strongly. */
export interface Distortion {
  /** Which. */
  readonly kind: DistortionKind;
  /** 1 (mild) to 5 (strong). */
  readonly level: 1 | 2 | 3 | 4 | 5;
}

/** Each kind's name for people, and its parameter at levels 1 to 5. */
export const DISTORTIONS: Readonly<
  Record<DistortionKind, { readonly name: string; readonly parameters: readonly number[] }>
> = Object.freeze({
  /** Factor on the distance of both chroma from their middle. */
  CS: entry("colour saturation", [0.4, 0.3, 0.2, 0.1, 0]),
  /** Factor on all values. */
  CC: entry("contrast", [0.85, 0.725, 0.6, 0.475, 0.35]),
  /** Blocks for each whole 256 pixels of the shorter side. */
  BW: entry("grey blocks", [16, 32, 48, 64, 80]),
  /** Variance of the noise, where values are from 0 to 1. */
  GNC: entry("colour noise", [0.001, 0.002, 0.005, 0.01, 0.05]),
  /** Side of the kernel in pixels, six standard deviations. */
  GB: entry("Gaussian blur", [7, 9, 13, 17, 21]),
  /** How many times smaller the picture becomes in between. */
  JPEG: entry("pixelation", [2, 3, 4, 5, 6]),
  /** Quality of a JPEG, 1 to 100. [GenD's robustness protocol] */
  JQ: entry("JPEG compression", [80, 60, 40, 20, 10]),
});

function entry(name: string, parameters: readonly number[]) {
  return Object.freeze({ name, parameters: Object.freeze(parameters) });
}

/** How each kind changes a picture, given its level's parameter. */
const OPERATIONS: Readonly<
  Record<
    DistortionKind,
    (
      image: RgbImage,
      options: { readonly parameter: number; readonly random: Random },
    ) => RgbImage | Promise<RgbImage>
  >
> = {
  CS: (image, { parameter }) =>
    changeColours(image, (colour) => {
      for (const c of [1, 2]) colour[c] = 0.5 + (colour[c] - 0.5) * parameter;
    }),
  CC: (image, { parameter }) => {
    // In single precision as numpy does it: 180 · 0.35 is then 63, and in double precision below it.
    const factor = Math.fround(parameter);
    return { ...image, data: image.data.map((value) => Math.fround(value * factor)) };
  },
  BW: (image, { parameter, random }) => coverBlocks(image, { per256: parameter, random }),
  GNC: (image, { parameter, random }) => {
    const deviation = Math.sqrt(parameter) * 255;
    return changeColours(image, (colour) => {
      for (let c = 0; c < 3; c++) colour[c] += deviation * random.normal();
    });
  },
  GB: (image, { parameter }) => blurGaussian(image, { side: parameter, sigma: parameter / 6 }),
  JPEG: (image, { parameter }) => {
    const { width, height } = image;
    const shrunk = (side: number) => Math.max(1, Math.floor(side / parameter));
    const small = resizeBilinear(image, { width: shrunk(width), height: shrunk(height) });
    return resizeBilinear(small, { width, height });
  },
  JQ: async (image, { parameter }) => {
    // Its package comes only now: a command line that names distortions is read before there are any.
    const { recompress } = await import("./distortions/recompress.ts");
    return await recompress(image, parameter);
  },
};

const BLOCK = 8;

/** Grey blocks of 8 × 8 pixels, which may overlap: `per256` for each whole 256 pixels of the shorter side. */
function coverBlocks(
  image: RgbImage,
  { per256, random }: { per256: number; random: Random },
): RgbImage {
  const { width, height } = image;
  const data = image.data.slice();
  const count = Math.floor(Math.min(width, height) / 256) * per256;
  for (let i = 0; i < count; i++) {
    // As in the official code, no block reaches the last column or row.
    const left = random.integer(width - BLOCK), top = random.integer(height - BLOCK);
    for (let y = top; y < top + BLOCK; y++) {
      const at = (y * width + left) * 3;
      data.fill(128, at, at + BLOCK * 3);
    }
  }
  return { data, width, height };
}

/**
 * The picture distorted; of the same size, and the one that is given stays as it is.
 *
 * Levels are made for whole frames: `"BW"` changes nothing below 256 pixels, and the same blur hides
 * more of a small crop than of the frame that it was cut from (`deno task prepare --distort`).
 *
 * @param random Drawn from by `"BW"` and `"GNC"` alone; the same state gives the same picture.
 * @throws RangeError for a kind or level that there is not.
 * @throws TypeError when the data is not width · height · 3 values.
 *
 * @example Without any saturation, colours become grey
 * ```ts
 * import { distort } from "lib/media/distortions.ts";
 * import { createRandom } from "lib/random.ts";
 * import assert from "node:assert/strict";
 *
 * const orange = { data: Uint8Array.of(240, 120, 10), width: 1, height: 1 };
 * const grey = await distort(orange, { kind: "CS", level: 5 }, createRandom(1, "distortion"));
 * assert.deepEqual([...grey.data], [143, 143, 143]);
 * ```
 */
export async function distort(
  image: RgbImage,
  distortion: Distortion,
  random: Random,
): Promise<RgbImage> {
  const { kind, level } = parseDistortion(distortionText(distortion));
  const { data, width, height } = image;
  if (data.length !== width * height * 3) {
    throw new TypeError(
      `A picture of ${width} × ${height} holds ${
        width * height * 3
      } values (RGB), not ${data.length}.`,
    );
  }
  const parameter = DISTORTIONS[kind].parameters[level - 1];
  return await OPERATIONS[kind](image, { parameter, random });
}

/** What is done to a whole video before its frames are chosen: see video_compression.ts. */
export interface VideoDistortion {
  /** H.264 at a constant rate factor. */
  readonly kind: "VC";
  /** 1 (mild) to 5 (strong). */
  readonly level: Distortion["level"];
}

/** A distortion as a command line says it, such as `"CS:3"`. */
export function distortionText({ kind, level }: Distortion | VideoDistortion): string {
  return `${kind}:${level}`;
}

/**
 * Read a distortion as a command line says it: `"CS:3"` is saturation at level 3.
 *
 * @throws RangeError that says which there are.
 */
export function parseDistortion(text: string): Distortion {
  const [, code, level] = /^([A-Z]+):([1-5])$/.exec(text) ?? [];
  const kind = DISTORTION_KINDS.find((kind) => kind === code);
  if (kind === undefined) {
    const kinds = DISTORTION_KINDS.map((kind) => `${kind} (${DISTORTIONS[kind].name})`).join(", ");
    throw new RangeError(
      `A distortion is KIND:LEVEL, not ${JSON.stringify(text)}. Kinds are ${kinds}; levels are 1 ` +
        "(mild) to 5 (strong).",
    );
  }
  return { kind, level: Number(level) as Distortion["level"] };
}

/**
 * As `parseDistortion`, where whole videos may be distorted too: `"VC:3"` is compression at level 3.
 *
 * @throws RangeError that says which there are of frames.
 */
export function parseVideoDistortion(text: string): Distortion | VideoDistortion {
  const level = /^VC:([1-5])$/.exec(text)?.[1];
  return level === undefined
    ? parseDistortion(text)
    : { kind: "VC", level: Number(level) as Distortion["level"] };
}
