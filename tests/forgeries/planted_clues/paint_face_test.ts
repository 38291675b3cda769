import assert from "node:assert/strict";
import { paint } from "lib/forgeries/planted_clues/paint_face.ts";
import { drawPerson } from "lib/forgeries/planted_clues/drawn_person.ts";
import { CLUES, PLANTED_SETTINGS } from "lib/forgeries/planted_clues/planted_settings.ts";
import { createRandom } from "lib/random.ts";

const SIZE = 48;
const picture = (person: number, visibility: [number, number, number, number], noise = 0) =>
  paint(drawPerson(createRandom(person, "person"), SIZE), {
    visibility,
    noise,
    random: createRandom(person, "noise"),
    size: SIZE,
  });

Deno.test("paint changes a picture where the clue's mask is, and almost nowhere else", () => {
  for (let person = 0; person < 10; person++) {
    const without = picture(person, [0, 0, 0, 0]);
    CLUES.forEach((clue, k) => {
      const visibility: [number, number, number, number] = [0, 0, 0, 0];
      visibility[k] = PLANTED_SETTINGS.A8.visibility[k];
      const { image, masks } = picture(person, visibility);
      let inside = 0, outside = 0, pixels = 0;
      for (let i = 0; i < SIZE * SIZE; i++) {
        const change = [0, 1, 2].reduce(
          (sum, c) => sum + Math.abs(image.data[3 * i + c] - without.image.data[3 * i + c]),
          0,
        );
        if (masks[k].data[i] > 0) {
          inside += change;
          pixels++;
        } else outside += change;
      }
      assert.ok(pixels > 8 && pixels < 0.15 * SIZE * SIZE, `${clue}: ${pixels} pixels`);
      assert.ok(inside / pixels > 5, `${clue} of person ${person} is seen: ${inside / pixels}`);
      assert.ok(outside < inside, `${clue}: ${outside} outside, ${inside} inside`);
    });
  }
});

Deno.test("paint keeps the mean of the teeth when it blurs them", () => {
  const means = [0, 1].map((blur) => {
    let sum = 0, count = 0;
    for (let person = 0; person < 40; person++) {
      const { image, masks } = picture(person, [0, 0, blur, 0]);
      masks[2].data.forEach((inside, i) => {
        if (inside === 0) return;
        sum += image.data[3 * i];
        count++;
      });
    }
    return sum / count;
  });
  assert.ok(Math.abs(means[0] - means[1]) < 8, `${means}`); // of 255: no brighter, no darker mouth
});

Deno.test("paint adds noise of the asked strength and nothing else", () => {
  const quiet = picture(3, [0, 0, 0, 0]).image.data;
  const noisy = picture(3, [0, 0, 0, 0], 0.03).image.data;
  const { noise: factor } = drawPerson(createRandom(3, "person"), SIZE).camera;
  const inRange = [...quiet.keys()].filter((i) => quiet[i] > 40 && quiet[i] < 215);
  const variance = inRange.reduce((sum, i) => sum + (noisy[i] - quiet[i]) ** 2, 0) / inRange.length;
  assert.ok(Math.abs(Math.sqrt(variance) / (255 * 0.03 * factor) - 1) < 0.05);
});
