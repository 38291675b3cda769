import assert from "node:assert/strict";
import { linesOf, peerOf } from "lib/engine/peer_connection.ts";

/** Both ends of a connection. */
async function connection(): Promise<[Deno.TcpConn, Deno.TcpConn]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [ours, theirs] = await Promise.all([
    listener.accept(),
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
  ]);
  return [ours as Deno.TcpConn, theirs];
}

Deno.test("Peer.send: lines arrive whole and in order, however long", async () => {
  const [ours, theirs] = await connection(), peer = peerOf(theirs, 3, "a host");
  const addresses = Array.from({ length: 100_000 }, (_, i) => `10.0.0.1:${i}`); // more than a buffer holds
  const sent = Promise.all([peer.send({ addresses }), peer.send({}), peer.send({ done: true })]);
  const lines = [];
  for await (const line of linesOf(ours)) if (lines.push(line) === 3) break;
  await sent;
  assert.deepEqual(lines, [{ addresses }, {}, { done: true }]);
  assert.equal(peer.name, "The process of rank 3 (a host)");
  peer.close();
});

Deno.test("Peer: a closed end is no error to who sends, and the end of the lines to who reads", async () => {
  const [ours, theirs] = await connection(), peer = peerOf(theirs, 0, "a host");
  peer.close();
  peer.close();
  await peer.send({ done: true });
  assert.equal((await linesOf(ours).next()).done, true);
});

Deno.test("linesOf: a line that is no JSON is refused", async () => {
  const [ours, theirs] = await connection();
  await theirs.write(new TextEncoder().encode("GET / HTTP/1.1\n"));
  await assert.rejects(linesOf(ours).next(), SyntaxError);
  theirs.close();
});
