// deno-lint-ignore-file no-console -- a campaign's last line is for people
/** The command line that all campaigns share, and the file that each leaves. */
import { parseArgs } from "node:util";
import { cpus } from "node:os";
import { writeWhole } from "lib/io/write_whole.ts";

/** What a campaign is told. */
export interface CampaignArguments {
  /** Inputs, or moments at which something is ended. */
  readonly count: number;
  /** Where all chance comes from. */
  readonly seed: number;
}

async function commit(): Promise<string> {
  const root = new URL("../..", import.meta.url).pathname;
  const { stdout } = await new Deno.Command("git", {
    args: ["-C", root, "rev-parse", "--short", "HEAD"],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim() || "unknown";
}

/**
 * Runs a campaign as the command line says (`--count`, `--seed`, `--out FILE`), and writes what it found as
 * JSON with commit and machine. The program ends with 1 where something did not end as it should.
 *
 * @param run Does it; `failures` are those that should not be.
 */
export async function campaignCommand(
  name: string,
  run: (args: CampaignArguments) => Promise<{ readonly failures: readonly unknown[] }>,
): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      count: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
      out: { type: "string" },
    },
  });
  const args = { count: Number(values.count), seed: Number(values.seed) };
  const found = await run(args);
  const machine = `${Deno.build.target}, ${cpus().length} cores`;
  const written = { campaign: name, ...args, commit: await commit(), machine, ...found };
  const text = JSON.stringify(written, null, 2) + "\n";
  if (values.out) await writeWhole(values.out, new TextEncoder().encode(text));
  else console.log(text);
  console.log(`${name}: ${found.failures.length} did not end as they should.`);
  Deno.exit(found.failures.length === 0 ? 0 : 1);
}
