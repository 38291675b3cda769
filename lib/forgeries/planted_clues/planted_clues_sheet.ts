/** The contact sheet of the planted clues: the same persons without, with each, and with all clues. */
import { createRandom } from "lib/random.ts";
import { contactSheet, type SheetRow } from "lib/media/contact_sheet.ts";
import type { RgbImage } from "lib/media/image.ts";
import { paint } from "./paint_face.ts";
import { drawPerson } from "./drawn_person.ts";
import { CLUES, type PerClue, type PlantedSetting } from "./planted_settings.ts";

/**
 * Draws the sheet. A column is one person; the rows below the first two each add one clue, then all.
 *
 * @param options `persons`: number of columns, default 8; `seed`, default 1; `cell`: side of a cell in
 * pixels, default 96.
 */
export function plantedCluesSheet(
  setting: PlantedSetting,
  options: { persons?: number; seed?: number; cell?: number } = {},
): Promise<RgbImage> {
  const { persons = 8, seed = 1, cell = 96 } = options;
  const only = (clue: number): PerClue =>
    setting.visibility.map((v, k) => k === clue ? v : 0) as unknown as PerClue;
  const rows = ([
    ["no clue", [0, 0, 0, 0]],
    ...CLUES.map((clue, k) => [clue, only(k)]),
    ["all clues", setting.visibility],
  ] as [string, PerClue][]).map(([caption, visibility]): SheetRow => {
    const cells = Array.from({ length: persons }, (_, i) => {
      const person = drawPerson(createRandom(seed, "person", i), 48);
      const random = createRandom(seed, "noise", i);
      return paint(person, { visibility, noise: setting.noise, random, size: 48 }).image;
    });
    return { caption, cells };
  });
  const columns = Array.from({ length: persons }, (_, i) => `person ${i + 1}`);
  return contactSheet(rows, { columns, cell, title: `Planted clues, setting ${setting.name}` });
}
