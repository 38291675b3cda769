/** Crops whose pixels say which they are: for tests of batches. */
import type { Crop } from "lib/data/samples.ts";

/** Crops of `side` × `side` pixels whose values are their place in the list. */
export function numberedCrops(labels: readonly (0 | 1)[], side = 2): Crop[] {
  return labels.map((label, i) => ({
    image: { data: new Uint8Array(side * side * 3).fill(i), width: side, height: side },
    sample: {
      path: `${i}.png`,
      label,
      dataset: "d",
      method: label ? "DF" : "real",
      video: `${i}`,
      split: "train",
      frame: 0,
      identities: [],
    },
  }));
}
