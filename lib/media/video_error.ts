/**
 * The error for a video that could not be read, with the reason in one word.
 */

/** Why a video could not be read: for counting, and for choosing what to skip. */
export type VideoProblem =
  | "missing"
  | "notAFile"
  | "noPermission"
  | "empty"
  | "notAVideo"
  | "unsupported"
  | "damaged"
  | "noFrames"
  | "changes"
  | "decoderDied";

/** A video that could not be read. The message names the path, the reason and the remedy. */
export class VideoError extends Error {
  /** Which file. */
  readonly path: string;
  /** The reason in one word. */
  readonly problem: VideoProblem;
  /** The message without the file's name. */
  readonly explanation: string;

  /** An error for `path`; `explanation` says what is wrong and what to do. */
  constructor(problem: VideoProblem, path: string, explanation: string, cause?: unknown) {
    super(`Cannot read the video ${JSON.stringify(path)}: ${explanation}`, { cause });
    this.name = "VideoError";
    this.path = path;
    this.problem = problem;
    this.explanation = explanation;
  }
}
