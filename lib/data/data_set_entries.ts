/**
 * What a reader finds in a data set as its publisher lays it out: videos, folders of frames and stills
 * with their labels. Cutting faces out of them is left to prepare, checking them to doctor.
 */
import type { Split } from "./samples.ts";

/** What all entries tell. Paths are relative to the data set's root, with "/" between folders. */
export interface EntryBase {
  /** The video with its whole path below the root, never its folder's name alone. */
  readonly video: string;
  /** 0 real, 1 fake. */
  readonly label: 0 | 1;
  /** "real", or the manipulation: a key of `METHODS`, or a data set's own word. */
  readonly method: string;
  /** The split that the publisher gives the video. */
  readonly split: Split;
  /** Who is in it as far as the publisher says: target first, then donor. Never names. */
  readonly identities: readonly string[];
  /** Where the manipulation is: a video, or a folder of pictures named as the frames are, or a still. */
  readonly mask?: string;
}

/** A video: `video` is a file that ffmpeg reads. */
export interface ClipEntry extends EntryBase {
  /** Tells the three apart. */
  readonly kind: "video";
}

/** A video as pictures: `video` is a folder, its pictures are named by frame. */
export interface FramesEntry extends EntryBase {
  /** Tells the three apart. */
  readonly kind: "frames";
  /** How many pictures there should be, where a list says so. */
  readonly frames?: number;
}

/** One picture of a video, or a picture of its own (then `video` is its path). */
export interface StillEntry extends EntryBase {
  /** Tells the three apart. */
  readonly kind: "still";
  /** The picture's file. */
  readonly path: string;
  /** Index of the frame in its video, from 0; 0 for a picture of its own. */
  readonly frame: number;
}

/** One thing that a reader found. */
export type VideoEntry = ClipEntry | FramesEntry | StillEntry;
