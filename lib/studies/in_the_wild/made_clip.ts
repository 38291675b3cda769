/**
 * A short video that stands for one from the wild where nobody has one: a camera moves over a demo
 * photograph, and from the middle on one of its faces is forged. It is made in seconds, and what is true of it
 * is known. What a detector says of it is left to whoever asks.
 */
import { type Box, cropSquare, resizeImage, squareAround } from "lib/media/crop.ts";
import type { RgbImage } from "lib/media/image.ts";
import { writeVideo } from "lib/media/write_video.ts";
import { chooseDonor, mirrorCrop } from "lib/forgeries/choose_donor.ts";
import { type DemoFace, findDemoFaces } from "lib/forgeries/stand_ins/demo_faces.ts";
import { standInForger } from "lib/forgeries/stand_ins/stand_in_forger.ts";
import { cutSquare } from "lib/forgeries/variants.ts";
import { createRandom } from "lib/random.ts";

/** How long the video is. */
export interface ClipLength {
  /** Frames in all; the second half is forged. */
  readonly frames: number;
  /** Frames a second. */
  readonly fps: number;
}

/** What is true of a made video. */
export interface MadeClip {
  /** The first forged frame. */
  readonly forgedFrom: number;
  /** The forged face in a frame, by its number: left, top, right, bottom in pixels. */
  readonly forgedBox: (frame: number) => Box;
}

/** The photograph with three faces beside one another, and the one that is forged: the middle one. */
const PHOTOGRAPH = "sample3", FORGED = "sample3/1";
/** Margin of the crop in which the face is forged, as usual. */
const MARGIN = 0.15;
/** Side of a frame in pixels. */
const SIDE = 480;

/** Where the camera looks: from a wide view to a nearer one further to the right, as a share of the way. */
function viewAt(way: number) {
  return {
    left: Math.round(470 + 130 * way),
    top: Math.round(40 + 40 * way),
    side: Math.round(1280 - 160 * way),
  };
}

/** The photograph with the face forged in its own place: another face's appearance, in the manner of DF. */
async function forgedPhotograph(face: DemoFace, faces: readonly DemoFace[]): Promise<RgbImage> {
  const square = squareAround(face.box, MARGIN), size = square.side;
  const known = await Promise.all(
    faces.filter(({ profile }) => !profile).map(async (one) => {
      const crop = await cutSquare({ ...one, image: one.photograph }, {
        square: squareAround(one.box, MARGIN),
        size,
      });
      return {
        id: one.id,
        people: [one.unit],
        split: "test",
        landmarks: crop.landmarks,
        size,
        crop,
      } as const;
    }),
  );
  const random = createRandom(1, "in the wild", face.id),
    target = known.find(({ id }) => id === face.id)!;
  const others = known.filter(({ id }) => !id.startsWith(`${PHOTOGRAPH}/`));
  const donor = chooseDonor(target, others, { kind: "appearance", random })!; // there are five other photographs
  const crop = donor.mirrored ? mirrorCrop(donor.face.crop) : donor.face.crop;
  const { fake } = await standInForger("DF").forge(target.crop, { random, donor: crop });
  const { width, height } = face.photograph, data = face.photograph.data.slice();
  for (let y = 0; y < size; y++) { // the crop has the photograph's own scale: pixels go back as they are
    for (let x = 0; x < size; x++) {
      const [toX, toY] = [square.left + x, square.top + y];
      if (toX < 0 || toY < 0 || toX >= width || toY >= height) continue;
      const from = 3 * (y * size + x);
      data.set(fake.data.subarray(from, from + 3), 3 * (toY * width + toX));
    }
  }
  return { data, width, height };
}

/**
 * Writes the video, 480 pixels a side, H.264 at a constant rate factor of 23. The same length gives the same
 * pictures.
 *
 * @throws RangeError for fewer than two frames; as `writeVideo`.
 *
 * @example
 * ```ts ignore
 * import { makeClip } from "lib/studies/in_the_wild/made_clip.ts";
 *
 * const { forgedFrom } = await makeClip("clip.mp4", { frames: 100, fps: 25 }); // 50
 * ```
 */
export async function makeClip(path: string, { frames, fps }: ClipLength): Promise<MadeClip> {
  if (!Number.isSafeInteger(frames) || frames < 2) {
    throw new RangeError(`A made video has 2 frames or more, not ${frames}.`);
  }
  const faces = await findDemoFaces(), face = faces.find(({ id }) => id === FORGED)!;
  const forged = await forgedPhotograph(face, faces), forgedFrom = Math.floor(frames / 2);
  async function* pictures() {
    for (let frame = 0; frame < frames; frame++) {
      const image = frame < forgedFrom ? face.photograph : forged;
      const view = cropSquare(image, viewAt(frame / (frames - 1)));
      yield await resizeImage(view, { width: SIDE, height: SIDE });
    }
  }
  await writeVideo(path, pictures(), { fps });
  return {
    forgedFrom,
    forgedBox: (frame) => {
      const { left, top, side } = viewAt(frame / (frames - 1)), scale = SIDE / side;
      const [x0, y0, x1, y1] = face.box;
      return [(x0 - left) * scale, (y0 - top) * scale, (x1 - left) * scale, (y1 - top) * scale];
    },
  };
}
