import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import {
  damageIn,
  probeVideo,
  spreadFrames,
  type VideoFrame,
  videoFrames,
} from "lib/media/video.ts";
import { VideoDecoder } from "lib/media/video_decoder.ts";
import { VideoError, type VideoProblem } from "lib/media/video_error.ts";
import { readImage } from "lib/media/image.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { createRandom } from "lib/random.ts";
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
  await using detector = await openFaceDetector({ threads: 1 });
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
    damaged: [],
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
  let frames = 0, complaints: readonly string[] = [], damaged: readonly number[] = [];
  const given = await all(cut, { onEnd: (facts) => ({ frames, complaints, damaged } = facts) });
  assert.ok(frames > 5 && frames < 35, `${frames} frames`);
  const chosen = Array.from({ length: Math.ceil(frames / 5) }, (_, i) => 5 * i);
  assert.deepEqual(given.map(({ index }) => index), chosen.filter((i) => !damaged.includes(i)));
  assert.ok(damaged.length < 5, "all that came before the cut is whole");
  assert.match(complaints.join(), /partial file|Invalid/);
  const unsteady = complaints.filter((words) => /@ 0x/.test(words) || words.includes(folder.path));
  assert.deepEqual(unsteady, [], "what differs from run to run");
  const spread = spreadFrames(frames, 4).filter((i) => !damaged.includes(i));
  assert.deepEqual((await all(cut, { choose: { spread: 4 } })).map(({ index }) => index), spread);

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
  await refused(path("sound.m4a"), "notAVideo", /only sound, text/);
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

/** Three groups of 20 frames, each of which builds on its first. */
async function threeGroups(path: string, codec: string): Promise<void> {
  const source = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=25", "-frames:v", "60"];
  await runFfmpeg(...source, "-c:v", codec, "-g", "20", "-q:v", "5", "-pix_fmt", "yuv420p", path);
}

Deno.test("videoFrames gives no frame of which damage is reported, nor one that builds on it", async () => {
  await using folder = await temporaryFolder();
  const kinds = { "a.mp4": "libx264", "a.avi": "mpeg4", "a.mpg": "mpeg2video", "a.flv": "flv" };
  for (const [name, codec] of Object.entries({ ...kinds, "a.ts": "libx264" })) {
    const path = join(folder.path, name), random = createRandom(1, name);
    await threeGroups(path, codec);
    const whole = await all(path, { choose: { every: 1 } });
    assert.equal(whole.length, 60, name);
    const bytes = await Deno.readFile(path), third = Math.floor(bytes.length / 3);
    for (let i = 0; i < 40; i++) {
      bytes[third + random.integer(Math.floor(third / 3))] = random.integer(256);
    }
    await Deno.writeFile(path, bytes);
    const runs: number[][] = [];
    for (let run = 0; run < 2; run++) {
      let facts = await probeVideo(path);
      const given = await all(path, { choose: { every: 1 }, onEnd: (told) => facts = told });
      assert.ok(facts.damaged.length > 0 && given.length > 0, name);
      assert.match(damageIn(facts)!, /^\d+ of \d+ frames are damaged.*ffmpeg said: \w/);
      assert.equal(given.length, facts.frames - facts.damaged.length);
      for (const { index, image } of given) {
        if (index >= facts.damaged[0]) continue; // later ones may have moved up
        assert.deepEqual(image.data, whole[index].image.data, `${name}, frame ${index}`);
      }
      runs.push(facts.damaged);
    }
    assert.deepEqual(runs[0], runs[1], `${name}: two runs agree`);
  }
});

Deno.test("videoFrames refuses a video that builds on a damaged first frame", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.mp4");
  const source = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=25", "-frames:v", "30"];
  await runFfmpeg(...source, "-c:v", "libx264", "-g", "60", "-pix_fmt", "yuv420p", path);
  const bytes = await Deno.readFile(path);
  for (let at = bytes.length >> 3; at < bytes.length >> 1; at += 97) bytes[at] ^= 0xff;
  await Deno.writeFile(path, bytes);
  await refused(path, "damaged", /none is whole: .*frames are damaged.*Copy or download it again/);
});

Deno.test("videoFrames reads the default stream, and no cover picture", async () => {
  await using folder = await temporaryFolder();
  const path = (name: string) => join(folder.path, name);
  const grey = (level: string) => ["-f", "lavfi", "-i", `color=${level}:s=64x48:r=25:d=0.2`];
  await runFfmpeg(
    ...[...grey("black"), ...grey("white"), "-map", "0", "-map", "1", "-c:v", "libx264"],
    ...["-disposition:v:0", "0", "-disposition:v:1", "default", path("two.mkv")],
  );
  assert.ok((await all(path("two.mkv")))[0].image.data[0] > 250);
  await runFfmpeg(
    ...["-f", "lavfi", "-i", "sine=duration=1", ...grey("red"), "-map", "0", "-map", "1"],
    ...["-frames:v", "1", "-c:v", "mjpeg", "-disposition:v:0", "attached_pic", path("song.mp4")],
  );
  await refused(path("song.mp4"), "notAVideo", /only sound, text or a cover picture/);
});

/** BT.2100: light in cd/m² to values by PQ (SMPTE ST 2084), and by HLG on a screen of 1000 cd/m². */
const pq = ([r, g, b]: readonly number[]): number[] => {
  const [m1, m2] = [2610 / 16384, 2523 / 32], [c1, c2, c3] = [3424 / 4096, 2413 / 128, 2392 / 128];
  return [r, g, b].map((light) => {
    const y = (light / 10000) ** m1;
    return ((c1 + c2 * y) / (1 + c3 * y)) ** m2;
  });
};
const hlg = (light: readonly number[]): number[] => {
  const y = 0.2627 * light[0] + 0.678 * light[1] + 0.0593 * light[2];
  const system = y > 0 ? (y / 1000) ** (-0.2 / 1.2) : 0;
  return light.map((one) => {
    const e = one / 1000 * system;
    return e <= 1 / 12 ? Math.sqrt(3 * e) : 0.17883277 * Math.log(12 * e - 0.28466892) + 0.55991073;
  });
};

Deno.test("videoFrames brings PQ and HLG back to the picture that was put into them", async () => {
  await using folder = await temporaryFolder();
  const size = { width: 96, height: 64 }, sdr = await readImage(demoPhotographs()[0], { size });
  // BT.2087: BT.709's R, G, B in BT.2020's.
  const wide = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.088, 0.8956]];
  const functions = { "smpte2084": pq, "arib-std-b67": hlg } as const;
  for (const [transfer, values] of Object.entries(functions)) {
    const count = size.width * size.height, planes = new Uint16Array(count * 3);
    for (let i = 0; i < count; i++) {
      const light = [0, 1, 2].map((c) => (sdr.data[i * 3 + c] / 255) ** 2.4 * 100); // BT.1886
      const rgb = wide.map((row) => row[0] * light[0] + row[1] * light[1] + row[2] * light[2]);
      const [r, g, b] = values(rgb), y = 0.2627 * r + 0.678 * g + 0.0593 * b;
      planes[i] = Math.round(64 + 876 * y);
      planes[count + i] = Math.round(512 + 896 * (b - y) / 1.8814);
      planes[2 * count + i] = Math.round(512 + 896 * (r - y) / 1.4746);
    }
    const raw = join(folder.path, "raw"), path = join(folder.path, "hdr.mkv");
    await Deno.writeFile(raw, new Uint8Array(planes.buffer));
    const colours = `color_primaries=bt2020:color_trc=${transfer}:colorspace=bt2020nc:range=tv`;
    await runFfmpeg(
      ...["-f", "rawvideo", "-pix_fmt", "yuv444p10le", "-s", `${size.width}x${size.height}`],
      ...["-i", raw, "-vf", `setparams=${colours}`, "-c:v", "ffv1", path],
    );
    let told: unknown;
    const [{ image }] = await all(path, { onEnd: ({ toneMapping }) => told = toneMapping });
    assert.deepEqual(told, { transfer: transfer === "smpte2084" ? "PQ" : "HLG", white: 100 });
    const off = image.data.reduce((sum, value, i) => sum + Math.abs(value - sdr.data[i]), 0);
    assert.ok(off / image.data.length < 2.5, `${transfer}: off by ${off / image.data.length}`);
  }
});

Deno.test("videoFrames honours matrix and range of ordinary videos", async () => {
  await using folder = await temporaryFolder();
  const size = { width: 96, height: 64 }, sdr = await readImage(demoPhotographs()[0], { size });
  const raw = join(folder.path, "raw"), path = join(folder.path, "sdr.mkv");
  const weights = { bt709: [0.2126, 0.0722], smpte170m: [0.299, 0.114] } as const;
  for (const [matrix, [kr, kb]] of Object.entries(weights)) {
    for (const range of ["tv", "pc"]) {
      const [low, luma, chroma] = range === "tv" ? [16, 219, 224] : [0, 255, 255];
      const count = size.width * size.height, planes = new Uint8ClampedArray(count * 3);
      for (let i = 0; i < count; i++) {
        const [r, g, b] = sdr.data.subarray(i * 3, i * 3 + 3).map((value) => value);
        const y = (kr * r + (1 - kr - kb) * g + kb * b) / 255;
        planes[i] = low + luma * y;
        planes[count + i] = 128 + chroma * (b / 255 - y) / (2 * (1 - kb));
        planes[2 * count + i] = 128 + chroma * (r / 255 - y) / (2 * (1 - kr));
      }
      await Deno.writeFile(raw, new Uint8Array(planes.buffer));
      await runFfmpeg(
        ...["-f", "rawvideo", "-pix_fmt", "yuv444p", "-s", `${size.width}x${size.height}`],
        ...["-i", raw, "-vf", `setparams=colorspace=${matrix}:range=${range}`],
        ...["-c:v", "ffv1", path],
      );
      const [{ image }] = await all(path);
      const off = image.data.reduce((sum, value, i) => sum + Math.abs(value - sdr.data[i]), 0);
      assert.ok(off / image.data.length < 1, `${matrix}, ${range}: ${off / image.data.length}`);
    }
  }
});
