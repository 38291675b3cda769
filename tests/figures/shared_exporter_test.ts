import assert from "node:assert/strict";
import type { Exporter } from "lib/figures/export_figure.ts";
import { withExporter } from "lib/figures/shared_exporter.ts";
import { EXAMPLE_FIGURES } from "./example_figures.ts";
import { inKernel } from "./stand_in_kernel.ts";

const itself = (exporter: Exporter) => Promise.resolve(exporter);

Deno.test("withExporter closes an exporter with the work where there is no notebook", async () => {
  const used = await withExporter(async (exporter) => {
    const bytes = await exporter.png(EXAMPLE_FIGURES.bars_column!);
    assert.deepEqual([...bytes.slice(1, 4)], [...new TextEncoder().encode("PNG")]);
    return exporter;
  });
  assert.equal(used.isOpen, false);
});

Deno.test("withExporter keeps one Chrome for a notebook's figures, and starts another when it has ended", async () => {
  await inKernel(async () => {
    const [first, meanwhile] = await Promise.all([withExporter(itself), withExporter(itself)]);
    assert.equal(first, meanwhile);
    assert.equal(await withExporter(itself), first);
    assert.ok(first.isOpen);
    await first[Symbol.asyncDispose](); // as an interrupt does that reaches Chrome too
    await assert.rejects(withExporter(() => Promise.reject(new Error("the work's"))), /the work's/);
    const last = await withExporter(itself);
    assert.notEqual(last, first);
    await idle(async () => assert.equal(await withExporter(itself), last));
    assert.equal(last.isOpen, false);
  });
});

/** Lets the ten seconds pass that a Chrome waits after `work`. */
async function idle(work: () => Promise<void>): Promise<void> {
  const { setTimeout } = globalThis;
  let elapse: (() => Promise<void>) | undefined;
  Object.assign(globalThis, {
    setTimeout: (then: () => Promise<void>, delay?: number) => {
      if (delay === 10_000) elapse = then;
      return setTimeout(then, delay);
    },
  });
  try {
    await work();
  } finally {
    Object.assign(globalThis, { setTimeout });
  }
  await elapse!();
}
