import assert from "node:assert/strict";
import { freePort } from "lib/engine/free_port.ts";

Deno.test("freePort: one can listen there, and no system hands it out by itself", () => {
  const listeners = Array.from({ length: 20 }, () => {
    const port = freePort();
    assert.ok(port >= 15_000 && port < 32_000, `${port}`);
    return Deno.listen({ hostname: "127.0.0.1", port });
  });
  for (const listener of listeners) listener.close();
});

Deno.test("freePort: what is in use is passed over", () => {
  using taken = Deno.listen({ port: freePort() });
  const { port } = taken.addr, random = Math.random;
  const draws = [(port - 15_000) / 17_000 + 1e-7, 0.5];
  Math.random = () => draws.shift() ?? random();
  try {
    assert.notEqual(freePort(), port);
    assert.ok(draws.length === 0);
  } finally {
    Math.random = random;
  }
});
