/**
 * What ffmpeg prints while it decodes, as facts about the video. Running it is left to video_decoder.ts,
 * which frames a complaint is about to frame_damage.ts.
 */
import type { FaultSource, FrameDamage } from "./frame_damage.ts";
import type { ToneMapping } from "./tone_mapping.ts";

/** Longest part of a line that is looked at; files can make ffmpeg print lines of any length. */
const LINE_LENGTH = 2000;

/** Different complaints that are kept of one video. */
const MAX_COMPLAINTS = 50;

/** What the header and the decoded frames tell. */
export interface VideoFacts {
  /** Frames decoded so far; of the whole video once it has ended. */
  frames: number;
  /** The frames that are damaged or build on damaged ones, from the first on; known once it has ended. */
  damaged: number[];
  /** Pixels across, upright. */
  width: number;
  /** Pixels down, upright. */
  height: number;
  /** Degrees, counterclockwise, by which the stored pictures are turned to be upright. */
  rotation: number;
  /** Seconds that the header states, where it does. */
  duration?: number;
  /** How the range of light was made smaller, where it was larger than a screen's. */
  toneMapping?: ToneMapping;
  /** What ffmpeg complained of, sorted, without repeats. */
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

/**
 * A filter that lets ffmpeg print each frame's size, width · 65536 + height, when it comes out of the decoder.
 * (showinfo tells more, but in pieces, between which other threads print.)
 */
export const SIZE_FILTER = "crop=iw:ih:0:'0*print(iw*65536+ih)':exact=1";

const SIZE = /^\[Eval @ [^\]]*\] \[info\] (\d+)\.0+$/;
const PACKET = / demuxer -> ist_index:\S+ type:video /;
const FRAME = / decoder -> .* keyframe:(\d) /;
/** Who speaks, how loud, and the words. */
const SPOKEN = /^((?:\[[^\]]* @ [^\]]*\] )*)\[(\w+)\] (.*\S)/;

/** Words of damage that ffmpeg prints as a warning or as information. */
const QUIET = new RegExp(
  "^(concealing \\d+|corrupt (decoded frame|input packet)|Packet corrupt|Marker bit missing|Guessing)|" +
    "damaged|[Tt]runcat|[Ss]kipping invalid|[Ii]nvalid (NAL|data|frame|packet|slice)|" +
    "PES packet size mismatch|[Mm]issing (reference|frame|picture)|[Cc]ontinuity",
);
/** Faults that only repeat another one, with the path, our own options or its insides in them. */
const ECHO = new RegExp(
  "^(Error opening (input|output) file|Error parsing options|Failed to set value|Task finished|" +
    "Terminating thread|Could not open encoder|Nothing was written)",
);
/** Those who write what was decoded: no word of theirs is about the file. */
const WRITERS = /^\[(out#|vost#|vf#|enc:|graph|Parsed_|auto_|swscaler|sws|Eval)/;
/** Those who take packets out of the file. */
const READERS = /^\[(in#|mov,|matroska,|avi|mpegts|mpeg @|asf|ogg|mxf)/;
/**
 * What those who cut packets to size say under the decoder's name, ahead of it by nobody knows how much. The
 * decoder has words of its own for what comes of it.
 */
const CUTTERS = new RegExp(
  "^(Invalid NAL unit size|missing picture in access unit|non-existing [SP]PS|[VSP]PS (id )?\\d|" +
    "[vsp]ps_id|Failed to (parse temporal|read) unit|Invalid repeated frame header)|out of range",
);
/** A stream that is named by its number. */
const STREAM_NUMBER = /\bstream (?:= )?(\d+)/;

const MAPPING = /^\[info\] Stream mapping:/;
const STREAM = /^\[info\] +Stream #0:\d+.*: Video: /;
const ROTATION = /^\[info\] .*display ?matrix: rotation of (-?[\d.]+) degrees/i;
const DURATION = /^\[info\] +Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/;

/** What ffmpeg has said of a video so far. */
export interface Heard {
  /** What is known of the video. */
  readonly facts: VideoFacts;
  /** The account of its damage. */
  readonly damage: FrameDamage;
  /** The input as the command line names it, for leaving it out of complaints. */
  readonly input: string;
  /** The number of the stream that is decoded. */
  readonly stream: number;
  /** Whether a video stream was found. */
  opened: boolean;
  /** Whether decoding has begun: before, ffmpeg tries the streams out. */
  begun: boolean;
  /** Frames of which the size was told. */
  sized: number;
  /** At which frame and how the pictures change, once they do. */
  change?: { readonly frame: number; readonly how: string };
}

/** Takes in one line of ffmpeg's standard error, printed with "-loglevel level+info -debug_ts". */
export function hear(heard: Heard, line: string): void {
  const { facts, damage } = heard;
  if (PACKET.test(line)) return damage.packet();
  const frame = FRAME.exec(line);
  if (frame) {
    damage.frame({ isKey: frame[1] === "1" });
    facts.frames = damage.frames;
    return;
  }
  const size = SIZE.exec(line);
  if (size) return takeSize(heard, Number(size[1]));
  hearFault(heard, line);
  if (facts.frames > 0) return;
  if (MAPPING.test(line)) heard.begun = true;
  if (STREAM.test(line)) heard.opened = true;
  const rotation = ROTATION.exec(line);
  if (rotation) facts.rotation = Number(rotation[1]) + 0; // never −0
  const duration = DURATION.exec(line);
  if (duration) {
    const [hours, minutes, seconds] = duration.slice(1).map(Number) as [number, number, number];
    facts.duration = hours * 3600 + minutes * 60 + seconds;
  }
}

function hearFault({ facts, damage, input, stream, begun }: Heard, line: string): void {
  const [, speakers, level, said] = SPOKEN.exec(line) ?? [];
  if (said === undefined) return;
  const isLoud = level === "error" || level === "fatal" || level === "panic";
  if (!isLoud && !QUIET.test(said)) return;
  if (ECHO.test(said)) return;
  // Addresses differ from run to run; reports shall not.
  const words = said.replaceAll(/ @ 0x[0-9a-f]+/g, "").replaceAll(input, "the file");
  if (!facts.complaints.includes(words) && facts.complaints.length < MAX_COMPLAINTS) {
    facts.complaints.push(words);
  }
  const named = STREAM_NUMBER.exec(said);
  const isOther = named !== null && Number(named[1]) !== stream;
  if (!begun || isOther || WRITERS.test(speakers) || CUTTERS.test(said)) return;
  const source: FaultSource = READERS.test(speakers) ? "container" : "decoder";
  damage.fault(source);
}

function takeSize(heard: Heard, size: number): void {
  const { facts } = heard, width = Math.floor(size / 65536), height = size % 65536;
  if (heard.sized === 0) [facts.width, facts.height] = [width, height];
  // ffmpeg would scale to the first size.
  if (width !== facts.width || height !== facts.height) {
    const how = `from ${facts.width} × ${facts.height} to ${width} × ${height} pixels`;
    heard.change ??= { frame: heard.sized, how };
  }
  heard.sized++;
}
