/** The overlap at several levels against the one level of all measures, and against what chance gives. */
import assert from "node:assert/strict";
import { measureParts } from "lib/explain/measure_parts.ts";
import { overlapByLevel } from "lib/explain/overlap_by_level.ts";
import { TOP_LEVEL } from "lib/explain/overlap.ts";
import { createRandom } from "lib/random.ts";
import { near, noise } from "./map_cases.ts";

const random = createRandom(4, "maps");
const SIDE = 12;
const images = Array.from({ length: 40 }, (_, i) => {
  const parts = [0, 1, 2].map(() => noise(random, SIDE));
  return {
    video: `${i % 20}`,
    maps: { score: 0.5, explained: 0, parts, whole: parts[0] },
    mask: null,
    size: SIDE,
  };
});

Deno.test("overlapByLevel at a fifth is measureParts' topOverlap, of own maps, others' and shuffled ones", () => {
  const measured = measureParts(images, createRandom(7)).filter(({ measure }) =>
    measure === "topOverlap"
  );
  const rows = overlapByLevel(images, { levels: [TOP_LEVEL], random: createRandom(7) });
  assert.deepEqual(
    rows.map(({ of, value, images }) => ({ of, value, images })),
    measured.map(({ of, value, images }) => ({ of, value, images })),
  );
  assert.equal(rows.length, 3);
});

Deno.test("overlapByLevel of maps that have nothing in common is level / (2 − level), whosever they are", () => {
  const levels = [0.1, 0.25, 0.5];
  for (const row of overlapByLevel(images, { levels, random: createRandom(1) })) {
    near(row.value!, row.level / (2 - row.level), 0.03);
    assert.ok(row.low! <= row.value! && row.value! <= row.high!, `${row.of} at ${row.level}`);
  }
});

Deno.test("overlapByLevel counts no picture without evidence, and refuses a level that is no share", () => {
  const dark = {
    ...images[0].maps,
    parts: images[0].maps.parts.map((m) => m.map((r) => r.map(() => -1))),
  };
  const some = [{ ...images[0], maps: dark }, ...images.slice(1, 4)];
  const [own] = overlapByLevel(some, { levels: [0.2], random: createRandom(1) });
  assert.equal(own.images, 3);
  const refused = () => overlapByLevel(some, { levels: [1.2], random: createRandom(1) });
  assert.throws(refused, /above 0 up to 1, not 1\.2/);
});
