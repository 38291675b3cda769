/**
 * The error for a picture that could not be read, with the reason in one word.
 */

/** Why a picture could not be read: for counting, and for choosing what to skip. */
export type ImageProblem =
  | "missing"
  | "notAFile"
  | "noPermission"
  | "empty"
  | "notAnImage"
  | "unsupported"
  | "damaged"
  | "tooLarge"
  | "animated";

/** A picture that could not be read. The message names the path, the reason and the remedy. */
export class ImageError extends Error {
  /** Which file. */
  readonly path: string;
  /** The reason in one word. */
  readonly problem: ImageProblem;
  /** The message without the file's name. */
  readonly explanation: string;

  /** An error for `path`; `explanation` says what is wrong and what to do. */
  constructor(problem: ImageProblem, path: string, explanation: string, cause?: unknown) {
    super(`Cannot read the picture ${JSON.stringify(path)}: ${explanation}`, { cause });
    this.name = "ImageError";
    this.path = path;
    this.problem = problem;
    this.explanation = explanation;
  }
}

/** The error for a picture whose pixels are lost; `what` says how that was seen. */
export const damagedImage = (path: string, what: string, cause?: unknown): ImageError =>
  new ImageError(
    "damaged",
    path,
    `its pixels cannot be decoded (${what}). The file is damaged or was cut short: copy or extract it ` +
      "again.",
    cause,
  );
