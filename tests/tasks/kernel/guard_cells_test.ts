/** What cells call while they run; kernel_test.ts has the rest, in a real kernel. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { guardCells } from "lib/tasks/kernel/guard_cells.ts";
import { AWAIT, CHECK } from "lib/tasks/kernel/instrument.ts";

const called = globalThis as unknown as {
  [CHECK](): void;
  [AWAIT](value: unknown): Promise<unknown>;
};

Deno.test({
  name:
    "guardCells ends loops and awaits once the file is there, unless somebody listens, and hands on what is awaited",
  sanitizeOps: false, // it listens for signals as long as the kernel lives
  sanitizeResources: false,
  async fn() {
    const folder = await Deno.makeTempDir();
    const stopFile = join(folder, "stop");
    guardCells(stopFile);

    assert.equal(await called[AWAIT](Promise.resolve(3)), 3);
    assert.equal(await called[AWAIT](4), 4);
    await assert.rejects(called[AWAIT](Promise.reject(new RangeError("own"))), RangeError);

    let turns = 0;
    const compute = (milliseconds: number) => {
      const end = performance.now() + milliseconds;
      for (; performance.now() < end; turns++) called[CHECK]();
    };
    compute(50);
    await Deno.writeTextFile(stopFile, "");
    const listener = () => {}; // a training's, say, whose signal is on its way
    Deno.addSignalListener("SIGINT", listener);
    compute(300);
    Deno.removeSignalListener("SIGINT", listener);
    const before = turns;
    const begun = performance.now();
    assert.throws(() => compute(10_000), { name: "Stopped" });
    assert.ok(turns >= before && performance.now() - begun < 5_000);
    assert.throws(() => called[CHECK](), { name: "Stopped" });
    await assert.rejects(called[AWAIT](Promise.resolve(3)), { name: "Stopped" });
    await Deno.remove(folder, { recursive: true });
  },
});
