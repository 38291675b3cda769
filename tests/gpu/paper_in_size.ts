/** The PAPER preset; for a rehearsal on a processor in another size, by GPU_KIT_SIZE and GPU_KIT_WIDTH. */
import { vary } from "lib/detectors/configuration.ts";
import {
  type ExposingConfiguration,
  PAPER,
} from "lib/detectors/exposing_the_deception/paper_configurations.ts";

const { imageSize, width } = PAPER.detector.settings;

/** A number from the environment, or what the preset has. */
const chosen = (name: string, preset: number): number => Number(Deno.env.get(name) ?? preset);

/** What the kit trains as the paper's detector. */
export const PAPER_IN_SIZE: ExposingConfiguration = vary(PAPER, {
  imageSize: chosen("GPU_KIT_SIZE", imageSize),
  width: chosen("GPU_KIT_WIDTH", width),
});
