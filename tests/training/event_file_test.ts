/** Event files against TensorFlow's own check sums, and against bytes of the tensorboard package. */
import assert from "node:assert/strict";
import { eventFileHead, maskedCrc32c, restartEvent, scalarEvent } from "lib/training/event_file.ts";

Deno.test("maskedCrc32c masks the Castagnoli check sums of RFC 3720", () => {
  const unmasked = (masked: number) => {
    const rotated = (masked - 0xa282ead8) >>> 0;
    return (rotated >>> 17 | rotated << 15) >>> 0;
  };
  const cases: [Uint8Array, number][] = [
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [new TextEncoder().encode("123456789"), 0xe3069283],
  ];
  for (const [bytes, expected] of cases) assert.equal(unmasked(maskedCrc32c(bytes)), expected);
});

Deno.test("eventFileHead, scalarEvent and restartEvent give the bytes of the tensorboard package's own writer", async () => {
  const path = new URL("../fixtures/tensorboard_events.json", import.meta.url);
  const { head, events, restart } = JSON.parse(await Deno.readTextFile(path)) as {
    head: { seconds: number; hex: string };
    events: { step: number; seconds: number; metrics: Record<string, number>; hex: string }[];
    restart: { step: number; seconds: number; hex: string };
  };
  assert.equal(restartEvent(restart).toHex(), restart.hex);
  assert.equal(eventFileHead(head.seconds).toHex(), head.hex);
  for (const { step, seconds, metrics, hex } of events) {
    assert.equal(scalarEvent(metrics, { step, seconds }).toHex(), hex);
  }
});
