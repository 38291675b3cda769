/**
 * Where trained detectors of any kind look, as rows of `heatMapGrid`: in the manner of the paper's Figs. 4
 * and 7. Maps are made in explain/, drawn in figures/.
 */
import type { Crop } from "lib/data/samples.ts";
import { openPartMapper, type PartMapOptions, type PartMaps } from "lib/explain/part_maps.ts";
import type { HeatMapRow } from "lib/figures/heat_map_grid.ts";
import { resizeImage } from "lib/media/crop.ts";
import { dataUri } from "lib/media/data_uri.ts";

/** How the grid is labelled, and what it shows besides the parts. */
export interface HeatMapRowsOptions {
  /** Heading of a crop's line, unlike any other's. Default: the method of its sample, such as `"DF"`. */
  readonly rowOf?: (crop: Crop, place: number) => string;
  /** Side of the pictures in the figure, in pixels. Default 96: enough for twelve columns. */
  readonly side?: number;
  /** Whether a column `"whole"` follows where there are several parts: their maps added up. Default false. */
  readonly whole?: boolean;
}

/** The maps of all crops by one detector, with its parts' names; crops of another size are resized. */
async function mapsBy(
  crops: readonly Crop[],
  options: PartMapOptions,
): Promise<{ names: string[]; maps: PartMaps[] }> {
  const { size } = options.detector.input;
  const fitting = crops.map(async ({ image, sample }): Promise<Crop> => ({
    image: await resizeImage(image, { width: size, height: size }),
    sample,
  }));
  using mapper = openPartMapper(options);
  return {
    names: mapper.parts.map(({ name }) => name),
    maps: await mapper.maps(await Promise.all(fitting)),
  };
}

/**
 * Rows for `heatMapGrid`: a line for each crop, with its photograph, its mask where there is one, and a
 * column for each part of each detector. Maps are in logits a cell, not scaled, so the grid gives all of
 * them one scale. The last column of a detector has its score in a note.
 *
 * @param crops Square pictures. A detector that takes another size gets them resized.
 * @param detectors By the names that stand over their columns; each may say of which layer, and of what.
 * @throws RangeError for two crops of one heading; as `openPartMapper` for a layer that there is not.
 *
 * @example
 * ```ts
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { startEngine } from "lib/engine/engine.ts";
 * import { heatMapGrid } from "lib/figures/heat_map_grid.ts";
 * import { drawPlantedClues } from "lib/forgeries/planted_clues.ts";
 * import { PLANTED_SETTINGS } from "lib/forgeries/planted_clues/planted_settings.ts";
 * import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
 * import { createRandom } from "lib/random.ts";
 * import { heatMapRows } from "lib/studies/heat_map_rows.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * const random = createRandom(1), { detector } = SMOKE;
 * const crops = drawPlantedClues(2, { setting: PLANTED_SETTINGS.A8, split: "test", random });
 * const fresh = { detector, parameters: initialiseParameters(detector.parameters, random) };
 * const rowOf = (_: object, i: number) => `face ${i + 1}`;
 * const rows = await heatMapRows(crops, { "not trained": { ...fresh, layer: "layer3" } }, { rowOf });
 * assert.equal(rows.length, 2 * (1 + detector.settings.blocks));
 * const figure = heatMapGrid(rows, { title: "Evidence of fake" });
 * ```
 */
export async function heatMapRows(
  crops: readonly Crop[],
  detectors: Readonly<Record<string, PartMapOptions>>,
  { rowOf = ({ sample }) => sample.method, side = 96, whole = false }: HeatMapRowsOptions = {},
): Promise<HeatMapRow[]> {
  const headings = crops.map(rowOf);
  const twice = headings.find((row, i) => headings.indexOf(row) < i);
  if (twice !== undefined) {
    throw new RangeError(
      `Two crops would be the line ${JSON.stringify(twice)} of the grid: name lines with rowOf.`,
    );
  }
  const given = await Promise.all(crops.map(async ({ image, mask }, i): Promise<HeatMapRow[]> => {
    const row = headings[i]!;
    return [
      { row, column: "photograph", image: await dataUri(image, { side }), map: null },
      ...mask ? [{ row, column: "changed", image: await dataUri(mask, { side }), map: null }] : [],
    ];
  }));
  const greys = await Promise.all(crops.map(({ image }) => dataUri(image, { side, grey: true })));
  const rows = given.flat();
  for (const [group, detector] of Object.entries(detectors)) {
    const { names, maps } = await mapsBy(crops, detector);
    for (const [i, { parts, whole: sum, score }] of maps.entries()) {
      const columns: [string, PartMaps["whole"]][] = parts.map((map, p) => [names[p]!, map]);
      if (whole && parts.length > 1) columns.push(["whole", sum]);
      rows.push(...columns.map(([column, map], c): HeatMapRow => ({
        ...{ row: headings[i]!, group, column, image: greys[i]!, map },
        note: c === columns.length - 1 ? score.toFixed(2) : null,
      })));
    }
  }
  return rows;
}
