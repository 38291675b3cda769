/**
 * Many pictures in one: rows and columns with captions, for looking at data by eye.
 */
import { Buffer } from "node:buffer";
import sharp, { type OverlayOptions } from "sharp";
import { type Mask, rawOptions, type RgbImage } from "./image.ts";

/** One row of a contact sheet. */
export interface SheetRow {
  /** Stands at the left. */
  readonly caption: string;
  /** One picture a column, in the columns' order; undefined leaves a gap. */
  readonly cells: readonly (RgbImage | Mask | undefined)[];
}

/** How a contact sheet looks. */
export interface SheetOptions {
  /** Captions above the columns. */
  readonly columns: readonly string[];
  /** Side of a cell in pixels; pictures are fitted into it. Default 112. */
  readonly cell?: number;
  /** Width of the captions at the left in pixels. Default 84. */
  readonly margin?: number;
  /** Stands above all; default nothing. */
  readonly title?: string;
}

const GAP = 3;
const escape = (text: string) =>
  text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]!);

/**
 * Draw a contact sheet.
 *
 * @returns RGB; `writeImage` writes it.
 * @throws RangeError when a row has more cells than there are columns, or nothing is there to draw.
 */
export async function contactSheet(
  rows: readonly SheetRow[],
  options: SheetOptions,
): Promise<RgbImage> {
  const { columns, cell = 112, margin = 84, title = "" } = options;
  if (rows.length === 0 || columns.length === 0) {
    throw new RangeError("A contact sheet needs at least one row and one column.");
  }
  const step = cell + GAP, head = title ? 52 : 26;
  const width = margin + columns.length * step, height = head + rows.length * step;
  const text = (x: number, y: number, words: string, anchor: string) =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}">${escape(words)}</text>`;
  const captions = [
    text(6, 20, title, "start"),
    ...columns.map((words, c) => text(margin + c * step + cell / 2, head - 8, words, "middle")),
    ...rows.map(({ caption }, r) => text(margin - 8, head + r * step + cell / 2, caption, "end")),
  ];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `font-family="sans-serif" font-size="13">${captions.join("")}</svg>`;
  const layers: OverlayOptions[] = [{ input: Buffer.from(svg), left: 0, top: 0 }];
  for (const [r, { caption, cells }] of rows.entries()) {
    if (cells.length > columns.length) {
      throw new RangeError(
        `Row "${caption}" has ${cells.length} cells for ${columns.length} columns.`,
      );
    }
    for (const [c, picture] of cells.entries()) {
      if (!picture) continue;
      const input = await sharp(picture.data, rawOptions(picture))
        .resize(cell, cell, { fit: "contain", background: "white" }).png().toBuffer();
      layers.push({ input, left: margin + c * step, top: head + r * step });
    }
  }
  const data = await sharp({ create: { width, height, channels: 3, background: "white" } })
    .composite(layers).removeAlpha().raw().toBuffer();
  return { data: new Uint8Array(data), width, height };
}
