import assert from "node:assert/strict";
import {
  compareFocus,
  FOCUS,
  type FocusMeasure,
  focusOf,
  verdictOnAll,
  verdictOnLess,
} from "lib/explain/compare_focus.ts";
import { energyGain } from "lib/explain/localisation.ts";
import type { Grid } from "lib/explain/map_grid.ts";
import type { MappedImage } from "lib/explain/measure_parts.ts";
import { meanOverImages } from "lib/explain/over_images.ts";
import { createRandom, type Random } from "lib/random.ts";
import { maskOf, near, noise } from "./map_cases.ts";

const SIZE = 16;
const mask = maskOf(
  Array.from({ length: SIZE }, (_, y) => Array.from({ length: SIZE }, () => Number(y < SIZE / 2))),
);

/** A picture with the maps of one part or several; the whole is their sum. */
function picture(
  video: string,
  parts: readonly Grid[],
  of: MappedImage["mask"] = mask,
): MappedImage {
  const whole = parts[0].map((row, y) =>
    row.map((_, x) => parts.reduce((sum, map) => sum + map[y][x], 0))
  );
  return {
    video,
    mask: of,
    size: SIZE,
    maps: { score: 0.5, explained: 0, parts: [...parts], whole },
  };
}

/** Noise of 4 × 4 cells, in the first `rows` rows alone. */
const rowsOf = (rows: number, random: Random): Grid =>
  noise(random, 4).map((row, y) => y < rows ? row : row.map(() => -1));

/** Pictures of some faces, four of each. */
const pictures = (rows: number, { seed, faces = 12 }: { seed: number; faces?: number }) => {
  const random = createRandom(seed, "pictures");
  return Array.from(
    { length: 4 * faces },
    (_, i) => picture(`face ${i % faces}`, [rowsOf(rows, random), rowsOf(rows, random)]),
  );
};

Deno.test("focusOf measures whole and parts, and the mask where there is one", () => {
  const [top, bottom] = [[[4, 4], [-1, -1]], [[-4, -4], [1, 1]]];
  const image = picture("a", [top, bottom]);
  assert.deepEqual(image.maps.whole, [[0, 0], [0, 0]]);
  const { regions, partsRegions, cover, partsCover, gain } = focusOf(image);
  assert.deepEqual([regions, cover, gain], [null, null, null]);
  near(partsRegions, 16);
  near(focusOf(image).mapRegions, 8);
  near(partsCover, 1);
  const one = picture("a", [[[1, 1], [0, 0]]]);
  near(focusOf(one).regions, 8);
  near(focusOf(one).partsRegions, 8);
  assert.equal(focusOf(one).gain, energyGain(one.maps.whole, mask));
  assert.equal(focusOf({ ...one, mask: null }).gain, null);
  // Half of each region's cells speak for fake, half against: figures show the first half alone.
  const split = picture("a", [
    Array.from({ length: 8 }, () => Array.from({ length: 8 }, (_, x) => x % 2 === 0 ? 1 : -1)),
  ]);
  assert.equal(focusOf(split).regions, null);
  near(focusOf(split).partsRegions, 16);
});

Deno.test("compareFocus tells fewer regions from more, and like from like", () => {
  const images = {
    ours: pictures(3, { seed: 1 }),
    narrow: pictures(1, { seed: 2 }),
    broad: pictures(4, { seed: 3 }),
    alike: pictures(3, { seed: 4 }),
  };
  const { rows, differences } = compareFocus(images, { against: "ours", random: createRandom(1) });
  const of = (detector: string, measure: FocusMeasure) =>
    differences.find((row) => row.detector === detector && row.measure === measure)!;
  for (const measure of ["regions", "mapRegions", "partsRegions", "cover", "partsCover"] as const) {
    assert.equal(of("narrow", measure).verdict, "supported", measure);
    assert.equal(of("broad", measure).verdict, "contradicted", measure);
  }
  assert.equal(of("alike", "regions").verdict, "not told apart");
  assert.ok(of("narrow", "gain").value! > 0.3, "all of its evidence is above the middle");
  assert.equal(differences.length, 3 * Object.keys(FOCUS).length);
  assert.ok(differences.every(({ against, images }) => against === "ours" && images === 48));
  const value = (detector: string, kind: string) =>
    rows.find((row) => row.detector === detector && row.measure === "regions" && row.of === kind)!;
  const own = value("narrow", "this picture"), base = value("ours", "this picture");
  near(own.value! - base.value!, of("narrow", "regions").value!);
  assert.ok(own.low! < own.value! && own.value! < own.high!);
  near(value("narrow", "shuffled cells").value, own.value!); // regions are cells: their places say nothing
  assert.deepEqual(
    compareFocus(images, { against: "ours", random: createRandom(1) }),
    { rows, differences },
  );
});

Deno.test("a difference is made picture by picture: what a picture gives to both drops out", () => {
  const random = createRandom(6, "pairs");
  const base = Array.from({ length: 30 }, (_, i) => {
    const rows = 1 + i % 3;
    return {
      one: picture(`${i}`, [rowsOf(rows, random)]),
      other: picture(`${i}`, [rowsOf(rows, random)]),
    };
  });
  const images = { ours: base.map(({ one }) => one), other: base.map(({ other }) => other) };
  const { rows, differences } = compareFocus(images, { against: "ours", random: createRandom(1) });
  const width = ({ low, high }: { low: number | null; high: number | null }) => high! - low!;
  const [difference] = differences, [own] = rows;
  assert.ok(width(difference) < 0.7 * width(own), `${width(difference)}, ${width(own)}`);
});

Deno.test("pictures on which one of the two has no evidence are in neither's difference, and not counted", () => {
  const ours = pictures(2, { seed: 1, faces: 5 }), empty: Grid[] = [[[-1, -1], [-1, 0]]];
  const other = ours.map((image, i) => i < 8 ? picture(image.video, empty) : image);
  const { rows, differences } = compareFocus({ ours, other }, {
    against: "ours",
    random: createRandom(1),
  });
  const [difference] = differences;
  assert.deepEqual([difference.images, difference.value], [12, 0]);
  assert.equal(rows.find(({ detector }) => detector === "other")!.images, 12);
  assert.equal(difference.verdict, "not told apart");
  const none = ours.map(({ video }) => picture(video, empty));
  const nothing = compareFocus({ ours, none }, { against: "ours", random: createRandom(1) });
  assert.deepEqual(
    [nothing.differences[0].value, nothing.differences[0].verdict],
    [null, "not told apart"],
  );
});

Deno.test("intervals of differences hold the true one about as often as they say", () => {
  const random = createRandom(8, "coverage");
  let held = 0;
  for (let run = 0; run < 60; run++) {
    const each = Array.from({ length: 25 }, (_, i) => ({ video: `${i}`, value: random.normal() }));
    if (verdictOnLess(meanOverImages(each, random)) === "not told apart") held++;
  }
  assert.ok(held >= 50, `${held} of 60`); // 57 expected; fewer than 50 once in 1000
});

Deno.test("verdicts follow from the interval alone", () => {
  assert.equal(verdictOnLess({ low: -2, high: -0.1 }), "supported");
  assert.equal(verdictOnLess({ low: 0.1, high: 2 }), "contradicted");
  for (const [low, high] of [[-1, 1], [0, 1], [-1, 0], [null, null]]) {
    assert.equal(verdictOnLess({ low, high }), "not told apart");
  }
  assert.throws(() => verdictOnAll([]), RangeError);
});

Deno.test("compareFocus refuses what cannot be compared, by name", () => {
  const options = { against: "ours", random: createRandom(1) };
  const [ours, other] = [pictures(2, { seed: 1, faces: 2 }), pictures(2, { seed: 2, faces: 3 })];
  assert.throws(() => compareFocus({ other }, options), /no detector "ours" among other/);
  assert.throws(() => compareFocus({ ours, other }, options), /other was not asked about the same/);
});
