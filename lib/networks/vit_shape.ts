/** The vision transformers whose weights are published: what families differ in, and their sizes. */

/** Whose weights a vision transformer is made for. */
export type VitFamily = "clip" | "openClip" | "dinov2" | "dino" | "vit";

/** How wide and deep it is; `"shallow"` is ours, for two cores. */
export type VitSize = "shallow" | "tiny" | "small" | "base" | "large";

/** What families differ in beside their statistics of pictures. */
export interface VitFamilyShape {
  /** Whether the tokens are normalised before the first block. */
  readonly preNorm: boolean;
  /** Whether each block's two branches are scaled by channel (LayerScale, Touvron et al. 2021). */
  readonly layerScale: boolean;
  /** Added to every layer norm's variance. */
  readonly epsilon: number;
  /** Between the two linear layers of a block. */
  readonly activation: "gelu" | "quickGelu";
}

/** All that decides a network's parameters. */
export interface VitShape extends VitFamilyShape {
  /** Channels of a token. */
  readonly width: number;
  /** Blocks. */
  readonly depth: number;
  /** Heads of attention. */
  readonly heads: number;
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Patches along a side of the picture. */
  readonly grid: number;
  /** Register tokens beside the class token (Darcet et al. 2024). */
  readonly registers: number;
  /** Rank of the low-rank adapters beside queries, keys and values; 0: none. */
  readonly rank: number;
  /** What adapters are multiplied by: α / rank. */
  readonly adapterScale: number;
}

const plain = { preNorm: false, layerScale: false, epsilon: 1e-6, activation: "gelu" } as const;
const ofClip = { ...plain, preNorm: true, epsilon: 1e-5 } as const;

/**
 * The families. [code]: transformers' `CLIPVisionModel` and `Dinov2Model`, timm's `vision_transformer.py`;
 * a patch embedding before a norm has no bias.
 */
export const VIT_FAMILIES: Readonly<Record<VitFamily, VitFamilyShape>> = Object.freeze({
  clip: { ...ofClip, activation: "quickGelu" }, // OpenAI's
  openClip: ofClip, // the same network trained anew by LAION with GELU
  dinov2: { ...plain, layerScale: true },
  dino: plain,
  vit: plain, // timm's own, of ImageNet's labels
});

/** Channels, blocks and heads. [Dosovitskiy et al. 2021; Touvron et al. 2021] */
export const VIT_SIZES: Readonly<
  Record<VitSize, Pick<VitShape, "width" | "depth" | "heads">>
> = Object.freeze({
  shallow: { width: 64, depth: 2, heads: 4 },
  tiny: { width: 192, depth: 12, heads: 3 },
  small: { width: 384, depth: 12, heads: 6 },
  base: { width: 768, depth: 12, heads: 12 },
  large: { width: 1024, depth: 24, heads: 16 },
});
