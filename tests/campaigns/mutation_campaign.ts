/**
 * A campaign of mutated files: a child process reads them one after another, and is watched from
 * outside. It is started anew, behind the input at hand, when it dies or does not come to an end.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { residentBytes } from "./resident_bytes.ts";

/** A whole file that mutants are made of. */
export interface Original {
  /** Its name below the input's folder. */
  readonly name: string;
  /** What it holds. */
  readonly bytes: Uint8Array;
  /** Texts that mean something in it. */
  readonly pieces?: readonly string[];
  /** Makes checksums right again, so that a mutant gets past them; used on every second one. */
  readonly repair?: (bytes: Uint8Array) => Uint8Array;
  /** Whole files that stand beside it. */
  readonly beside?: Readonly<Record<string, Uint8Array>>;
}

/** A mutant that is to be read. */
export interface Mutant {
  /** The folder that holds it and nothing else, but for what stands beside its original. */
  readonly folder: string;
  /** Its file. */
  readonly path: string;
  /** What it was made of. */
  readonly original: Original;
  /** Whether its checksums were made right again. */
  readonly isRepaired: boolean;
}

/** What is read, and how. It is made in the child process. */
export interface Subject {
  /** Whole files; mutants are made of them in turn. */
  readonly originals: readonly Original[];
  /**
   * Reads a mutant, and checks all that can be known of what comes of it.
   *
   * @returns "the same" where it is what the original gives, "another" for a different value that the
   * mutant may well mean.
   * @throws What the library throws; `WrongValue` for a value that cannot be right.
   */
  read(mutant: Mutant): Promise<"the same" | "another">;
  /** Names of files that reading may leave in the folder. */
  readonly leaves?: RegExp;
}

/** A value came of a mutant that it cannot mean. */
export class WrongValue extends Error {}

/** What can become of an input. The first three are as they should be. */
export const OUTCOMES = [
  "the same",
  "another",
  "clear error",
  "wrong value",
  "unclear error",
  "code run",
  "files left",
  "crash",
  "hang",
  "too much memory",
] as const;

/** One of them. */
export type Outcome = typeof OUTCOMES[number];

/** What the child says of an input. */
export interface Judged {
  /** Which input, from 0. */
  readonly index: number;
  /** How it was changed. */
  readonly mutation: string;
  /** Of which original. */
  readonly original: string;
  /** What became of it. */
  readonly outcome: Outcome;
  /** The error's message, if any. */
  readonly message?: string;
  /** Seconds that reading took. */
  readonly seconds: number;
}

/** How a campaign is run. */
export interface CampaignOptions {
  /** Inputs. */
  readonly count: number;
  /** Where all chance comes from. */
  readonly seed: number;
  /** Longest time for one input in seconds. Default 30: the machine may be busy. */
  readonly seconds?: number;
  /** Most memory of the child and its own children, in bytes. Default 2 GiB. */
  readonly memory?: number;
  /** Whether reading starts programs (ffmpeg). Default: the child cannot start any. */
  readonly programs?: boolean;
}

/** What a campaign found. */
export interface CampaignResult {
  /** Inputs that were read. */
  readonly inputs: number;
  /** How many of each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** The same by kind of mutation. */
  readonly byMutation: Readonly<Record<string, Record<string, number>>>;
  /** All inputs that did not end as they should; `--count` beyond `index` and the seed make them again. */
  readonly failures: readonly Judged[];
  /** Clear errors, one of each kind. */
  readonly reasons: readonly string[];
  /** The longest time of one input. */
  readonly worstSeconds: number;
  /** The most memory at a moment, in MiB: all processes together. */
  readonly peakMiB: number;
  /** Starts of the child. */
  readonly starts: number;
  /** Of the whole campaign. */
  readonly seconds: number;
}

const READER = fileURLToPath(new URL("./mutant_reader.ts", import.meta.url));

/** The reasons of clear errors, without what differs from input to input. */
const kindOf = (message: string) =>
  message.replace(/"(\\.|[^"])*"/g, "…").replace(/\S*\/input\/\S*/g, "…").replace(/[-\d.]+/g, "#")
    .slice(0, 160);

/**
 * Reads `count` mutants of a subject.
 *
 * @param module Address of the module that exports it as `subject`.
 */
export async function mutationCampaign(
  module: string,
  options: CampaignOptions,
): Promise<CampaignResult> {
  const { count, seed, seconds = 30, memory = 2 ** 31, programs = false } = options;
  const folder = await Deno.makeTempDir({ prefix: "campaign-" });
  const judged: Judged[] = [], began = performance.now();
  let peak = 0, starts = 0;
  try {
    while (judged.length < count) {
      const left = await sitting();
      if (left) judged.push(left);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return { ...summary(judged), peakMiB: Math.round(peak / 2 ** 20), starts, seconds: since(began) };

  /** One life of the child; returns the input at which it came to a bad end. */
  async function sitting(): Promise<Judged | undefined> {
    const first = judged.length;
    if (++starts > 50 + count / 10) {
      throw new Error("The child dies too often: see its errors above.");
    }
    const home = join(folder, "home"), temporary = join(folder, "tmp");
    for (const path of [home, temporary]) await Deno.mkdir(path, { recursive: true });
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--no-prompt", READER].concat(
        [module, folder, seed, first, count, programs].map(String),
      ),
      env: { HOME: home, TMPDIR: temporary, TF_CPP_MIN_LOG_LEVEL: "3" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let begun = "", since = performance.now(), end: Outcome = "crash";
    const watch = setInterval(async () => {
      const now = await residentBytes(child.pid);
      peak = Math.max(peak, now);
      const late = begun !== "" && performance.now() - since > 1000 * seconds;
      if (!late && now <= memory) return;
      end = late ? "hang" : "too much memory";
      clearInterval(watch);
      child.kill("SIGKILL");
    }, 100);
    const complaints = new Response(child.stderr).text();
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        since = performance.now();
        begun = line.startsWith("begins ") ? line.slice(7) : "";
        if (line.startsWith("{")) judged.push(JSON.parse(line));
      }
    }
    const { success } = await child.status;
    clearInterval(watch);
    const said = (await complaints).trim();
    if (success && judged.length === count) return undefined;
    if (begun === "") throw new Error(`The child ended between two inputs: ${said.slice(-2000)}`);
    const about = JSON.parse(begun) as Pick<Judged, "index" | "mutation" | "original">;
    const time = (performance.now() - since) / 1000;
    return { ...about, outcome: end, message: said.slice(-300), seconds: time };
  }
}

const since = (began: number) => Math.round((performance.now() - began) / 1000);

function summary(judged: readonly Judged[]) {
  const outcomes: Record<string, number> = {}, reasons = new Map<string, string>();
  const byMutation: Record<string, Record<string, number>> = {};
  for (const { mutation, outcome, message } of judged) {
    const own = byMutation[mutation] ??= {};
    for (const counts of [outcomes, own]) counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (outcome === "clear error") reasons.set(kindOf(message!), message!.slice(0, 300));
  }
  const good: readonly Outcome[] = OUTCOMES.slice(0, 3);
  return {
    inputs: judged.length,
    outcomes,
    byMutation,
    failures: judged.filter(({ outcome }) => !good.includes(outcome)),
    reasons: [...reasons.keys()].sort(),
    worstSeconds: Math.max(0, ...judged.map(({ seconds }) => seconds)),
  };
}
