import assert from "node:assert/strict";
import type { FuzzOutcome } from "./pth/fuzz.ts";

Deno.test("parsePth reads or refuses 1,000 mutants of real files, in less than 1 GB", async () => {
  const program = new URL("./pth/fuzz.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", program],
    signal: AbortSignal.timeout(300_000), // a mutant that is never done with fails here
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const { kinds, reasons, peak } = JSON.parse(new TextDecoder().decode(stdout)) as FuzzOutcome;
  const total = (what: "read" | "refused") =>
    Object.values(kinds).reduce((sum, count) => sum + count[what], 0);
  assert.equal(total("read") + total("refused"), 1000);
  assert.ok(total("read") > 100, `${total("read")} read`);
  for (const [kind, { refused }] of Object.entries(kinds)) assert.ok(refused > 0, kind);
  assert.ok(reasons.length > 30, `${reasons.length} reasons`);
  assert.ok(peak < 1e9, `${peak} bytes`);
});
