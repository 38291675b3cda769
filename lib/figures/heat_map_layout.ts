/**
 * Where things stand in a grid of heat maps, in CSS pixels from the figure's upper left corner. What
 * is drawn there is left to heat_map_grid.ts.
 */
import { FONT_SIZES, type Size, WIDTHS, wrapText } from "./chart_style.ts";

/** The place of a cell, in words. */
export interface GridPlace {
  /** Heading of the line. */
  readonly row: string;
  /** Heading of the column. */
  readonly column: string;
  /** Heading over neighbouring columns; `null` or left out for none. */
  readonly group?: string | null;
}

/** A heading with the pixels that it stands over. */
export interface GridHeading {
  /** The text, broken into lines that fit. */
  readonly text: string;
  /** Left end. */
  readonly from: number;
  /** Right end. */
  readonly to: number;
}

/** A grid laid out. */
export interface GridLayout {
  /** Side of a cell. */
  readonly cell: number;
  /** Left end of the first column. */
  readonly left: number;
  /** Lower end of the headings of groups. */
  readonly groupsEnd: number;
  /** Lower end of the headings of columns. */
  readonly headingsEnd: number;
  /** Lower end of the last line. */
  readonly bottom: number;
  /** Headings of lines, from the top. */
  readonly lines: readonly string[];
  /** Font size of the columns' headings: smaller where a word would else touch its neighbour. */
  readonly headingSize: number;
  /** Headings of columns, from the left. */
  readonly columns: readonly GridHeading[];
  /** Headings of groups, from the left. */
  readonly groups: readonly GridHeading[];
  /** Upper left corner of the cell at a place. */
  cornerOf(place: GridPlace): { readonly x: number; readonly y: number };
}

const GAP = 3;
const GROUP_GAP = 12;
const SMALLEST_CELL = 40;
const LARGEST_CELL = 150;

/**
 * Lines and columns in the order in which they first appear, square cells as large as the width
 * allows, a wider gap between groups.
 *
 * @param places Places of the cells.
 * @param room Width of the figure, and the height kept above the headings, in CSS pixels.
 * @throws RangeError when the cells would be too small for the text in them.
 */
export function layOutGrid(
  places: readonly GridPlace[],
  room: { readonly size: Size; readonly top: number },
): GridLayout {
  const { size, top } = room;
  const [fontSize, small] = [FONT_SIZES[size], FONT_SIZES.small];
  const groupOf = (place: GridPlace) => place.group ?? null;
  const keyOf = (place: GridPlace) => JSON.stringify([groupOf(place), place.column]);
  const lines = [...new Set(places.map((place) => place.row))];
  const columns = [...new Map(places.map((place) => [keyOf(place), place])).values()];
  const keys = columns.map(keyOf);

  const longest = Math.max(0, ...lines.map((line) => line.length));
  const left = Math.ceil(14 + longest * fontSize * 0.62);
  const gaps = columns.map((column, c): number =>
    c === 0 ? 0 : groupOf(column) === groupOf(columns[c - 1]) ? GAP : GROUP_GAP
  );
  const free = WIDTHS[size] - left - 10 - gaps.reduce((sum, gap) => sum + gap, 0);
  const cell = Math.floor(Math.min(free / Math.max(1, columns.length), LARGEST_CELL));
  if (cell < SMALLEST_CELL) {
    throw new RangeError(
      `${columns.length} columns at ${size} width make cells of ${cell} pixels, too ` +
        `small for text (${SMALLEST_CELL}). Use the page's width, or fewer columns.`,
    );
  }
  const x = gaps.map((_, c) =>
    left + c * cell + gaps.slice(0, c + 1).reduce((sum, gap) => sum + gap, 0)
  );
  const word = Math.max(
    0,
    ...columns.flatMap(({ column }) => column.split(" ")).map((w) => w.length),
  );
  const headingSize = 0.52 * small * word > cell + GAP ? small - 1 : small;
  const headings = columns.map(({ column }, c): GridHeading => ({
    text: wrapText(column, { width: cell, fontSize: headingSize }),
    from: x[c],
    to: x[c] + cell,
  }));
  const groups = columns.flatMap((column, c): GridHeading[] => {
    const group = groupOf(column);
    if (!group || (c > 0 && groupOf(columns[c - 1]) === group)) return [];
    const next = columns.findIndex((other, o) => o > c && groupOf(other) !== group);
    const to = x[next < 0 ? columns.length - 1 : next - 1] + cell;
    return [{ text: wrapText(group, { width: to - x[c], fontSize }), from: x[c], to }];
  });
  const heightOf = (of: readonly GridHeading[], font: number) =>
    Math.max(0, ...of.map(({ text }) => text.split("<br>").length)) * font * 1.3 + 4;
  const groupsEnd = top + heightOf(groups, fontSize);
  const headingsEnd = groupsEnd + heightOf(headings, headingSize);
  return {
    cell,
    left,
    groupsEnd,
    headingsEnd,
    bottom: headingsEnd + lines.length * (cell + GAP),
    lines,
    headingSize,
    columns: headings,
    groups,
    cornerOf: (place) => ({
      x: x[keys.indexOf(keyOf(place))],
      y: headingsEnd + lines.indexOf(place.row) * (cell + GAP),
    }),
  };
}
