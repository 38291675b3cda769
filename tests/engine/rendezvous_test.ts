/** Who comes to the first process and is none of its group; who is, and who is refused, `meet_group_test` has. */
import assert from "node:assert/strict";
import { freePort } from "lib/engine/free_port.ts";
import { rendezvous } from "lib/engine/rendezvous.ts";

/** Connects as soon as somebody listens. */
async function connect(port: number): Promise<Deno.TcpConn> {
  for (;;) {
    try {
      return await Deno.connect({ hostname: "127.0.0.1", port });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

Deno.test("rendezvous: strangers who ask for a page, or say nothing and go, disturb no meeting", async () => {
  const port = freePort(), place = { size: 2, hostname: "127.0.0.1", port, seconds: 20 };
  const arrived: string[] = [], peers: (() => void)[] = [];
  const meet = (rank: number) =>
    rendezvous({ rank, ...place, purpose: "train" }, (peer) => {
      arrived.push(`${rank} met ${peer.rank}`);
      peers.push(() => peer.close());
      return Promise.resolve();
    });
  const first = meet(0);
  const curious = await connect(port);
  await curious.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  (await connect(port)).close();
  assert.equal(await curious.read(new Uint8Array(1)), null, "the stranger is hung up on");
  curious.close();
  const [addresses, same] = await Promise.all([first, meet(1)]);
  assert.deepEqual(same, addresses);
  assert.deepEqual(arrived.sort(), ["0 met 1", "1 met 0"]);
  for (const close of peers) close();
});
