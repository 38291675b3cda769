/** Pictures for tests of training: real ones are noise, fake ones have a bright square in the noise. */
import type { Crop, Split } from "lib/data/samples.ts";
import { createRandom } from "lib/random.ts";

/** `count` crops of 32 × 32 pixels, real and fake in turn. */
export function madeUpCrops(count: number, split: Split = "train"): Crop[] {
  const random = createRandom(1, "made-up crops");
  return Array.from({ length: count }, (_, i) => {
    const label = (i % 2) as 0 | 1;
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, () => random.integer(120));
    const [left, top] = [random.integer(24), random.integer(24)];
    for (let y = top; label === 1 && y < top + 8; y++) {
      data.fill(230, 3 * (32 * y + left), 3 * (32 * y + left + 8));
    }
    return {
      image: { data, width: 32, height: 32 },
      sample: {
        path: `${i}`,
        label,
        dataset: "made up",
        method: label ? "square" : "real",
        video: `${i}`,
        split,
        frame: 0,
        identities: [],
      },
    };
  });
}
