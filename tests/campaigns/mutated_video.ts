/** Mutated MP4 files, read with `probeVideo` and `videoFrames`: ffmpeg does the reading, in its own process. */
import { join } from "node:path";
import { probeVideo, videoFrames } from "lib/media/video.ts";
import { runFfmpeg } from "../media/made_clips.ts";
import { campaignCommand } from "./campaign_command.ts";
import { mutationCampaign, type Subject, WrongValue } from "./mutation_campaign.ts";

const FRAMES = 8;
const SIZES = ["-f", "lavfi", "-i", "testsrc=s=48x32:r=25", "-frames:v", `${FRAMES}`];

/** Tiny clips: H.264 with its index at the end and at the beginning, and MPEG-4. */
export async function subject(): Promise<Subject> {
  const folder = await Deno.makeTempDir();
  const kinds = {
    "h264.mp4": ["-c:v", "libx264", "-g", "4", "-pix_fmt", "yuv420p"],
    "fast_start.mp4": ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart"],
    "mpeg4.mp4": ["-c:v", "mpeg4", "-q:v", "3"],
  };
  const pieces = [
    "moov",
    "mdat",
    "stsz",
    "stco",
    "trak",
    "avc1",
    "http://localhost:1/x",
    "\0\0\0\u0001",
  ];
  const originals = [];
  for (const [name, how] of Object.entries(kinds)) {
    const path = join(folder, name);
    await runFfmpeg(...SIZES, ...how, path);
    originals.push({ name, bytes: await Deno.readFile(path), pieces });
  }
  await Deno.remove(folder, { recursive: true });
  return {
    originals,
    read: async ({ path }) => {
      let given = 0, size = 0;
      let told: Awaited<ReturnType<typeof probeVideo>> | undefined;
      const onEnd = (facts: typeof told) => void (told = facts);
      for await (const { image } of videoFrames(path, { choose: { every: 1 }, onEnd })) {
        given++;
        if (size !== 0 && image.data.length !== size) {
          throw new WrongValue("pictures change their size");
        }
        size = image.data.length;
      }
      if (!told) throw new WrongValue("the end was not told");
      const { frames, damaged, complaints, width, height } = told;
      if (given + damaged.length !== frames) {
        throw new WrongValue(
          `${given} frames were given and ${damaged.length} damaged of ${frames}`,
        );
      }
      if (size !== 3 * width * height) throw new WrongValue("pixels do not fit the size");
      return frames === FRAMES && complaints.length === 0 ? "the same" : "another";
    },
  };
}

if (import.meta.main) {
  const options = { programs: true };
  await campaignCommand(
    "mutated_video",
    (args) => mutationCampaign(import.meta.url, { ...args, ...options }),
  );
}
