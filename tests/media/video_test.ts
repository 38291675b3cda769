import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { probeVideo, spreadFrames, type VideoFrame, videoFrames } from "lib/media/video.ts";
import { VideoDecoder } from "lib/media/video_decoder.ts";
import { VideoError, type VideoProblem } from "lib/media/video_error.ts";
import {
  countingClip,
  faceClip,
  greyOf,
  longClip,
  runFfmpeg,
  temporaryFolder,
} from "./made_clips.ts";

/** The grey of the lower right corner, where a counting clip shows its number. */
const greyIn = ({ image }: VideoFrame) => image.data.at(-1)!;

const all = (path: string, options: Parameters<typeof videoFrames>[1] = {}) =>
  Array.fromAsync(videoFrames(path, options));

async function refused(path: string, problem: VideoProblem, words: RegExp): Promise<void> {
  await assert.rejects(all(path), (error) => {
    assert.ok(error instanceof VideoError, String(error));
    assert.equal(error.problem, problem, error.message);
    assert.match(error.message, words);
    assert.equal(error.path, path);
    return true;
  });
}

Deno.test("spreadFrames reaches from the first frame to the last in even steps", () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 5000 }), fc.nat(5000), (wanted, more) => {
    const count = wanted + more, indices = spreadFrames(count, wanted);
    assert.equal(indices.length, wanted);
    assert.deepEqual([indices[0], indices.at(-1)], [0, count - 1]);
    const steps = indices.slice(1).map((index, i) => index - indices[i]!);
    assert.ok(Math.min(...steps) >= 1 && Math.max(...steps) - Math.min(...steps) <= 1);
  }));
  assert.deepEqual(spreadFrames(9, 1), [4]);
  assert.deepEqual(spreadFrames(0, 3), []);
  assert.throws(() => spreadFrames(10, 0), /whole number from 1, not 0/);
});

Deno.test("videoFrames gives every k-th frame with its index, as the pixels show", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "clip.mkv");
  await countingClip(path, 47);
  for (const every of [1, 5, 46, 47, 100]) {
    const frames = await all(path, { choose: { every } });
    const indices = Array.from({ length: Math.ceil(47 / every) }, (_, i) => i * every);
    assert.deepEqual(frames.map(({ index }) => index), indices);
    assert.deepEqual(frames.map(greyIn), indices.map(greyOf));
    assert.ok(frames.every(({ image }) => image.width === 64 && image.height === 48));
  }
  assert.deepEqual((await all(path)).map(({ index }) => index).slice(0, 3), [0, 5, 10]);
});

Deno.test("videoFrames spreads N frames over the whole video, not over its beginning", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "clip.mkv");
  await countingClip(path, 53);
  for (const spread of [1, 2, 8, 31, 52, 53, 80]) {
    const frames = await all(path, { choose: { spread } });
    const indices = spreadFrames(53, spread);
    assert.deepEqual(frames.map(({ index }) => index), indices);
    assert.deepEqual(frames.map(greyIn), indices.map(greyOf));
  }
});

Deno.test("videoFrames shows a face in every sampled frame of a moving clip of 640 × 480", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "clip.mp4");
  await faceClip(path, 100);
  await using detector = await openFaceDetector();
  let sampled = 0;
  for await (const { image } of videoFrames(path)) {
    assert.deepEqual([image.width, image.height], [640, 480]);
    assert.ok((await detectFaces(image, detector)).length > 0, `frame ${5 * sampled}`);
    sampled++;
  }
  assert.equal(sampled, 20);
});

Deno.test("videoFrames and probeVideo turn a rotated video upright", async () => {
  await using folder = await temporaryFolder();
  const stored = join(folder.path, "stored.mp4"), turned = join(folder.path, "turned.mp4");
  await countingClip(stored, 3);
  await runFfmpeg("-display_rotation", "90", "-i", stored, "-c", "copy", turned);
  assert.deepEqual(await probeVideo(turned), {
    frames: 3,
    width: 48,
    height: 64,
    rotation: 90,
    duration: 0.12,
    complaints: [],
  });
  const [before] = await all(stored), [after] = await all(turned);
  const { width, height } = before!.image;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Turned counterclockwise by a right angle, column x becomes row width − 1 − x.
      const to = ((width - 1 - x) * height + y) * 3;
      assert.equal(after!.image.data[to], before!.image.data[(y * width + x) * 3]);
    }
  }
});

Deno.test("videoFrames takes any file name for what it is", async () => {
  await using folder = await temporaryFolder();
  const made = join(folder.path, "made.mkv");
  await countingClip(made, 2);
  const names = [
    "-i.mkv",
    "a:b.mkv",
    "http:x.mkv",
    "file:x.mkv",
    "concat:a|b.mkv",
    "%03d.mkv",
    "*.mkv",
    " spaces and 'quotes\".mkv",
    "new\nline.mkv",
    "видео 影片 é.mkv",
  ];
  for (const name of Deno.build.os === "windows" ? ["видео 影片 é.mkv"] : names) {
    await Deno.copyFile(made, join(folder.path, name));
    assert.equal((await all(join(folder.path, name))).length, 1, name);
  }
});

Deno.test("videoFrames says of a cut file what is wrong with it, and gives what is there", async () => {
  await using folder = await temporaryFolder();
  const whole = join(folder.path, "whole.mp4"), cut = join(folder.path, "cut.mp4");
  await faceClip(whole, 40);
  await runFfmpeg("-i", whole, "-c", "copy", "-movflags", "faststart", cut);
  await Deno.truncate(cut, (await Deno.stat(cut)).size / 2);
  let frames = 0, complaints: readonly string[] = [];
  const given = await all(cut, { onEnd: (facts) => ({ frames, complaints } = facts) });
  assert.ok(frames > 5 && frames < 35, `${frames} frames`);
  assert.equal(given.length, Math.ceil(frames / 5));
  assert.match(complaints.join(), /partial file|Invalid/);
  const unsteady = complaints.filter((words) => /@ 0x/.test(words) || words.includes(folder.path));
  assert.deepEqual(unsteady, [], "what differs from run to run");
  assert.equal((await all(cut, { choose: { spread: 4 } })).at(-1)!.index, frames - 1);

  await Deno.truncate(whole, (await Deno.stat(whole)).size / 2); // its index stood at the end
  await refused(whole, "notAVideo", /moov atom not found.*Copy or download it again/);
});

Deno.test("videoFrames refuses what is no video, each in its own words", async () => {
  await using folder = await temporaryFolder();
  const path = (name: string) => join(folder.path, name);
  await Deno.writeTextFile(path("zero.mp4"), "");
  await Deno.writeTextFile(path("text.mp4"), "hello\n".repeat(100));
  await Deno.mkdir(path("folder.mp4"));
  await runFfmpeg("-f", "lavfi", "-i", "sine=duration=1", path("sound.m4a"));
  await countingClip(path("clip.mp4"), 3);
  await runFfmpeg(
    ...["-i", path("clip.mp4"), "-c", "copy", "-movflags", "empty_moov"],
    path("no_frames.mp4"),
  );
  const bytes = await Deno.readFile(path("no_frames.mp4"));
  const header = new TextDecoder("latin1").decode(bytes).indexOf("moof") - 4;
  await Deno.truncate(path("no_frames.mp4"), header);
  await refused(path("missing.mp4"), "missing", /no such file/);
  await refused(path("zero.mp4"), "empty", /the file is empty/);
  await refused(path("text.mp4"), "notAVideo", /ffmpeg cannot decode it: .*\w/);
  await refused(path("folder.mp4"), "notAFile", /not a file/);
  await refused(path("sound.m4a"), "notAVideo", /only sound or text/);
  await refused(path("no_frames.mp4"), "noFrames", /not one frame of it can be decoded/);
  if (Deno.build.os === "windows") return;
  await Deno.symlink(path("loop.mp4"), path("loop.mp4"));
  await refused(path("loop.mp4"), "missing", /links lead in a circle/);
});

Deno.test("videoFrames refuses a video whose pictures change their size", async () => {
  await using folder = await temporaryFolder();
  const parts: Uint8Array[] = [];
  for (const size of ["64x48", "32x24"]) {
    const part = join(folder.path, `${size}.ts`);
    const source = ["-f", "lavfi", "-i", `testsrc=s=${size}:r=25`, "-frames:v", "12"];
    await runFfmpeg(...source, "-c:v", "mpeg2video", part);
    parts.push(await Deno.readFile(part));
  }
  const path = join(folder.path, "changing.ts");
  await Deno.writeFile(path, new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()));
  await refused(path, "changes", /at frame 1\d, from 64 × 48 to 32 × 24 pixels/);
});

Deno.test("videoFrames opens no playlist, whatever its name, and reaches no host", async () => {
  await using folder = await temporaryFolder();
  await countingClip(join(folder.path, "clip.mp4"), 5);
  await countingClip(join(folder.path, "clip.ts"), 5);
  let asked = 0;
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    asked++;
    return new Response("no", { status: 404 });
  });
  const host = `http://127.0.0.1:${server.addr.port}`;
  const lists = {
    "remote.m3u8": `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${host}/a.ts\n#EXT-X-ENDLIST\n`,
    "local.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nclip.ts\n#EXT-X-ENDLIST\n",
    "concat.txt": "ffconcat version 1.0\nfile clip.mp4\n",
    "feed.mpd": `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>${host}/</BaseURL></MPD>`,
    "feed.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
  };
  for (const [name, text] of Object.entries(lists)) {
    for (const path of [join(folder.path, name), join(folder.path, name + ".mp4")]) {
      await Deno.writeTextFile(path, text);
      await refused(path, "notAVideo", /playlists and lists of files are not read/);
    }
  }
  assert.equal(asked, 0);
});

Deno.test("videoFrames lets ffmpeg wait while nobody asks for the next frame", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "long.mp4");
  await longClip(path);
  await using decoder = await VideoDecoder.start(path, { select: "1" });
  const pictures = decoder.pictures();
  await pictures.next();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(decoder.facts.frames < 100, `${decoder.facts.frames} frames were decoded ahead`);
  await pictures.return(undefined);
});

Deno.test("videoFrames ends ffmpeg when the loop is left or the signal aborts", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "long.mp4");
  await longClip(path);
  for await (const { index } of videoFrames(path)) if (index === 10) break;
  const stop = new AbortController();
  let given = 0;
  await assert.rejects(async () => {
    for await (const _ of videoFrames(path, { signal: stop.signal })) {
      if (++given === 3) stop.abort(new DOMException("enough", "AbortError"));
    }
  }, /enough/);
  assert.ok(given < 80);
  await assert.rejects(all(path, { signal: stop.signal }), /enough/);
});

Deno.test("videoFrames refuses a step or number of frames that is none", async () => {
  await assert.rejects(all("x.mp4", { choose: { every: 0 } }), RangeError);
  await assert.rejects(all("x.mp4", { choose: { spread: 1.5 } }), RangeError);
});
