/**
 * Who is who in a video: faces of successive frames that lie in the same place are one person's. Nothing
 * is known of what a person looks like, so two tracks are never joined: who comes back is a new person.
 */
import { type Box, resizeImage } from "lib/media/crop.ts";
import type { RgbImage } from "lib/media/image.ts";
import { overlap } from "./detect_faces.ts";

/** Faces of two frames are one person's from this overlap on (area of both over area of either). [ours] */
const LEAST_OVERLAP = 0.3;
/** A person may be missing in so many sampled frames, and goes on in the next. [ours] */
const MOST_MISSED = 1;
/** Frames whose small grey pictures correlate less are of two scenes. [ours] */
const LEAST_CORRELATION = 0.5;
/** Side of the small grey pictures by which scenes are compared. */
const VIEW_SIDE = 16;
/** Values up to this count as black: bars beside a picture say nothing of the scene. */
const BLACK = 12;

interface Track {
  readonly person: number;
  box: Box;
  frame: number;
}

/** The picture as 16 × 16 grey values, 0 to 255. */
async function viewOf(image: RgbImage): Promise<Float64Array> {
  const { data } = await resizeImage(image, { width: VIEW_SIDE, height: VIEW_SIDE });
  return Float64Array.from(
    { length: VIEW_SIDE ** 2 },
    (_, i) => (data[3 * i] + data[3 * i + 1] + data[3 * i + 2]) / 3,
  );
}

/** Whether two views are of different scenes. Cells that are black in both do not count. */
function isCut(a: Float64Array, b: Float64Array): boolean {
  const cells = [...a.keys()].filter((i) => a[i] > BLACK || b[i] > BLACK);
  const mean = (view: Float64Array) => cells.reduce((sum, i) => sum + view[i], 0) / cells.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let both = 0, ofA = 0, ofB = 0;
  for (const i of cells) {
    both += (a[i] - meanA) * (b[i] - meanB);
    ofA += (a[i] - meanA) ** 2;
    ofB += (b[i] - meanB) ** 2;
  }
  const flat = cells.length; // a variance below 1: nothing is to be seen
  if (ofA < flat && ofB < flat) return false;
  return both < LEAST_CORRELATION * Math.sqrt(ofA * ofB);
}

/**
 * The people of one video, numbered from 1 as they appear.
 *
 * A face is the person's whose last box overlaps its own by 0.3 or more, the closest pairs first. A person's
 * track ends when the face is missing in more than one sampled frame, and all end at a cut: where the
 * pictures of two successive sampled frames, 16 × 16 in grey, correlate by less than 0.5.
 *
 * @example
 * ```ts
 * import { FaceTracks } from "lib/faces/face_tracks.ts";
 * import assert from "node:assert/strict";
 *
 * const image = { data: new Uint8Array(64 * 64 * 3).fill(90), width: 64, height: 64 };
 * const tracks = new FaceTracks({ every: 5 });
 * assert.deepEqual(await tracks.next([[0, 0, 20, 20], [40, 0, 60, 20]], { frame: 0, image }), [1, 2]);
 * assert.deepEqual(await tracks.next([[41, 0, 61, 20]], { frame: 5, image }), [2]);
 * ```
 */
export class FaceTracks {
  readonly #reach: number;
  #tracks: Track[] = [];
  #people = 0;
  #view: Float64Array | undefined;

  /** Tracks of a video of which every `every`-th frame is looked at. */
  constructor({ every }: { readonly every: number }) {
    this.#reach = (MOST_MISSED + 1) * every;
  }

  /**
   * Whose the faces of the next sampled frame are, in the order of the boxes.
   *
   * @param boxes In pixels of the frame; none for a frame without a face.
   */
  async next(
    boxes: readonly Box[],
    { frame, image }: { readonly frame: number; readonly image: RgbImage },
  ): Promise<number[]> {
    const view = await viewOf(image);
    if (this.#view !== undefined && isCut(this.#view, view)) this.#tracks = [];
    this.#view = view;
    this.#tracks = this.#tracks.filter((track) => frame - track.frame <= this.#reach);
    const pairs = boxes.flatMap((box, face) =>
      this.#tracks.map((track) => ({ face, track, shared: overlap(box, track.box) }))
    ).filter(({ shared }) => shared >= LEAST_OVERLAP).sort((a, b) => b.shared - a.shared);
    const taken = new Map<number, Track>();
    for (const { face, track } of pairs) {
      if (!taken.has(face) && ![...taken.values()].includes(track)) taken.set(face, track);
    }
    return boxes.map((box, face) => {
      const track = taken.get(face);
      if (track === undefined) {
        this.#tracks.push({ person: ++this.#people, box, frame });
        return this.#people;
      }
      track.box = box;
      track.frame = frame;
      return track.person;
    });
  }
}
