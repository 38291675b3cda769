/**
 * A campaign of commands that are ended at random moments, by SIGKILL and SIGTERM in turn: the same command
 * again must end in the files of an undisturbed run.
 */
import { isDeepStrictEqual } from "node:util";
import { createRandom } from "lib/random.ts";
import type { CampaignArguments } from "./campaign_command.ts";
import { endOf, showsStack, type TaskEnd } from "./own_project.ts";

/** A command whose end is compared with an undisturbed one's. */
export interface KilledWork {
  /** Starts the command on its outputs of this name; what is there it goes on with. */
  start(name: string): Deno.ChildProcess;
  /** All that the finished command has left under this name, by file: hashes, or what counts of them. */
  left(name: string): Promise<Readonly<Record<string, unknown>>>;
  /** What a command that has not come to its end may not leave; undefined where all is well. */
  fault(name: string, whole: Readonly<Record<string, unknown>>): Promise<string | undefined>;
  /** Takes away what was left under this name. */
  clear(name: string): Promise<void>;
}

/** How often the same outputs are struck before they are brought to their end and compared. */
const STRIKES = 4;

/** A moment at which something went wrong. */
interface Failure {
  readonly moment: number;
  readonly signal: Deno.Signal;
  readonly seconds: number;
  readonly what: string;
}

/** What a campaign found. */
export interface KillResult {
  /** How many were killed, ended in order, or came to their end before the signal. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Outputs that were brought to their end afterwards, and equal the undisturbed ones. */
  readonly equalEnds: number;
  readonly failures: readonly Failure[];
  /** Seconds of the undisturbed command. */
  readonly undisturbed: number;
  /** The longest time from a SIGTERM to the end. */
  readonly slowestEnd: number;
}

/** What is wrong with how a command ended; undefined where nothing is. */
function badEnd({ code, signal, said }: TaskEnd, sent: Deno.Signal): string | undefined {
  if (signal === sent && sent === "SIGKILL" || code === 0) return undefined;
  // Before a command listens, SIGTERM ends it as it ends any program: nothing has been begun.
  const early = signal === "SIGTERM" || code === 143;
  if (sent === "SIGTERM" && (code === 130 || early) && !showsStack(said)) return undefined;
  return `it ended with ${code} ${signal ?? ""}: ${said.slice(-500)}`;
}

/** Ends a command `count` times. */
export async function killCampaign(
  work: KilledWork,
  { count, seed }: CampaignArguments,
): Promise<KillResult> {
  const calm = await endOf(work.start("calm"));
  if (calm.code !== 0) throw new Error(`The undisturbed command failed: ${calm.said}`);
  const whole = await work.left("calm");
  const random = createRandom(seed, "moments"), failures: Failure[] = [];
  const outcomes: Record<string, number> = {};
  let equalEnds = 0, slowestEnd = 0;
  for (let moment = 0; moment < count; moment++) {
    const signal: Deno.Signal = random.integer(2) ? "SIGKILL" : "SIGTERM";
    const after = random.uniform() * calm.seconds;
    const end = await endOf(work.start("torn"), { signal, after });
    const say = (what: string) => void failures.push({ moment, signal, seconds: after, what });
    const bad = badEnd(end, signal) ?? await work.fault("torn", whole);
    if (bad !== undefined) say(bad);
    const outcome = end.signal === "SIGKILL"
      ? "killed"
      : end.code === 0
      ? "came to its end"
      : end.code === 130
      ? "ended in order"
      : "ended before it began";
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (signal === "SIGTERM" && outcome === "ended in order") {
      slowestEnd = Math.max(slowestEnd, end.seconds - after);
    }
    const isLast = (moment + 1) % STRIKES === 0 || moment + 1 === count;
    if (!isLast && outcome !== "came to its end") continue;
    const again = await endOf(work.start("torn"));
    if (again.code !== 0) say(`the same command again: ${again.code}, ${again.said.slice(-500)}`);
    const left = await work.left("torn");
    if (isDeepStrictEqual(left, whole)) equalEnds++;
    else say(`what is left differs: ${differences(left, whole)}`);
    await work.clear("torn");
  }
  return { outcomes, equalEnds, failures, undisturbed: calm.seconds, slowestEnd };
}

/** The first names that differ. */
function differences(
  left: Readonly<Record<string, unknown>>,
  whole: Readonly<Record<string, unknown>>,
): string {
  const names = [...new Set([...Object.keys(left), ...Object.keys(whole)])];
  return names.filter((name) => !isDeepStrictEqual(left[name], whole[name])).slice(0, 5).join(", ");
}

/**
 * The fault of files that are seen under their own names though they are not whole: other bytes than an
 * undisturbed command leaves there.
 */
export function halfFiles(
  left: Readonly<Record<string, unknown>>,
  whole: Readonly<Record<string, unknown>>,
): string | undefined {
  const half = Object.keys(left).filter((name) => whole[name] !== left[name]);
  return half.length === 0
    ? undefined
    : `not whole, or not to be there: ${half.slice(0, 5).join(", ")}`;
}
