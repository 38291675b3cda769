/** A contender of the bench whose worker is fake_worker.ts. */
import { join } from "node:path";
import type { Contender } from "lib/tasks/bench/contender.ts";

/** What it is called, how its worker behaves, and which ways to run a case it has. */
export function fake(
  name: string,
  behaviour: Record<string, unknown>,
  more: Partial<Contender> = {},
): Contender {
  const script = join(import.meta.dirname!, "fake_worker.ts");
  const argument = JSON.stringify({ steps: { plain: 0.01 }, name, ...behaviour });
  const command = [Deno.execPath(), "run", "-A", "--no-check", "--quiet", script, argument];
  return { worker: { name, command, cwd: ".", env: {} }, variants: () => ["plain"], ...more };
}
