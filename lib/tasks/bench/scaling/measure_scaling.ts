/** Measures a step's parts in one process, and the collectives in groups of several on this machine. */
import { freePort } from "lib/engine/free_port.ts";
import type { WorkerCommand } from "../worker_process.ts";
import { WorkerProcess } from "../worker_process.ts";
import type { MemberQuestions, StepPart, TimedPart } from "./member_questions.ts";
import { caseOf, type ScaledNetwork } from "./scaled_networks.ts";

/** What is measured, and how often. */
export interface ScalingWork {
  /** Which networks. */
  readonly networks: readonly ScaledNetwork[];
  /** Side of the pictures in pixels, the same for all. */
  readonly side: number;
  /** Pictures of a process's step. */
  readonly batch: number;
  /** Bytes of the collectives that are timed. */
  readonly bytes: readonly number[];
  /** How often each is timed. */
  readonly repeats: number;
}

/** A network in one process, or in each of a group's. */
export interface MeasuredNetwork {
  /** Its name. */
  readonly name: string;
  /** Operations of the captured step. */
  readonly nodes: number;
  /** Collectives of a step. */
  readonly collectives: number;
  /** Seconds of each part: medians of the repeats, of the slowest process. */
  readonly seconds: Readonly<Partial<Record<StepPart, number>>>;
}

/** A group of processes on this machine; of size 1: one by itself. */
export interface MeasuredGroup {
  /** Processes. */
  readonly size: number;
  /** TensorFlow's version. */
  readonly version: string;
  /** Seconds of a mean over all of so many bytes, one number a repeat; the slowest process's. */
  readonly allReduce: readonly { readonly bytes: number; readonly seconds: readonly number[] }[];
  /** The networks. */
  readonly networks: readonly MeasuredNetwork[];
}

/** How a process of a group is started. */
const MEMBER: Omit<WorkerCommand, "cwd"> = {
  name: "A process of the group",
  command: [
    ...[Deno.execPath(), "run", "--allow-all", "--no-check", "--quiet"],
    import.meta.resolve("./member_worker.ts"),
  ],
  env: {},
};

/** A process a core would be too many for most machines: each has one thread. */
const THREADS = 1;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/**
 * Starts a group and measures.
 *
 * @param options `cwd`: the project's folder; `say`: hears what is under way.
 * @throws Error when a process ends or fails, with its words.
 */
export async function measureGroup(
  size: number,
  { networks, side, batch, bytes, repeats }: ScalingWork,
  { cwd, signal, say }: { cwd: string; signal: AbortSignal; say: (line: string) => void },
): Promise<MeasuredGroup> {
  await using stack = new AsyncDisposableStack();
  const members = Array.from(
    { length: size },
    () => stack.use(new WorkerProcess<MemberQuestions>({ ...MEMBER, cwd }, signal)),
  );
  const ask = <Name extends keyof MemberQuestions & string>(
    name: Name,
    request: (rank: number) => MemberQuestions[Name][0],
  ) => Promise.all(members.map((member, rank) => member.ask(name, request(rank))));
  /** Run by run that of the slowest process. */
  const slowest = (found: readonly { readonly seconds: readonly number[] }[]) =>
    found[0]!.seconds.map((_, i) => Math.max(...found.map(({ seconds }) => seconds[i]!)));
  const port = freePort();
  const [{ version }] = await ask("join", (rank) => ({ rank, size, port, threads: THREADS })) as [
    { version: string },
  ];
  const allReduce: { bytes: number; seconds: number[] }[] = [];
  for (const each of size === 1 ? [] : bytes) {
    say(`${size} processes, mean of ${each} bytes`);
    const found = await ask("allReduce", () => ({ bytes: each, repeats }));
    allReduce.push({ bytes: each, seconds: slowest(found) });
  }
  const measured: MeasuredNetwork[] = [];
  for (const network of networks) {
    const one = caseOf(network, { batch, size: side }),
      seconds: Partial<Record<StepPart, number>> = {};
    let step: TimedPart | undefined;
    const parts = size === 1 ? ["forward", "passes", "step"] : ["passes", "reduce", "step"];
    for (const part of parts as StepPart[]) {
      say(`${size} ${size === 1 ? "process" : "processes"}, ${network.name}: ${part}`);
      const found = await ask("time", () => ({ case: one, part, repeats })) as TimedPart[];
      seconds[part] = median(slowest(found));
      step = found[0];
    }
    const { nodes, collectives } = step!;
    measured.push({ name: network.name, nodes, collectives, seconds });
  }
  return { size, version, allReduce, networks: measured };
}

/** Latency and bandwidth of a group's rings, from the smallest and the largest of what was timed. */
export function ringOf({ size, allReduce }: Pick<MeasuredGroup, "size" | "allReduce">): {
  /** Seconds of a collective of next to nothing. */
  readonly latency: number;
  /** Bytes a second that each process sends to the next one. */
  readonly bytesPerSecond: number;
} {
  const seconds = allReduce.map((of) => ({ bytes: of.bytes, seconds: median(of.seconds) }))
    .sort((a, b) => a.bytes - b.bytes);
  const small = seconds[0]!, large = seconds.at(-1)!;
  const sent = 2 * (size - 1) / size * (large.bytes - small.bytes);
  return { latency: small.seconds, bytesPerSecond: sent / (large.seconds - small.seconds) };
}
