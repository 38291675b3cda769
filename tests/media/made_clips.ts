/** Video clips that tests make with ffmpeg, in a folder that goes when the test ends. */

import { findFfmpeg } from "lib/media/ffmpeg.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";

/** A temporary folder; dispose of it at the end. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "forgery-clues-" });
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await Deno.chmod(path, 0o755);
      await Deno.remove(path, { recursive: true });
    },
  };
}

/** Runs ffmpeg on the arguments; the last is the file to make. */
export async function runFfmpeg(...args: string[]): Promise<void> {
  const { path } = await findFfmpeg();
  const command = new Deno.Command(path, {
    args: ["-nostdin", "-v", "error", "-y", ...args],
    stdin: "null",
    stderr: "piped",
  });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Grey level of frame n in the clips of `countingClip`. */
export const greyOf = (n: number): number => 40 + 3 * (n % 60);

/**
 * A clip whose frames tell their number by an even grey, without loss; its upper left quarter is black,
 * so that it shows which way up it is.
 */
export async function countingClip(path: string, frames: number): Promise<void> {
  const grey = "if(lt(X,W/2)*lt(Y,H/2),0,40+3*mod(N,60))";
  await runFfmpeg(
    ...[
      "-f",
      "lavfi",
      "-i",
      `color=s=64x48:r=25,format=gbrp,geq=r='${grey}':g='${grey}':b='${grey}'`,
    ],
    ...["-frames:v", String(frames), "-c:v", "libx264rgb", "-qp", "0", "-preset", "ultrafast"],
    ...["-pix_fmt", "rgb24", path],
  );
}

/** A clip of 320 × 240 and 400 frames, more than any pipe holds. */
export async function longClip(path: string): Promise<void> {
  await runFfmpeg("-f", "lavfi", "-i", "testsrc=s=320x240", "-frames:v", "400", path);
}

/** A clip of 640 × 480 that moves and zooms over a demo photograph with several faces. */
export async function faceClip(path: string, frames: number, photograph = 5): Promise<void> {
  await runFfmpeg(
    ...["-loop", "1", "-i", demoPhotographs()[photograph]!, "-vf"],
    "scale=960:-2,zoompan=z='1+0.002*on':x='on':y='on/2':d=1:s=640x480:fps=25",
    ...["-frames:v", String(frames), "-c:v", "libx264", "-preset", "ultrafast"],
    ...["-pix_fmt", "yuv420p", path],
  );
}
