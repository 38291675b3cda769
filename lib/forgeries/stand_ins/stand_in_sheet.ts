/**
 * The contact sheet of the stand-ins, and the rows that say what is on it.
 */
import type { RgbImage } from "lib/media/image.ts";
import { type PairLine, pairSheet } from "../pair_sheet.ts";
import type { StandIn, StandIns } from "./stand_in.ts";

/** One manipulated picture on the sheet. */
export interface StandInRow {
  /** The manipulated face, such as "sample4/0". */
  readonly face: string;
  /** "train" or "test". */
  readonly split: string;
  /** "DF", "F2F", "FS" or "NT". */
  readonly method: string;
  /** The face that appearance or expression came from. */
  readonly donor: string;
  /** Share of the crop's pixels where the mask is not 0. */
  readonly masked: number;
  /** Share of the crop's pixels that differ from the real crop. */
  readonly changed: number;
  /** Mean absolute change of R, G, B where the mask is not 0, 0 to 255. */
  readonly meanChange: number;
}

/** Of two crops of one face: what the second changes. */
function measure(
  real: StandIn,
  fake: StandIn,
): Pick<StandInRow, "masked" | "changed" | "meanChange"> {
  const { mask, image } = fake;
  let masked = 0, changed = 0, sum = 0;
  mask.data.forEach((value, pixel) => {
    const differences = [0, 1, 2].map((c) =>
      Math.abs(image.data[pixel * 3 + c] - real.image.data[pixel * 3 + c])
    );
    const difference = differences[0] + differences[1] + differences[2];
    if (value > 0) {
      masked++;
      sum += difference / 3;
    }
    if (difference > 0) changed++;
  });
  const pixels = mask.data.length;
  const round = (value: number) => Math.round(value * 1e4) / 1e4;
  return {
    masked: round(masked / pixels),
    changed: round(changed / pixels),
    meanChange: round(sum / Math.max(1, masked)),
  };
}

/**
 * The first variant of each face: real, its manipulations, and their masks in the same order.
 *
 * @param options `cell`: side of a cell in pixels, default 80.
 * @returns The sheet, and a row for each manipulated picture on it.
 *
 * @example How results/00_stand_ins.png is made
 * ```ts ignore
 * import { makeStandIns } from "lib/forgeries/stand_ins.ts";
 * import { standInSheet } from "lib/forgeries/stand_ins/stand_in_sheet.ts";
 * import { writeImage } from "lib/media/write_image.ts";
 *
 * const { sheet } = await standInSheet(await makeStandIns(), { cell: 88 });
 * await writeImage("results/00_stand_ins.png", sheet);
 * ```
 */
export async function standInSheet(
  { train, test }: StandIns,
  options: { cell?: number } = {},
): Promise<{ sheet: RgbImage; rows: StandInRow[] }> {
  const { cell = 80 } = options;
  const all = [...train, ...test];
  const real = all.filter(({ sample }) => sample.label === 0 && sample.path.endsWith("/real-0"));
  const rows: StandInRow[] = [], lines: PairLine[] = [], kinds = new Set<string>();
  for (const original of real) {
    const { video, split } = original.sample;
    const fakes = all.filter(({ sample }) =>
      sample.label === 1 && sample.video === video && sample.path.endsWith("-0")
    );
    const byMethod = new Map(fakes.map((fake) => [fake.sample.method, fake]));
    for (const method of byMethod.keys()) kinds.add(method);
    lines.push({ caption: `${video} ${split}`, real: original.image, fakes: byMethod });
    for (const fake of fakes) {
      rows.push({
        face: video,
        split,
        method: fake.sample.method,
        donor: fake.donor ?? "",
        ...measure(original, fake),
      });
    }
  }
  const title = "Stand-ins: demo photographs, manipulated. No benchmark.";
  return { sheet: await pairSheet(lines, { kinds: [...kinds], cell, title }), rows };
}
