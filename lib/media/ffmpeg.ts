/**
 * Which ffmpeg reads videos: the user's own, or the one in the Python wheel that set-up installs.
 * Running it is left to video.ts.
 */
import { delimiter, join } from "node:path";
import { PROJECT_ENVIRONMENT, sitePackages } from "lib/io/site_packages.ts";

/** A program that runs, and what it is. */
export interface Ffmpeg {
  /** Its absolute path, or the name that the PATH finds. */
  readonly path: string;
  /** Its version in its own words, such as "n9.0.2". */
  readonly version: string;
}

/** Names the environment variable that points at the ffmpeg to use. */
export const FFMPEG_VARIABLE = "FORGERY_CLUES_FFMPEG";

/** libavcodec's version in ffmpeg 5.1, the first that knows all options we pass. */
const OLDEST_LIBAVCODEC = [59, 37] as const;

const REMEDY = "Run `deno task start` (or any other task) once to install the wheel " +
  `imageio-ffmpeg into .venv, or install ffmpeg 5.1 or newer, or name one in ${FFMPEG_VARIABLE}.`;

/** Where to look. */
export interface FfmpegPlaces {
  /** A program that must be used; default: the variable `FFMPEG_VARIABLE`. */
  readonly chosen?: string | undefined;
  /** Folders in which a program called ffmpeg is looked for; default: the PATH. */
  readonly folders?: readonly string[];
  /** The Python environment with the wheel; default: the project's. */
  readonly environment?: string;
}

/** Answers found before: each start of the program costs tens of milliseconds. */
const FOUND = new Map<string, Ffmpeg>();

/** What the program says of itself, or why it will not do. */
async function ask(path: string): Promise<Ffmpeg | string> {
  let text: string;
  try {
    const command = new Deno.Command(path, { args: ["-version"], stdin: "null", stderr: "null" });
    const { success, stdout } = await command.output();
    if (!success) return "it does not run";
    text = new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no such program";
    return `it does not run (${(error as Error).message})`;
  }
  const version = /^ffmpeg version (\S+)/.exec(text)?.[1];
  const codecs = /^libavcodec\s+(\d+)\.\s*(\d+)/m.exec(text);
  if (version === undefined || codecs === null) return "it is not ffmpeg";
  const [major, minor] = [Number(codecs[1]), Number(codecs[2])];
  const [needMajor, needMinor] = OLDEST_LIBAVCODEC;
  if (major < needMajor || (major === needMajor && minor < needMinor)) {
    return `it is version ${version}, older than 5.1`;
  }
  return { path, version };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name)).sort();
  } catch {
    return []; // no such folder: nothing in it
  }
}

/** The wheel's program in a Python environment. */
async function programsOfWheel(environment: string): Promise<string[]> {
  const packages = sitePackages(environment);
  if (packages === undefined) return [];
  const folder = join(packages, "imageio_ffmpeg", "binaries");
  return (await namesIn(folder))
    .filter((name) => name.startsWith("ffmpeg-"))
    .map((name) => join(folder, name));
}

/**
 * Find an ffmpeg of version 5.1 or newer: the chosen one, else one on the PATH, else the wheel's.
 *
 * @throws Error when the chosen one will not do, or when there is none; the message says where was
 * looked and how to get one.
 *
 * @example
 * ```ts
 * import { findFfmpeg } from "lib/media/ffmpeg.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match((await findFfmpeg()).version, /\d/);
 * ```
 */
export async function findFfmpeg(places: FfmpegPlaces = {}): Promise<Ffmpeg> {
  const {
    chosen = Deno.env.get(FFMPEG_VARIABLE),
    folders = (Deno.env.get("PATH") ?? "").split(delimiter).filter((folder) => folder !== ""),
    environment = PROJECT_ENVIRONMENT,
  } = places;
  const key = JSON.stringify([chosen, folders, environment]);
  const found = FOUND.get(key) ?? await look({ chosen, folders, environment });
  FOUND.set(key, found);
  return found;
}

async function look(
  { chosen, folders, environment }: Required<FfmpegPlaces>,
): Promise<Ffmpeg> {
  if (chosen) {
    const answer = await ask(chosen);
    if (typeof answer !== "string") return answer;
    throw new Error(
      `${FFMPEG_VARIABLE} names ${JSON.stringify(chosen)}, but ${answer}. ` +
        "Name an ffmpeg of version 5.1 or newer, or unset it.",
    );
  }
  const refused: string[] = [];
  const name = Deno.build.os === "windows" ? "ffmpeg.exe" : "ffmpeg";
  const candidates = [
    ...folders.map((folder) => join(folder, name)),
    ...await programsOfWheel(environment),
  ];
  for (const path of candidates) {
    const there = await Deno.stat(path).then(({ isFile }) => isFile, () => false);
    if (!there) continue;
    const answer = await ask(path);
    if (typeof answer !== "string") return answer;
    refused.push(`${path}: ${answer}`);
  }
  const seen = refused.length > 0 ? ` Seen, but no use: ${refused.join("; ")}.` : "";
  throw new Error(`There is no ffmpeg, which reads videos.${seen} ${REMEDY}`);
}
