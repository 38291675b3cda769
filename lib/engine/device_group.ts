/**
 * Several processes, one a device, as one group: what TensorFlow's own distributed runtime is told of them
 * when the context is made. Each process listens at an address of its own; the first one leads.
 */
import { bytesField, message, varintField } from "./protobuf.ts";

/** A process's place in a group that computes together. */
export interface DeviceGroup {
  /** This process's number, from 0. */
  readonly rank: number;
  /** `host:port` of each process, in the order of their ranks; this one listens at its own. */
  readonly addresses: readonly string[];
}

/** What TensorFlow calls the processes together. */
const JOB = "worker";

/** The first process as TensorFlow names it: it gives keys out. */
const LEADER = `/job:${JOB}/replica:0/task:0`;

/** The field `experimental` of a ConfigProto: who leads (config.proto). */
export function leaderField(): Uint8Array<ArrayBuffer> {
  return bytesField(16, message([bytesField(1, LEADER)])); // collective_group_leader
}

/**
 * The ServerDef message (tensorflow/core/protobuf/tensorflow_server.proto) of a process.
 *
 * @param config The ConfigProto that its context is made with.
 */
export function serverDefinition(
  { rank, addresses }: DeviceGroup,
  config: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const tasks = addresses.map((address, i) =>
    bytesField(2, message([varintField(1, i), bytesField(2, address)]))
  );
  const job = message([bytesField(1, JOB), ...tasks]);
  return message([
    bytesField(1, message([bytesField(1, job)])), // cluster
    bytesField(2, JOB), // job_name
    varintField(3, rank), // task_index
    bytesField(4, config), // default_session_config
    bytesField(5, "grpc"), // protocol
  ]);
}
