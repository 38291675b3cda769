/**
 * Which frames of a video are damaged, from what ffmpeg says while it decodes. It goes on after damage:
 * what is lost it makes up from other frames, and frames that build on such a frame inherit it without a
 * word. What a line means is left to video_facts.ts.
 */

/** Frames that a decoder may hold back to put them into order, at most: H.264 and HEVC allow 16. */
const HELD_BACK = 16;

/** Compressions whose frames never build on others, by ffmpeg's names. */
const ALONE = new Set(
  "mjpeg prores dnxhd rawvideo v210 huffyuv ffvhuff utvideo png jpeg2000 dvvideo cfhd magicyuv"
    .split(" "),
);

/** Who complained. The container's reader is ahead of the decoder. */
export type FaultSource = "container" | "decoder";

/**
 * The account of one decoding. A complaint is about a packet or frame near the place where it was heard,
 * and damage lasts until a frame that builds on no other:
 *
 * - The decoder's concerns a frame that has not come out yet. Damaged is all from the next frame on, until
 *   a key frame so far behind that the complaint cannot have been about what follows it.
 * - The container's concerns the packet just read or the next. Damaged is all from so many frames before
 *   it as may come out in another order, until a key frame as far behind it. Where the file ends with the
 *   packet, as one does that was cut short, it is this packet and the last before it alone.
 */
export class FrameDamage {
  readonly #reach: number;
  #frames = 0;
  #packets = 0;
  #isDamaged = false;
  /** Key frames from this one on end the damage. */
  #clear = 0;
  /** Container's complaints that are not weighed yet: packets read when they were heard. */
  #open: number[] = [];
  /** Frames from which on there is damage, which have not come out yet, and what clears it. */
  #coming: { start: number; clear: number }[] = [];
  readonly #damaged = new Set<number>();

  /** The account of a video; `codec` is ffmpeg's name of its compression. */
  constructor(codec: string) {
    this.#reach = ALONE.has(codec) ? 0 : HELD_BACK;
  }

  /** Frames that have come out. */
  get frames(): number {
    return this.#frames;
  }

  /** The damaged frames among those that have come out, from the first on. */
  get damaged(): number[] {
    return [...this.#damaged].sort((a, b) => a - b);
  }

  /** A packet of the video was read. */
  packet(): void {
    this.#packets++;
    const weighed = this.#open.filter((packets) => packets + 2 <= this.#packets);
    this.#open = this.#open.filter((packets) => packets + 2 > this.#packets);
    for (const packets of weighed) {
      this.#damageFrom(packets - 1 - this.#reach, packets + 1 + this.#reach);
    }
  }

  /** A frame came out of the decoder. */
  frame({ isKey }: { isKey: boolean }): void {
    const frame = this.#frames++;
    for (const { clear } of this.#coming.filter(({ start }) => start <= frame)) this.#begin(clear);
    this.#coming = this.#coming.filter(({ start }) => start > frame);
    if (isKey && frame >= this.#clear) this.#isDamaged = false;
    if (this.#isDamaged) this.#damaged.add(frame);
  }

  /** Somebody complained. */
  fault(source: FaultSource): void {
    if (source === "decoder") this.#begin(this.#frames + Math.max(1, this.#reach));
    else this.#open.push(this.#packets);
  }

  /** The video has ended. */
  end(): void {
    for (const packets of this.#open.splice(0)) {
      this.#damageFrom(Math.min(packets, this.#packets) - 1, Infinity);
    }
  }

  /** Whether nothing that is said later can be about a frame. */
  isSettled(frame: number): boolean {
    return frame < this.#frames && frame + this.#reach + 3 <= this.#packets;
  }

  /** Whether a frame that is settled is damaged. */
  isDamaged(frame: number): boolean {
    return this.#damaged.has(frame);
  }

  #begin(clear: number): void {
    this.#isDamaged = true;
    this.#clear = Math.max(this.#clear, clear);
  }

  #damageFrom(start: number, clear: number): void {
    if (start >= this.#frames) {
      this.#coming.push({ start, clear });
      return;
    }
    for (let frame = Math.max(0, start); frame < this.#frames; frame++) this.#damaged.add(frame);
    this.#begin(clear);
  }
}
