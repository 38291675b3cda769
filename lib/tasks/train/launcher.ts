/**
 * Which process of how many this one is, as the programs that start one process a device tell it: torchrun,
 * TensorFlow's `TF_CONFIG`, Slurm's srun. Looks at the environment alone.
 */

/** A process's place among those that train together. */
export interface LaunchedPlace {
  /** Who started it, for messages. */
  readonly launcher: "torchrun" | "TF_CONFIG" | "Slurm";
  /** Its number, from 0. */
  readonly rank: number;
  /** How many there are, 2 or more. */
  readonly size: number;
  /** Its number on its machine, from 0: which of the machine's GPUs is its own. */
  readonly localRank: number;
  /** How many there are on its machine, as far as the launcher says; else 1. */
  readonly localSize: number;
  /** Where rank 0 waits for the others. */
  readonly hostname: string;
  /** Likewise. */
  readonly port: number;
  /** The port that TensorFlow is to listen at; left out: any. */
  readonly ownPort?: number;
}

/** A record of environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A whole number of the environment. @throws RangeError naming the variable where it is none, or too small. */
function numberIn(env: Environment, name: string, least = 0): number {
  const text = env[name], value = Number(text);
  if (text !== undefined && text.trim() !== "" && Number.isSafeInteger(value) && value >= least) {
    return value;
  }
  throw new RangeError(
    `The environment's ${name} is ${
      text === undefined ? "missing" : JSON.stringify(text)
    }, but several ` +
      `processes need a whole number from ${least} there.`,
  );
}

/** Checks a place. @throws RangeError when the rank is beyond the size. */
function checked(place: LaunchedPlace): LaunchedPlace {
  if (place.rank < place.size) return place;
  throw new RangeError(
    `${place.launcher} gives rank ${place.rank} of ${place.size} processes; ranks go from 0 to ${
      place.size - 1
    }.`,
  );
}

/**
 * torchrun's variables, which other launchers set, too. Where its agent keeps the port MASTER_PORT for itself
 * (TORCHELASTIC_USE_AGENT_STORE), the next one is taken.
 */
function fromTorchrun(env: Environment): LaunchedPlace | undefined {
  if (env.RANK === undefined || env.WORLD_SIZE === undefined) return undefined;
  const size = numberIn(env, "WORLD_SIZE", 1);
  if (size === 1) return undefined;
  if (!env.MASTER_ADDR) {
    throw new RangeError(
      `RANK and WORLD_SIZE (${size}) are in the environment, but no MASTER_ADDR: the machine of rank 0.`,
    );
  }
  const isTaken = env.TORCHELASTIC_USE_AGENT_STORE === "True";
  return checked({
    launcher: "torchrun",
    rank: numberIn(env, "RANK"),
    size,
    localRank: env.LOCAL_RANK === undefined ? 0 : numberIn(env, "LOCAL_RANK"),
    localSize: env.LOCAL_WORLD_SIZE === undefined ? 1 : numberIn(env, "LOCAL_WORLD_SIZE", 1),
    hostname: env.MASTER_ADDR,
    port: numberIn(env, "MASTER_PORT", 1) + (isTaken ? 1 : 0),
  });
}

/** `host:port`, or `[host]:port`. */
function hostAndPort(address: string): { hostname: string; port: number } {
  const [, hostname, port] = /^\[?(.+?)\]?:(\d+)$/.exec(address) ?? [];
  if (hostname !== undefined) return { hostname, port: Number(port) };
  throw new RangeError(`TF_CONFIG names ${JSON.stringify(address)}, which is not host:port.`);
}

/** TensorFlow's variable: a chief, if there is one, and workers, of which the first waits for the others. */
function fromTfConfig({ TF_CONFIG }: Environment): LaunchedPlace | undefined {
  if (!TF_CONFIG) return undefined;
  let parsed: {
    cluster?: Record<string, string[]>;
    task?: { type?: string; index?: number | string };
  };
  try {
    parsed = JSON.parse(TF_CONFIG);
  } catch (error) {
    throw new RangeError(`The environment's TF_CONFIG is not JSON: ${(error as Error).message}.`);
  }
  const { cluster = {}, task = {} } = parsed, roles = ["chief", "worker"];
  const addresses = roles.flatMap((role) => cluster[role] ?? []);
  if (addresses.length < 2) return undefined;
  const index = Number(task.index),
    before = task.type === "worker" ? cluster.chief?.length ?? 0 : 0;
  if (!roles.includes(task.type ?? "") || !(index in (cluster[task.type!] ?? []))) {
    throw new RangeError(
      `TF_CONFIG's task is ${
        JSON.stringify(task)
      }, which its cluster does not have: processes that train are ` +
        "chief or worker, and their index is a place in the cluster's list.",
    );
  }
  const rank = before + index, own = hostAndPort(addresses[rank]);
  const onMachine = (list: string[]) =>
    list.filter((a) => hostAndPort(a).hostname === own.hostname).length;
  return {
    launcher: "TF_CONFIG",
    rank,
    size: addresses.length,
    localRank: onMachine(addresses.slice(0, rank)),
    localSize: onMachine(addresses),
    ...hostAndPort(addresses[0]),
    ownPort: own.port, // at rank 0's the others are waited for first
  };
}

/**
 * The first machine of Slurm's list, such as `gpu[03-05,9],cpu1` or `rack[1-2]-node[1-8]`.
 *
 * @throws RangeError for a list that is none.
 */
function firstHost(list: string): string {
  const first = /^(?:\[[^\]]*\]|[^,[])+/.exec(list)?.[0];
  if (first === undefined) {
    throw new RangeError(`Slurm's list of nodes is ${JSON.stringify(list)}.`);
  }
  return first.replaceAll(/\[(\d+)[^\]]*\]/g, "$1");
}

/** Slurm gives no port: one of 4096 by the job's number, as JAX does it. */
const SLURM_PORTS = 4096, SLURM_FIRST_PORT = 65535 - SLURM_PORTS + 1;

/**
 * srun's variables. A batch script alone has SLURM_NTASKS, too, but no step: what it runs without srun is one
 * process.
 */
function fromSlurm(env: Environment): LaunchedPlace | undefined {
  if (env.SLURM_STEP_ID === undefined || env.SLURM_PROCID === undefined) return undefined;
  const count = env.SLURM_STEP_NUM_TASKS === undefined ? "SLURM_NTASKS" : "SLURM_STEP_NUM_TASKS";
  const size = numberIn(env, count, 1);
  if (size === 1) return undefined;
  const nodes = env.SLURM_STEP_NODELIST ?? env.SLURM_NODELIST ?? env.SLURM_JOB_NODELIST ?? "";
  const job = env.SLURM_JOB_ID === undefined ? "SLURM_JOBID" : "SLURM_JOB_ID";
  return checked({
    launcher: "Slurm",
    rank: numberIn(env, "SLURM_PROCID"),
    size,
    localRank: numberIn(env, "SLURM_LOCALID"),
    localSize: Number(/^\d+/.exec(env.SLURM_STEP_TASKS_PER_NODE ?? "")?.[0] ?? 1), // "4(x2),3"
    hostname: firstHost(nodes),
    port: SLURM_FIRST_PORT + numberIn(env, job) % SLURM_PORTS,
  });
}

/**
 * This process's place, by what its launcher says; undefined where it was started alone. Where several
 * say something, torchrun's comes first, as it is often run by srun, then TF_CONFIG.
 *
 * @throws RangeError for variables that contradict themselves or are no numbers, naming them.
 *
 * @example The second of two processes of torchrun
 * ```ts
 * import { launchedPlace } from "lib/tasks/train/launcher.ts";
 * import assert from "node:assert/strict";
 *
 * const env = { RANK: "1", WORLD_SIZE: "2", LOCAL_RANK: "1", MASTER_ADDR: "node1", MASTER_PORT: "29500" };
 * const place = launchedPlace(env)!;
 * assert.deepEqual([place.rank, place.size, place.hostname, place.port], [1, 2, "node1", 29500]);
 * assert.equal(launchedPlace({ ...env, RANK: "0", WORLD_SIZE: "1" }), undefined);
 * ```
 */
export function launchedPlace(env: Environment): LaunchedPlace | undefined {
  return fromTorchrun(env) ?? fromTfConfig(env) ?? fromSlurm(env);
}
