/**
 * The bytes of a `.pth` file, read piece by piece so that no more is held than is used, and the one
 * way in which such a file is refused. What the bytes mean is left to the other files here.
 */
import { UnfitFile } from "lib/io/unfit_file.ts";

/**
 * Ends reading with an error that names the file.
 *
 * @param why What was found, as a clause such as "its byte order is big".
 * @param remedy What to do, as a sentence; default: fetch the file again or write it anew.
 */
export type Refuse = (why: string, remedy?: string) => never;

/** Bytes that can be read at any place. */
export interface PthSource {
  /** How many there are. */
  readonly size: number;
  /** How the file is refused: always a `TypeError`. */
  readonly refuse: Refuse;
  /**
   * `length` bytes from `begin` on, as an array of their own.
   *
   * @throws TypeError when they are not all there; then nothing was allocated.
   */
  read(begin: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

const REMEDY = "Copy or download it again; if that does not help, write it anew in PyTorch with " +
  "torch.save(model.state_dict(), path).";

function refuseNamed(name: string): Refuse {
  return (why, remedy = REMEDY) => {
    throw new UnfitFile(`${name} cannot be read as PyTorch weights: ${why}. ${remedy}`);
  };
}

function checkRange(begin: number, length: number, { size, refuse }: Omit<PthSource, "read">) {
  if (begin + length > size) {
    refuse(`it ends at byte ${size}, but ${length} bytes are due at byte ${begin}`);
  }
}

/** An open file as a source; the caller closes it. */
export async function fileSource(file: Deno.FsFile, path: string): Promise<PthSource> {
  const { size } = await file.stat();
  const refuse = refuseNamed(path);
  const read = async (begin: number, length: number) => {
    checkRange(begin, length, { size, refuse });
    const bytes = new Uint8Array(length);
    await file.seek(begin, Deno.SeekMode.Start);
    for (let done = 0; done < length;) {
      done += await file.read(bytes.subarray(done)) ?? refuse("it was cut off while it was read");
    }
    return bytes;
  };
  return { size, refuse, read };
}

/** Bytes in memory as a source; `name` stands in errors. */
export function bytesSource(bytes: Uint8Array, name: string): PthSource {
  const size = bytes.length;
  const refuse = refuseNamed(name);
  const read = (begin: number, length: number) => {
    checkRange(begin, length, { size, refuse });
    return Promise.resolve(new Uint8Array(bytes.subarray(begin, begin + length)));
  };
  return { size, refuse, read };
}

/** Text out of a file, short, on one line and harmless to a terminal, as it may stand in an error. */
export function quoted(text: string): string {
  const short = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
  return short.replaceAll(
    /[\x7f-\x9f\p{Cf}]/gu,
    (sign) => `\\u{${sign.codePointAt(0)!.toString(16)}}`,
  );
}
