/** Frames distorted whole, before faces are looked for: what robustness is measured on. */
import { createRandom } from "lib/random.ts";
import { distort } from "lib/media/distortions.ts";
import type { RgbImage } from "lib/media/image.ts";
import type { PrepareSettings } from "./prepare_settings.ts";

/** [ours] Any would do; one for all, so that everybody's frames are distorted in the same way. */
const SEED = 1;

/**
 * The frame as the settings distort it. What is drawn depends on video and frame alone, so that a run that
 * was stopped goes on with the same pictures, however many are worked on at once.
 *
 * @param options `video` below the data set's root; `frame`, its index from 0.
 */
export async function distortedFrame(
  image: RgbImage,
  { settings, video, frame }: {
    readonly settings: PrepareSettings;
    readonly video: string;
    readonly frame: number;
  },
): Promise<RgbImage> {
  const { distortion } = settings;
  if (distortion === undefined || distortion.kind === "VC") return image; // videos are, as a whole
  return await distort(image, distortion, createRandom(SEED, "distortion", video, frame));
}
