/**
 * What ffmpeg prints while it decodes, as facts about the video. Running it is left to video_decoder.ts.
 */

/** Longest part of a line that is looked at; files can make ffmpeg print lines of any length. */
const LINE_LENGTH = 2000;

/** Different complaints that are kept of one video. */
const MAX_COMPLAINTS = 50;

/** What the header and the decoded frames tell. */
export interface VideoFacts {
  /** Frames decoded so far; of the whole video once it has ended. */
  frames: number;
  /** Pixels across, upright. */
  width: number;
  /** Pixels down, upright. */
  height: number;
  /** Degrees, counterclockwise, by which the stored pictures are turned to be upright. */
  rotation: number;
  /** Seconds that the header states, where it does. */
  duration?: number;
  /** What the decoder complained of, sorted, without repeats. */
  complaints: string[];
}

/** The lines of a stream, each cut to `LINE_LENGTH`: memory stays small whatever is printed. */
export async function* shortLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop()!.slice(0, LINE_LENGTH);
    for (const part of parts) yield part.slice(0, LINE_LENGTH);
  }
  if (rest !== "") yield rest;
}

const FRAME = /^\[Parsed_showinfo_0 @ [^\]]*\] \[info\] n: *(\d+) .* s:(\d+)x(\d+) /;
const FAULT = /\[(?:error|fatal|panic)\] (.*\S)/;
/** Faults that only repeat another one, with the path, our own options or its insides in them. */
const ECHO = new RegExp(
  "^(Error opening (input|output) file|Error parsing options|Failed to set value|Task finished|" +
    "Terminating thread|Could not open encoder|Nothing was written)",
);
const STREAM = /^\[info\] +Stream #0:\d+.*: Video: /;
const ROTATION = /^\[info\] .*display ?matrix: rotation of (-?[\d.]+) degrees/i;
const DURATION = /^\[info\] +Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/;

/** What ffmpeg has said of a video so far. */
export interface Heard {
  /** What is known of the video. */
  readonly facts: VideoFacts;
  /** The input as the command line names it, for leaving it out of complaints. */
  readonly input: string;
  /** Whether a video stream was found. */
  opened: boolean;
  /** Where and how the pictures change, once they do. */
  change?: string;
}

/** Takes in one line of ffmpeg's standard error, printed at the log level "level+info". */
export function hear(heard: Heard, line: string): void {
  const { facts } = heard;
  const frame = FRAME.exec(line);
  if (frame) return count(heard, frame);
  const fault = FAULT.exec(line);
  if (fault) {
    // Addresses differ from run to run; reports shall not.
    const words = fault[1]!.replaceAll(/ @ 0x[0-9a-f]+/g, "").replaceAll(heard.input, "the file");
    const isNew = !facts.complaints.includes(words) && !ECHO.test(words);
    if (isNew && facts.complaints.length < MAX_COMPLAINTS) facts.complaints.push(words);
  }
  if (facts.frames > 0) return;
  if (STREAM.test(line)) heard.opened = true;
  const rotation = ROTATION.exec(line);
  if (rotation) facts.rotation = Number(rotation[1]) + 0; // never −0
  const duration = DURATION.exec(line);
  if (duration) {
    const [hours, minutes, seconds] = duration.slice(1).map(Number) as [number, number, number];
    facts.duration = hours * 3600 + minutes * 60 + seconds;
  }
}

function count(heard: Heard, [, n, width, height]: RegExpExecArray): void {
  const { facts } = heard, size = [Number(width), Number(height)] as const;
  if (facts.frames === 0) [facts.width, facts.height] = size;
  // ffmpeg begins to count anew, and would scale to the first size, where the format changes.
  if (Number(n) !== facts.frames || size[0] !== facts.width || size[1] !== facts.height) {
    heard.change ??= `frame ${facts.frames}, from ${facts.width} × ${facts.height} to ` +
      `${size.join(" × ")} pixels or in their format`;
  }
  facts.frames++;
}
