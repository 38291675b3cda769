/**
 * How large an EfficientNet is: Table 1 of Tan and Le, "EfficientNet" (2019), and its compound scaling.
 * What its blocks compute is in `efficientnet.ts`.
 */

/** The seven stages of B0: blocks, window, stride of the first block, expansion, channels. */
const STAGES = [
  { blocks: 1, size: 3, stride: 1, expansion: 1, channels: 16 },
  { blocks: 2, size: 3, stride: 2, expansion: 6, channels: 24 },
  { blocks: 2, size: 5, stride: 2, expansion: 6, channels: 40 },
  { blocks: 3, size: 3, stride: 2, expansion: 6, channels: 80 },
  { blocks: 3, size: 5, stride: 1, expansion: 6, channels: 112 },
  { blocks: 4, size: 5, stride: 2, expansion: 6, channels: 192 },
  { blocks: 1, size: 3, stride: 1, expansion: 6, channels: 320 },
] as const;

/** Channels of B0's first and last convolution. */
const STEM = 32, HEAD = 1280;

/** Factors on the channels and the blocks of B0. [code: `efficientnet_pytorch`; the last is ours] */
const SCALES = {
  b0: { channels: 1, blocks: 1 },
  b3: { channels: 1.2, blocks: 1.4 },
  b4: { channels: 1.4, blocks: 1.8 },
  b7: { channels: 2, blocks: 3.1 },
  shallow: { channels: 1, blocks: 0.25 },
} as const;

/** Channels are multiples of this. */
const DIVISOR = 8;

/** Channels of squeeze-and-excitation's bottleneck, as a share of its block's input. */
const SQUEEZE = 0.25;

/**
 * The networks that there are: the published B0, B3, B4 and B7 of 5.3, 12, 19 and 66 million parameters, and
 * for short runs one with a block in each of B0's stages.
 */
export type EfficientNetSize = keyof typeof SCALES;

/** An inverted residual block. */
export interface InvertedBlock {
  /** Its place among all blocks, from 0. */
  readonly place: number;
  /** Its stage, from 1; the first convolution is stage 0. */
  readonly stage: number;
  /** Channels of its input. */
  readonly inputs: number;
  /** Channels between its two convolutions over pixels. */
  readonly expanded: number;
  /** Channels of squeeze-and-excitation's bottleneck. */
  readonly squeezed: number;
  /** Channels of its output. */
  readonly outputs: number;
  /** Side of its window in pixels. */
  readonly size: 3 | 5;
  /** Its step in pixels. */
  readonly stride: 1 | 2;
  /** Share of all blocks that stand before it, 0 to below 1: drop connect grows with it. */
  readonly depth: number;
}

/** A network's channels and blocks. */
export interface EfficientNetShape {
  /** Channels of the first convolution. */
  readonly stem: number;
  /** Its blocks in order. */
  readonly blocks: readonly InvertedBlock[];
  /** Channels of the last convolution: the length of the feature vector. */
  readonly head: number;
}

/** To the nearest multiple of 8, and not more than a tenth down. [code: `round_filters`] */
function rounded(channels: number): number {
  const near = Math.max(DIVISOR, Math.floor((channels + DIVISOR / 2) / DIVISOR) * DIVISOR);
  return near < 0.9 * channels ? near + DIVISOR : near;
}

/**
 * The shape of an EfficientNet.
 *
 * @param width Channels as a share of the published network's: 1 is the published one. [ours]
 *
 * @example
 * ```ts
 * import { efficientnetShape } from "lib/networks/efficientnet_shape.ts";
 * import assert from "node:assert/strict";
 *
 * const { stem, blocks, head } = efficientnetShape("b4", 1);
 * assert.deepEqual([stem, blocks.length, blocks.at(-1)!.outputs, head], [48, 32, 448, 1792]);
 * ```
 */
export function efficientnetShape(size: EfficientNetSize, width: number): EfficientNetShape {
  const scale = SCALES[size];
  const wide = (channels: number) => Math.round(rounded(channels * scale.channels) * width);
  const counts = STAGES.map(({ blocks }) => Math.ceil(blocks * scale.blocks));
  const total = counts.reduce((sum, count) => sum + count);
  const stem = wide(STEM), blocks: InvertedBlock[] = [];
  let inputs = stem;
  STAGES.forEach(({ size, stride, expansion, channels }, s) => {
    const outputs = wide(channels);
    for (let i = 0; i < counts[s]; i++) {
      blocks.push({
        place: blocks.length,
        stage: s + 1,
        inputs,
        expanded: inputs * expansion,
        squeezed: Math.max(1, Math.floor(inputs * SQUEEZE)),
        outputs,
        size,
        stride: i === 0 ? stride : 1,
        depth: blocks.length / total,
      });
      inputs = outputs;
    }
  });
  return { stem, blocks, head: wide(HEAD) };
}
