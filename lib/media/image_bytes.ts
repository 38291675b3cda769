/** A picture's file in memory, before anybody looks at what it holds. */
import { fileFault } from "lib/io/file_fault.ts";
import { ImageError } from "./image_error.ts";

/** No photograph below the pixel limit is larger; a video or an archive by mistake often is. */
const MAX_BYTES = 1 << 30;

/**
 * The bytes of a file that should be a picture.
 *
 * @throws ImageError for a file that is missing, not a file, not readable, empty or larger than 1 GiB.
 */
export async function readImageBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new ImageError("notAFile", path, "it is not a file. Give a picture's path.");
    if (size === 0) {
      throw new ImageError("empty", path, "the file is empty. Copy or extract it again.");
    }
    if (size > MAX_BYTES) {
      throw new ImageError(
        "tooLarge",
        path,
        `it holds ${size} bytes, more than the limit of ${MAX_BYTES}. Is it a video? Extract its frames.`,
      );
    }
    return await Deno.readFile(path);
  } catch (error) {
    const fault = fileFault(error);
    if (fault) throw new ImageError(fault.problem, path, fault.explanation, error);
    throw error;
  }
}
