/** The contact sheet of forged faces: the first people of a manifest, their fakes and the masks. */
import { join } from "node:path";
import { readImage, readMask, type RgbImage } from "lib/media/image.ts";
import { type PairLine, pairSheet } from "../pair_sheet.ts";
import type { DoneFace } from "./forge_outcome.ts";

/** People on a sheet. [ours] */
const PEOPLE = 10;

/** The line of a face's first variant; undefined where nothing was made of it. */
async function lineOf(
  { face, folder, record }: DoneFace,
  output: string,
): Promise<PairLine | undefined> {
  const files = record.files.filter(({ variant }) => variant === 0);
  const path = (file: string) => join(output, folder, file);
  const real = files.find(({ method }) => method === "real");
  if (real === undefined) return undefined;
  const fakes = new Map<string, { image: RgbImage; mask: Awaited<ReturnType<typeof readMask>> }>();
  for (const { method, file, mask } of files) {
    if (mask === undefined) continue;
    fakes.set(method, { image: await readImage(path(file)), mask: await readMask(path(mask)) });
  }
  const caption = `${face.people.join(" ").slice(-10)} ${face.split}`;
  return { caption, real: await readImage(path(real.file)), fakes };
}

/**
 * Draws the sheet: a line for each of the first ten people of whom something was made.
 *
 * @param output The output folder.
 * @param options `kinds`: the columns; `cell`: side of a cell in pixels; `title`: stands above all.
 * @returns undefined where nothing was made of anybody.
 */
export async function forgeSheet(
  done: AsyncIterable<DoneFace>,
  output: string,
  options: { readonly kinds: readonly string[]; readonly cell: number; readonly title: string },
): Promise<RgbImage | undefined> {
  const lines: PairLine[] = [], people = new Set<string>();
  for await (const face of done) {
    if (lines.length === PEOPLE) break;
    if (face.face.people.some((person) => people.has(person))) continue;
    const line = await lineOf(face, output);
    if (line === undefined) continue;
    face.face.people.forEach((person) => people.add(person));
    lines.push(line);
  }
  return lines.length === 0 ? undefined : await pairSheet(lines, options);
}
