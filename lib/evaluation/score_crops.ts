/** The detector's scores of pictures in memory, as plain numbers. */
import type { Crop } from "lib/data/samples.ts";
import { type Detector, openPredictor } from "./predict.ts";

/**
 * Scores, the probability of fake (0 to 1), one a crop and in their order.
 *
 * @param crops Pictures of the detector's size; however many, as long as they fit into memory.
 */
export async function scoreCrops(crops: readonly Crop[], detector: Detector): Promise<number[]> {
  using predictor = openPredictor(detector);
  return await Array.fromAsync(predictor.predict(crops), ({ score }) => score);
}
