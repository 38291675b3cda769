/** A clue that any detector can learn within seconds. */
import type { Crop } from "lib/data/samples.ts";
import { createRandom } from "lib/random.ts";

/** Pictures of noise, real and fake in turn; the fakes have a bright square, half blended, somewhere. */
export function squares(count: number, side: number, seed = 1): Crop[] {
  const random = createRandom(seed, "squares");
  return Array.from({ length: count }, (_, i) => {
    const data = Uint8Array.from({ length: side * side * 3 }, () => random.integer(120));
    const mask = new Uint8Array(side * side);
    const [left, top] = [random.integer(side / 2), random.integer(side / 2)];
    for (let y = top; i % 2 === 1 && y < top + side / 2; y++) {
      data.fill(230, 3 * (side * y + left), 3 * (side * y + left + side / 2));
      mask.fill(128, side * y + left, side * y + left + side / 2);
    }
    return {
      image: { data, width: side, height: side },
      mask: { data: mask, width: side, height: side },
      sample: {
        path: `${i}.png`,
        label: (i % 2) as 0 | 1,
        dataset: "made up",
        method: i % 2 ? "square" : "real",
        video: `${i}`,
        split: "train",
        frame: 0,
        identities: [`${i}`],
      },
    };
  });
}
