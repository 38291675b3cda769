/** Numbers in prose, and the numbers that cells computed. */
import { joined, type ReadNotebook } from "./read_notebooks.ts";

/** A number as it stands in prose. */
export interface ProseNumber {
  /** The text around it, to find it again. */
  readonly where: string;
  /** Its size, without its sign. */
  readonly value: number;
  /** Half of its last printed digit. */
  readonly within: number;
}

const HEADING = /^#+ .*\bWhat (?:we saw|was found|was learned)\b.*$/m;
/** Decimals such as .5, −0.013 or 12.25, percentages such as 28 %, and counts such as "23 of 36". */
const DECIMAL = /(?<![\w.])(?:\d[\d,]*)?\.\d+(?![\w])/g;
const PERCENT = /(?<![\w.])\d+(?:\.\d+)?(?: to (\d+(?:\.\d+)?))? %/g;
const COUNTS = /(?<![\w.])(\d+) of (\d+)(?![\w.])/g;

function* numbersIn(item: string): Generator<ProseNumber> {
  const text = item.replaceAll(
    /`[^`]*`|\$[^$]*\$|\]\([^)]*\)/g,
    (hidden) => " ".repeat(hidden.length),
  );
  const around = (at: number) =>
    text.slice(Math.max(0, at - 30), at + 20).replaceAll(/\s+/g, " ").trim();
  const number = (printed: string, where: string, scale = 1): ProseNumber => {
    const digits = printed.split(".")[1]?.length ?? 0;
    return {
      where,
      value: Number(printed.replaceAll(",", "")) * scale,
      within: 0.5 * scale * 10 ** -digits,
    };
  };
  const shares = [...text.matchAll(PERCENT)];
  for (const match of shares) {
    for (const printed of match[0].match(/\d+(?:\.\d+)?/g)!) {
      yield number(printed, around(match.index));
    }
  }
  const isShare = (at: number) =>
    shares.some(({ index, 0: all }) => at >= index && at < index + all.length);
  for (const { 0: printed, index } of text.matchAll(DECIMAL)) {
    if (!isShare(index)) yield number(printed, around(index));
  }
  for (const { 0: all, index } of text.matchAll(COUNTS)) {
    for (const printed of all.match(/\d+/g)!) {
      yield { ...number(printed, around(index)), within: 0 };
    }
  }
}

/** The numbers of the lists that say what was found. */
export function foundNumbers({ cells }: ReadNotebook): ProseNumber[] {
  return cells.filter(({ cell_type, text }) => cell_type === "markdown" && HEADING.test(text))
    .flatMap(({ text }) => {
      const after = text.slice(HEADING.exec(text)!.index).replace(/^.*\n/, "");
      const section = after.split(/^(?:#+ |\*\*Exercise)/m)[0]!;
      const items = section.match(/^- .*(?:\n(?!- |\n).*)*/gm) ?? [];
      return items.flatMap((item) => [...numbersIn(item)]);
    });
}

/** Every number in a notebook's kept outputs: text, tables, and the values of its figures. Signs are left out. */
export function keptNumbers({ cells }: ReadNotebook): number[] {
  const kept = new Set<number>();
  const take = (value: unknown): void => {
    if (typeof value === "number") kept.add(Math.abs(value));
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(take);
  };
  const read = (text: string) => {
    for (
      const [printed] of text.matchAll(/(?<![\w.])(?:\d[\d,]*)?(?:\.\d+)?(?:e[−+-]?\d+)?(?!\w)/g)
    ) {
      const value = Number(printed.replaceAll(",", "").replace("−", "-"));
      if (printed !== "" && Number.isFinite(value)) kept.add(value);
    }
  };
  for (const { text, data = {} } of cells.flatMap(({ outputs }) => outputs)) {
    read(joined(text));
    for (const [type, value] of Object.entries(data)) {
      if (type.endsWith("+json")) take(value);
      else if (type.startsWith("text/")) read(joined(value).replaceAll(/<[^>]*>/g, " "));
    }
  }
  return [...kept];
}

/** The numbers of "What was found" lists that no cell has, to the digits that are printed; percentages as shares too. */
export function unfoundedNumbers(notebook: ReadNotebook): string[] {
  const kept = keptNumbers(notebook);
  return foundNumbers(notebook).filter(({ value, within }) =>
    !kept.some((known) =>
      Math.abs(known - value) <= within * (1 + 1e-9) + 1e-12 ||
      Math.abs(100 * known - value) <= within * (1 + 1e-9) && known <= 1 && within > 0 && value > 1
    )
  ).map(({ where, value }) => `${notebook.path}: ${value} in "… ${where} …"`);
}
