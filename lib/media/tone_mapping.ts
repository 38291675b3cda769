/**
 * Videos whose values do not mean sRGB: high dynamic range (PQ, HLG) and wide colours (BT.2020, P3), and
 * ffmpeg's filters that bring them there. Which stream is meant is left to video_streams.ts.
 */
import { findFfmpeg } from "./ffmpeg.ts";
import { VideoError } from "./video_error.ts";
import type { VideoStream } from "./video_streams.ts";

/** How a high dynamic range was brought into that of a screen. */
export interface ToneMapping {
  /** The function from light to values: Recommendation ITU-R BT.2100. */
  readonly transfer: "PQ" | "HLG";
  /** The light that becomes white, in cd/m². */
  readonly white: number;
}

/** What has to be done to a video's frames. */
export interface ColourConversion {
  /** ffmpeg's filters. */
  readonly filters: string;
  /** For high dynamic range. */
  readonly toneMapping?: ToneMapping;
}

const TRANSFERS: Readonly<Record<string, ToneMapping["transfer"]>> = {
  "smpte2084": "PQ",
  "arib-std-b67": "HLG",
};
/** Colours that are visibly not BT.709's, by ffmpeg's names. */
const WIDE = ["bt2020", "smpte431", "smpte432"];

/**
 * White, in cd/m². A picture made for ordinary screens and put into a container of high range as it is
 * reaches 100, for which such pictures are made (BT.1886), or 203, where BT.2408 puts white.
 */
const [LEAST_WHITE, MOST_WHITE] = [100, 203];
/** [ours] Up to this share of white light stays as it is where more than white is there to make room for. */
const KNEE = 0.7;
/** Share of all values that may be brighter than what counts as brightest: sparks, and compression's ringing. */
const SPARKS = 0.005;
/** Frames that are measured, and the step between them. */
const MEASURED = { frames: 50, every: 12, width: 256 };

const filtersKnown = new Map<string, Promise<boolean>>();

/** Whether the ffmpeg that is used was built with zscale. */
async function hasZscale(): Promise<boolean> {
  const { path } = await findFfmpeg();
  const ask = async () => {
    const command = new Deno.Command(path, { args: ["-hide_banner", "-filters"], stdin: "null" });
    return /\bzscale\b/.test(new TextDecoder().decode((await command.output()).stdout));
  };
  if (!filtersKnown.has(path)) filtersKnown.set(path, ask());
  return await filtersKnown.get(path)!;
}

/** What zscale is to take the frames as; what the file does not say is as BT.2100 and BT.709 have it. */
function inputOf({ transfer, primaries, matrix, range }: VideoStream): string {
  const isHdr = transfer in TRANSFERS, said = (word: string) => word !== "unknown";
  const words = {
    tin: isHdr ? transfer : "bt709",
    pin: said(primaries) ? primaries : "bt2020",
    min: said(matrix) ? matrix : isHdr ? "bt2020nc" : "bt709",
    rin: range === "pc" ? "pc" : "tv",
  };
  return Object.entries(words).map(([name, word]) => `${name}=${word}`).join(":");
}

/** The brightest light of R, G or B in the video in cd/m², sparks left out. */
async function brightest(
  input: readonly string[],
  { stream, signal }: { stream: VideoStream; signal: AbortSignal | undefined },
): Promise<number> {
  const { path } = await findFfmpeg();
  const { frames, every, width } = MEASURED;
  const filters = `select='not(mod(n,${every}))',scale=${width}:-2:flags=area,` +
    `zscale=${inputOf(stream)}:t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,format=gbrpf32le`;
  const command = new Deno.Command(path, {
    args: [
      ...["-nostdin", "-v", "quiet", ...input, "-map", `0:${stream.number}`, "-vf", filters],
      ...["-frames:v", String(frames), "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"],
    ],
    stdin: "null",
    stderr: "null",
    detached: true,
    ...(signal === undefined ? {} : { signal }),
  });
  const { stdout } = await command.output();
  signal?.throwIfAborted();
  const values = new Float32Array(stdout.buffer, stdout.byteOffset, Math.floor(stdout.length / 4));
  const lights = values.slice().sort();
  return 100 * (lights[Math.floor(lights.length * (1 - SPARKS))] ?? 1);
}

/**
 * The filters that make a video's frames sRGB, where plain conversion would not.
 *
 * Of a high dynamic range, light is found by PQ or HLG. White is the brightest light in the video, but at
 * least 100 and at most 203 cd/m². Below, light stays as it is; where there is more, all above 0.7 of white
 * is compressed to make room for it.
 *
 * @param input ffmpeg's options up to the input file.
 * @returns undefined where nothing is to be done.
 * @throws VideoError where ffmpeg has no zscale, which it takes.
 */
export async function colourConversion(
  input: readonly string[],
  { stream, path, signal }: { stream: VideoStream; path: string; signal: AbortSignal | undefined },
): Promise<ColourConversion | undefined> {
  const transfer = TRANSFERS[stream.transfer];
  if (transfer === undefined && !WIDE.includes(stream.primaries)) return undefined;
  if (!await hasZscale()) {
    throw new VideoError(
      "unsupported",
      path,
      `its colours (${
        transfer ?? stream.primaries
      }) are not those of a screen, and this ffmpeg was ` +
        "built without zscale, which converts them. Use another ffmpeg, or convert the video.",
    );
  }
  const last = "zscale=t=bt709:m=gbr:r=pc,format=gbrp";
  if (transfer === undefined) {
    return { filters: `zscale=${inputOf(stream)}:p=bt709:t=bt709:m=gbr:r=pc,format=gbrp` };
  }
  const most = await brightest(input, { stream, signal });
  const white = Math.min(MOST_WHITE, Math.max(LEAST_WHITE, Math.round(most)));
  const peak = Math.max(1, most / white).toFixed(3);
  const filters = `zscale=${inputOf(stream)}:t=linear:npl=${white},format=gbrpf32le,` +
    `zscale=p=bt709,format=gbrpf32le,tonemap=mobius:param=${KNEE}:peak=${peak}:desat=0,${last}`;
  return { filters, toneMapping: { transfer, white } };
}
