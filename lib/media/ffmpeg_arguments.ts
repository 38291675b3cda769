/**
 * The command line with which ffmpeg decodes a video: which files and sizes it may open, and how the
 * pictures come out. Running it is left to video_decoder.ts.
 */
import { resolve } from "node:path";
import { SIZE_FILTER } from "./video_facts.ts";
import type { VideoStream } from "./video_streams.ts";

/**
 * The containers that are opened, by the names that ffmpeg's demuxers have. Playlists and lists (hls,
 * dash, concat) are not among them: they name further files and hosts.
 */
const CONTAINERS = [
  "mov,mp4,m4a,3gp,3g2,mj2",
  "matroska,webm",
  "avi",
  "mpegts",
  "mpeg",
  "flv",
  "asf",
  "ogg",
  "mxf",
].join(",");

/** Frames with more pixels are not decoded: more than 8K UHD has. */
const MAX_PIXELS = 40_000_000;

/** The same pixels from the same file, whatever the processor's vector instructions. */
const EXACT = "bicubic+accurate_rnd+full_chroma_int+bitexact";

/** A path as ffmpeg must be given it: a file, whatever its name looks like. */
export const ffmpegInput = (path: string): string => `file:${resolve(path)}`;

/** The options up to the input, which keep ffmpeg to this file and to sizes that fit into memory. */
export const inputOptions = (path: string): string[] => [
  ...["-protocol_whitelist", "file", "-format_whitelist", CONTAINERS],
  ...["-max_pixels", String(MAX_PIXELS), "-i", ffmpegInput(path)],
];

/** What to write to standard output. */
export interface WantedPictures {
  /** An expression of ffmpeg's filter `select`, in n; undefined for none: the video is only looked through. */
  readonly select: string | undefined;
  /** Which stream; undefined for ffmpeg's own choice. */
  readonly stream: VideoStream | undefined;
  /** Filters that convert the chosen pictures' colours; undefined where none are needed. */
  readonly filters: string | undefined;
}

/**
 * The command line after the program's name. One thread decodes: with more it is not known which frame a
 * complaint is about, and H.264's decoder keeps silent about damage.
 */
export function decodeArguments(
  path: string,
  { select, stream, filters }: WantedPictures,
): string[] {
  const chosen = select === undefined ? [] : [`select='${select}'`, ...(filters ? [filters] : [])];
  const output = select === undefined
    ? ["-f", "null"]
    : ["-sws_flags", EXACT, "-f", "rawvideo", "-pix_fmt", "rgb24"];
  return [
    ...["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+info", "-debug_ts"],
    ...["-threads", "1"],
    ...inputOptions(path),
    ...["-map", `0:${stream?.number ?? "v:0"}`],
    ...["-vf", [SIZE_FILTER, ...chosen].join(), "-fps_mode", "passthrough", ...output, "pipe:1"],
  ];
}
