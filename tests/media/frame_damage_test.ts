import assert from "node:assert/strict";
import { FrameDamage } from "lib/media/frame_damage.ts";

/** What is said of a video, in order: "p" a packet, "k" a key frame, "f" another, "c" and "d" complaints. */
function damagedAfter(said: string, codec = "h264"): number[] {
  const damage = new FrameDamage(codec);
  for (const word of said) {
    if (word === "p") damage.packet();
    else if (word === "k" || word === "f") damage.frame({ isKey: word === "k" });
    else damage.fault(word === "c" ? "container" : "decoder");
  }
  damage.end();
  return damage.damaged;
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

Deno.test("FrameDamage: the decoder's complaint lasts until a key frame that cannot be meant", () => {
  const group = "k" + "f".repeat(9);
  assert.deepEqual(
    damagedAfter("p".repeat(60) + group + "fff".replace("f", "d") + "k" + "f".repeat(60)),
    [
      ...range(10, 73),
    ],
  );
  assert.deepEqual(
    damagedAfter("p".repeat(60) + group + "d" + group.repeat(3)),
    range(10, 30),
    "the key frame at 20 might be the damaged one's predecessor",
  );
  assert.deepEqual(damagedAfter("ppkkdkkk", "mjpeg"), [2], "each frame stands alone");
});

Deno.test("FrameDamage: the container's complaint reaches back over frames that change places", () => {
  const group = "k" + "f".repeat(9), read = "p".repeat(30);
  assert.deepEqual(damagedAfter(read + "c" + "p".repeat(30) + group.repeat(6)), range(13, 50));
  assert.deepEqual(
    damagedAfter(group.repeat(3) + read + "c" + "pp" + group.repeat(3)),
    range(13, 50),
  );
  assert.deepEqual(damagedAfter(read + group.repeat(3) + "c"), [29], "nothing follows");
});

Deno.test("FrameDamage settles a frame when nothing more can be about it", () => {
  const damage = new FrameDamage("h264");
  for (let i = 0; i < 20; i++) damage.packet();
  damage.frame({ isKey: true });
  damage.frame({ isKey: false });
  assert.deepEqual([0, 1, 2].map((frame) => damage.isSettled(frame)), [true, true, false]);
  for (let i = 0; i < 3; i++) damage.frame({ isKey: false });
  assert.equal(damage.isSettled(4), false, "the container's reader is not far enough ahead");
});
