/**
 * Meeting the other processes of a group before the engine starts, and hearing of them while it runs: one
 * that ends, or is not heard of, ends the work of all with its own words, in place of an endless wait.
 */
import { Thread } from "lib/io/thread.ts";
import { capturingBackend } from "./capturing_backend.ts";
import type { DeviceGroup } from "./device_group.ts";
import { TensorFlowError } from "./tensorflow_error.ts";
import type { GroupQuestion, GroupReply } from "./group_thread.ts";
import type { Loss } from "./peer_connection.ts";
import type { MeetQuestion } from "./rendezvous.ts";

/** Processes that have met. Whoever has met leaves. */
export interface MetGroup {
  /** What the engine is started with. */
  readonly group: DeviceGroup;
  /** Once the engine has started: lets collectives fail when a process is lost. */
  watch(): void;
  /** The loss of a process that TensorFlow's error is a mere consequence of; undefined for any other error. */
  lossBehind(error: unknown): Promise<Loss | undefined>;
  /**
   * Leaves the group: as one whose work is done, which waits until all others' is, or they have ended; or as
   * one whose failure ends the others' too, in these words.
   */
  leave(failed?: string): Promise<void>;
}

/** How long TensorFlow's error may come before the loss of the process that it is of. In milliseconds. */
const LATER = 3000;

/**
 * Meets the others: waits until all processes are there.
 *
 * @throws Error when some do not come in time, naming them, or are about something else.
 */
export async function meetGroup(question: MeetQuestion): Promise<MetGroup> {
  const { rank, size } = question;
  const file = new URL("./group_thread.ts", import.meta.url);
  const what = `hears of the ${size} processes`;
  const thread = new Thread<GroupQuestion, GroupReply>(file, { what });
  const { addresses, refused } = await thread.ask({ meet: question }).result;
  if (addresses === undefined) {
    await thread.end(new Error(refused));
    throw new Error(refused);
  }
  let watching: Promise<GroupReply> | undefined;
  const watch = () => {
    const { native, context } = capturingBackend()!.eager;
    watching = thread.ask({ watch: { library: native.path, context: context.address } }).result;
    watching.catch(() => {}); // ended with the thread
  };
  const lossBehind = async (error: unknown) => {
    if (!(error instanceof TensorFlowError)) return undefined;
    const soon = new Promise<undefined>((done) => setTimeout(() => done(undefined), LATER));
    return (await Promise.race([watching, soon]))?.loss;
  };
  const leave = async (failed?: string) => {
    const leave = failed === undefined ? {} : { loss: { rank, words: failed, isSilent: false } };
    await thread.ask({ leave }).result;
    await thread.end(new Error("The group was left."));
  };
  return { group: { rank, addresses }, watch, lossBehind, leave };
}
