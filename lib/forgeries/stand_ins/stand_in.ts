/** What a stand-in is; how they are made, kept and shown is left to the files that do it. */
import type { Sample } from "lib/data/samples.ts";
import type { Mask, RgbImage } from "lib/media/image.ts";

/** A stand-in: the crop, where it was changed, and its record. */
export interface StandIn {
  /** size × size, RGB. */
  readonly image: RgbImage;
  /** 0 where the picture is exactly the real crop, up to 255 where it is all new; all 0 for a real one. */
  readonly mask: Mask;
  /** Its record; `video` is the face, such as "sample4/0", as if it were a video of one frame. */
  readonly sample: Sample;
  /** The face that appearance or expression was taken from; undefined for a real one. */
  readonly donor: string | undefined;
}

/** Both splits. */
export interface StandIns {
  /** About seven tenths of the faces. */
  readonly train: readonly StandIn[];
  /** The other faces. */
  readonly test: readonly StandIn[];
}
