/** Pairs on a contact sheet: a line a face, the real picture, its fakes, and their masks in the same order. */
import { contactSheet } from "lib/media/contact_sheet.ts";
import type { Mask, RgbImage } from "lib/media/image.ts";

/** A line of the sheet. */
export interface PairLine {
  /** Stands at the left. */
  readonly caption: string;
  /** The real picture. */
  readonly real: RgbImage;
  /** By the name of what made it, a fake and where it differs. */
  readonly fakes: ReadonlyMap<string, { readonly image: RgbImage; readonly mask: Mask }>;
}

/**
 * Draws the sheet. What a line has no fake of stays empty.
 *
 * @param options `kinds`: the columns; `cell`: side of a cell in pixels.
 * @returns RGB; `writeImage` writes it.
 * @throws RangeError when there is no line.
 */
export async function pairSheet(
  lines: readonly PairLine[],
  { kinds, cell, title }: {
    readonly kinds: readonly string[];
    readonly cell: number;
    readonly title: string;
  },
): Promise<RgbImage> {
  const rows = lines.map(({ caption, real, fakes }) => ({
    caption,
    cells: [
      real,
      ...kinds.map((kind) => fakes.get(kind)?.image),
      ...kinds.map((kind) => fakes.get(kind)?.mask),
    ],
  }));
  const columns = ["real", ...kinds, ...kinds.map((kind) => `${kind} mask`)];
  const longest = Math.max(...lines.map(({ caption }) => caption.length));
  const margin = Math.max(116, 11 + 7 * longest); // so many pixels that captions fit in
  return await contactSheet(rows, { columns, cell, margin, title });
}
