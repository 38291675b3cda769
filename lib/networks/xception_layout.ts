/** What an Xception consists of, at any width: names and channels of its convolutions and blocks. */

/** Channels at width 1 of the two convolutions before the blocks. */
const FIRST = [32, 64] as const;

/** Channels at width 1 that leave each separable convolution, block by block. */
const BLOCKS: readonly (readonly number[])[] = [
  [128, 128], // the first three blocks widen in their first convolution
  [256, 256],
  [728, 728],
  ...Array.from({ length: 8 }, () => [728, 728, 728]),
  [728, 1024], // the last block widens in its second
];

/** Channels at width 1 of the two separable convolutions after the blocks. */
const LAST = [1536, 2048] as const;

/** A filter for each channel, a 1×1 convolution, a batch norm: where they are, and their shape. */
export interface Separable {
  /** Name of the two convolutions. */
  readonly name: string;
  /** Name of the batch norm. */
  readonly norm: string;
  /** Channels in. */
  readonly inputs: number;
  /** Channels out. */
  readonly outputs: number;
}

/** One residual block: where its parameters are and what it turns into what. */
export interface Block {
  /** What its parameters' names begin with: `block1` … `block12` in an Xception. */
  readonly name: string;
  /** Channels in. */
  readonly inputs: number;
  /** Channels out. */
  readonly outputs: number;
  /** Whether it pools to half the side; its shortcut then has a convolution of its own. */
  readonly halves: boolean;
  /** Whether it begins with a ReLU. */
  readonly startsWithRelu: boolean;
  /** What its branch consists of, in order. */
  readonly separables: readonly Separable[];
}

const atWidth = (channels: number, width: number) => Math.round(channels * width);

/**
 * Channels at some places of a network of this width: behind `conv1`, behind `conv2`, in the middle (blocks 3
 * to 11), behind the last block, and of the features that the classifier sees.
 */
export function xceptionChannels(
  width: number,
): { first: number; second: number; middle: number; last: number; features: number } {
  const [first, second, middle, last, features] = [
    ...FIRST,
    BLOCKS[2][0],
    BLOCKS.at(-1)!.at(-1)!,
    LAST[1],
  ].map((channels) => atWidth(channels, width));
  return { first, second, middle, last, features };
}

/**
 * A block by its channels.
 *
 * @param widths Channels in, and behind each of its separable convolutions.
 */
export function blockOf(
  name: string,
  widths: readonly number[],
  { halves = false, startsWithRelu = true }: { halves?: boolean; startsWithRelu?: boolean } = {},
): Block {
  const separables = widths.slice(1).map((outputs, k) => {
    // `rep` is the list ReLU, convolution, batch norm, ReLU, …; it may lack the first.
    const place = 3 * k + (startsWithRelu ? 1 : 0);
    return {
      name: `${name}.rep.${place}`,
      norm: `${name}.rep.${place + 1}`,
      inputs: widths[k],
      outputs,
    };
  });
  return { name, inputs: widths[0], outputs: widths.at(-1)!, halves, startsWithRelu, separables };
}

/** The blocks of a pass. Blocks 4 to 11 keep sides and channels; the shallow network goes on without them. */
export function residualBlocks(width: number, isShallow = false): Block[] {
  const all = BLOCKS.map((channels, i) => {
    const inputs = i === 0 ? FIRST[1] : BLOCKS[i - 1].at(-1)!;
    const widths = [inputs, ...channels].map((wide) => atWidth(wide, width));
    // The first one's input comes from a ReLU.
    return blockOf(`block${i + 1}`, widths, {
      halves: channels.length === 2,
      startsWithRelu: i > 0,
    });
  });
  return isShallow ? all.filter(({ halves }) => halves) : all;
}

/** The two separable convolutions after the blocks, `conv3` and `conv4`. */
export function lastSeparables(width: number): Separable[] {
  return LAST.map((channels, i) => ({
    name: `conv${i + 3}`,
    norm: `bn${i + 3}`,
    inputs: atWidth(i === 0 ? BLOCKS.at(-1)!.at(-1)! : LAST[i - 1], width),
    outputs: atWidth(channels, width),
  }));
}
