/**
 * Where trained detectors of any kind look, as rows of `heatMapGrid`: in the manner of the paper's Figs. 4
 * and 7. Maps are made in explain/, drawn in figures/.
 */
import { cropsOfPhotograph } from "lib/data/photograph_crops.ts";
import type { Crop } from "lib/data/samples.ts";
import type { Grid } from "lib/explain/map_grid.ts";
import { openPartMapper, type PartMapOptions, type PartMaps } from "lib/explain/part_maps.ts";
import type { HeatMapRow } from "lib/figures/heat_map_grid.ts";
import { resizeImage } from "lib/media/crop.ts";
import { dataUri } from "lib/media/data_uri.ts";

/** How the grid is labelled, and what it shows besides the parts. */
export interface HeatMapRowsOptions {
  /**
   * Heading of a crop's line, unlike any other's. Default: the method of its sample, such as `"DF"`; of a
   * photograph `"face 1"` and so on.
   */
  readonly rowOf?: (crop: Crop, place: number) => string;
  /** Side of the pictures in the figure, in pixels. Default 96: enough for twelve columns. */
  readonly side?: number;
  /**
   * `"shared"`: maps as they are, so that those of one grid can be compared. `"own"`: each map divided by its
   * largest value, as in the paper's figures; it says where, and not how much, and is the only way to set
   * detectors of different grids and units side by side. Default `"shared"`.
   */
  readonly scale?: "shared" | "own";
  /** Of a photograph, how many faces at most, the largest first. Default: all. */
  readonly faces?: number;
  /** Whether a column `"whole"` follows where there are several parts: their maps added up. Default false. */
  readonly whole?: boolean;
}

/** Digits behind the point of a map on a scale of its own. */
const DIGITS = 3;

/** A map as a share of its largest value; one without positive evidence stays as it is. */
function stretched(map: Grid): Grid {
  const largest = Math.max(...map.flat());
  if (largest <= 0) return map;
  return map.map((row) => row.map((value) => Number((value / largest).toFixed(DIGITS))));
}

/** The faces of a photograph at the size of the detector that takes the largest pictures. */
async function facesOf(
  photograph: string,
  { detectors, most }: { detectors: readonly PartMapOptions[]; most: number | undefined },
): Promise<Crop[]> {
  const size = Math.max(...detectors.map(({ detector }) => detector.input.size));
  return (await cropsOfPhotograph(photograph, { size })).slice(0, most);
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
 * them one scale, unless `scale` says otherwise. The last column of a detector has its score in a note.
 *
 * @param pictures Square crops, or the path of a photograph, whose faces are found and cut as `prepare` does it.
 * A detector that takes another size gets crops resized.
 * @param detectors By the names that stand over their columns; each may say of which layer, of what, and how.
 * @throws RangeError for a photograph in which no face is found, naming it; for two crops of one heading; as
 * `openPartMapper` for a layer that there is not.
 * @throws ImageError for a photograph that cannot be read.
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
  pictures: readonly Crop[] | string,
  detectors: Readonly<Record<string, PartMapOptions>>,
  options: HeatMapRowsOptions = {},
): Promise<HeatMapRow[]> {
  const { side = 96, whole = false, scale = "shared", faces: most } = options;
  const isPhotograph = typeof pictures === "string";
  const crops = isPhotograph
    ? await facesOf(pictures, { detectors: Object.values(detectors), most })
    : pictures;
  const {
    rowOf = ({ sample }: Crop, i: number) => isPhotograph ? `face ${i + 1}` : sample.method,
  } = options;
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
      const columns: [string, Grid][] = parts.map((map, p) => [names[p]!, map]);
      if (whole && parts.length > 1) columns.push(["whole", sum]);
      rows.push(...columns.map(([column, map], c): HeatMapRow => ({
        ...{ row: headings[i]!, group, column, image: greys[i]! },
        map: scale === "own" ? stretched(map) : map,
        note: c === columns.length - 1 ? score.toFixed(2) : null,
      })));
    }
  }
  return rows;
}
