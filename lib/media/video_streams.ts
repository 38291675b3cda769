/**
 * Which of a file's streams is the video, and what its colours mean, told from its header as ffmpeg prints
 * it. Decoding is left to video_decoder.ts.
 */
import { findFfmpeg } from "./ffmpeg.ts";

/** What the header says of a video stream. */
export interface VideoStream {
  /** Its number among all streams of the file. */
  readonly number: number;
  /** ffmpeg's name of its compression, such as "h264". */
  readonly codec: string;
  /** The function from light to values: "smpte2084" is PQ, "arib-std-b67" HLG; "unknown" where it is not said. */
  readonly transfer: string;
  /** The colours of red, green and blue: "bt709", "bt2020", …; "unknown" where it is not said. */
  readonly primaries: string;
  /** From R, G, B to brightness and colour: "bt709", "bt2020nc", …; "unknown" where it is not said. */
  readonly matrix: string;
  /** Whether black and white are the least and the largest value ("pc") or keep a distance ("tv"). */
  readonly range: "pc" | "tv" | "unknown";
}

const STREAM = /^ +Stream #0:(\d+)\S*: Video: (\w+)(.*)$/;
/** The last bracket after a pixel format: range, then matrix/primaries/transfer or one word for all three. */
const FORMAT = /, [a-z]\w+\(([^()]*)\)/;

/** A stream from its line. */
function streamOf([, number, codec, rest]: RegExpExecArray): VideoStream {
  const words = FORMAT.exec(rest)?.[1].split(", ") ?? [];
  const range = words.find((word): word is "pc" | "tv" => word === "pc" || word === "tv");
  const colours = words.filter((word) => !/^(pc|tv|progressive|top|bottom|.* first)$/.test(word))
    .map((word) => word.split("/")).find((parts) => parts.length === 3 || parts.length === 1);
  const [matrix, primaries, transfer] = colours?.length === 3
    ? colours
    : Array<string>(3).fill(colours?.[0] ?? "unknown");
  return { number: Number(number), codec, matrix, primaries, transfer, range: range ?? "unknown" };
}

/**
 * The stream that players show: the first that is marked as default, else the first. A picture that comes
 * with sound, such as an album's cover, is no video.
 *
 * @param header What ffmpeg prints of a file.
 * @returns undefined where there is none.
 */
export function chooseStream(header: string): VideoStream | undefined {
  const lines = header.split("\n").map((line) => STREAM.exec(line)).filter((found) =>
    found !== null && !/\((attached pic|still image)\)/.test(found[3])
  ) as RegExpExecArray[];
  const chosen = lines.find((line) => line[3].includes("(default)")) ?? lines[0];
  return chosen && streamOf(chosen);
}

/**
 * What ffmpeg prints of a file without decoding it.
 *
 * @param input Options and the input, as for decoding.
 * @param signal Ends it.
 */
export async function printedHeader(
  input: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const { path } = await findFfmpeg();
  const command = new Deno.Command(path, {
    args: ["-nostdin", "-hide_banner", "-loglevel", "info", ...input],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    detached: true,
    ...(signal === undefined ? {} : { signal }),
  });
  const { stderr } = await command.output();
  signal?.throwIfAborted();
  return new TextDecoder().decode(stderr);
}
