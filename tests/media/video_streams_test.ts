import assert from "node:assert/strict";
import { chooseStream } from "lib/media/video_streams.ts";

// Lines as ffmpeg 9 prints them.
const COVER =
  "  Stream #0:1[0x0]: Video: mjpeg (Baseline), yuvj420p(pc, bt470bg/unknown/unknown), " +
  "640x427 [SAR 1:1 DAR 640:427], 90k tbr, 90k tbn (attached pic)";
const SOUND =
  "  Stream #0:0[0x1](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono (default)";
const PLAIN =
  "  Stream #0:2: Video: h264 (High) (avc1 / 0x31637661), yuv420p(progressive), 480x320, 10 fps";
const HDR = "  Stream #0:3[0x1](und): Video: hevc (Main 10) (hvc1 / 0x31637668), yuv420p10le(tv, " +
  "bt2020nc/bt2020/smpte2084, progressive), 480x320, 97 kb/s, 10 fps (default)";

Deno.test("chooseStream takes the default video, else the first, and never a cover picture", () => {
  assert.equal(chooseStream([SOUND, COVER].join("\n")), undefined);
  assert.equal(chooseStream([SOUND, COVER, PLAIN].join("\n"))?.number, 2);
  assert.equal(chooseStream([PLAIN, HDR].join("\n"))?.number, 3);
});

Deno.test("chooseStream reads what the colours mean", () => {
  assert.deepEqual(chooseStream(HDR), {
    number: 3,
    codec: "hevc",
    matrix: "bt2020nc",
    primaries: "bt2020",
    transfer: "smpte2084",
    range: "tv",
  });
  const unknown = {
    matrix: "unknown",
    primaries: "unknown",
    transfer: "unknown",
    range: "unknown",
  };
  assert.deepEqual(chooseStream(PLAIN), { number: 2, codec: "h264", ...unknown });
  const one = chooseStream("  Stream #0:0: Video: h264, yuv420p(tv, bt709, progressive), 64x48");
  assert.deepEqual([one?.matrix, one?.transfer, one?.range], ["bt709", "bt709", "tv"]);
});
