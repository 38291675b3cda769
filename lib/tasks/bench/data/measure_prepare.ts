/** How fast `prepare` cuts faces out of videos: clips made of a demo photograph, from file to manifest. */
import { join } from "node:path";
import { parseDescription } from "lib/data/descriptions.ts";
import { findFfmpeg } from "lib/media/ffmpeg.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { Preparation } from "lib/data/prepare.ts";
import { PREPARE_SETTINGS } from "lib/data/prepare/prepare_settings.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { runCommand } from "../../setup/run_command.ts";

/** One preparation of all clips. */
export interface PreparingRound {
  /** Frames in which a face was looked for; each had one. */
  readonly frames: number;
  /** From opening the data set to having its manifest. */
  readonly seconds: number;
}

/** What was prepared, and how long it took. */
export interface Preparing {
  /** Clips, each of `CLIP`. */
  readonly clips: number;
  /** In order. */
  readonly rounds: readonly PreparingRound[];
}

/** The clips: H.264 as data sets of this field have it, every fifth frame of which is looked at. */
export const CLIP = { width: 640, height: 480, frames: 150, everyFrame: 5 } as const;

const CLIPS = 8;
/** A photograph with several faces; the largest is cut out. */
const PHOTOGRAPH = 5;

/** Makes real/*.mp4 in the folder: a walk over the photograph, at another speed in each clip. */
async function writeClips(folder: string): Promise<void> {
  const { path: ffmpeg } = await findFfmpeg(), { width, height, frames } = CLIP;
  await Deno.mkdir(join(folder, "real"), { recursive: true });
  for (let i = 0; i < CLIPS; i++) {
    const walk = `z='1+0.00${i + 1}*on':x='on':y='on/2':d=1:s=${width}x${height}:fps=25`;
    const { code, lines } = await runCommand([
      ...[ffmpeg, "-nostdin", "-v", "error", "-y", "-loop", "1", "-i"],
      ...[demoPhotographs()[PHOTOGRAPH], "-vf", `scale=960:-2,zoompan=${walk}`],
      ...["-frames:v", `${frames}`, "-c:v", "libx264", "-crf", "23", "-pix_fmt", "yuv420p"],
      join(folder, "real", `${i}.mp4`),
    ]);
    if (code !== 0) throw new Error(`ffmpeg could not make a clip: ${lines.join(" ")}`);
  }
}

/** Prepares the clips `rounds` times, each time from the beginning, with the settings of `prepare`. */
export async function measurePreparing(
  rounds: number,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<Preparing> {
  const root = join(folder, "clips");
  await writeClips(root);
  const text = JSON.stringify({ name: "clips", reader: "folders", root });
  const settings = { ...PREPARE_SETTINGS, choose: { every: CLIP.everyFrame } };
  const measured: PreparingRound[] = [];
  while (measured.length < rounds && !signal.aborted) {
    const start = performance.now();
    const source = await openDataSet(parseDescription(text, join(root, "clips.yaml")));
    const out = join(folder, `prepared ${measured.length}`);
    await using preparation = await Preparation.open(source, { folder: out, settings });
    for await (const { failed, video } of preparation.run()) {
      if (failed) throw new Error(`The clip ${video} could not be prepared.`);
    }
    const { looked, crops } = await preparation.join();
    if (crops !== looked) throw new Error(`${looked} frames gave ${crops} faces.`);
    measured.push({ frames: looked, seconds: (performance.now() - start) / 1000 });
  }
  return { clips: CLIPS, rounds: measured };
}
