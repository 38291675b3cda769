/**
 * Meeting the other processes of a group before the engine starts, and hearing of them while it runs: one
 * that ends, or is not heard of, ends the work of all with its own words, in place of an endless wait.
 */
import { Thread } from "lib/io/thread.ts";
import { capturingBackend } from "./capturing_backend.ts";
import type { DeviceGroup } from "./device_group.ts";
import { TensorFlowError } from "./tensorflow_error.ts";
import type { GroupQuestion, GroupReply, MeetQuestion } from "./group_thread.ts";

/** Processes that have met. Whoever has met leaves. */
export interface MetGroup {
  /** What the engine is started with. */
  readonly group: DeviceGroup;
  /** Once the engine has started: lets collectives fail when a process is lost. */
  watch(): void;
  /**
   * The error to tell for one that was met in work with the others: which process was lost, where TensorFlow's
   * error is a mere consequence of that; else the error itself.
   */
  reason(error: unknown): Promise<unknown>;
  /** Leaves the group: as one whose work is done, or whose failure ends the others' too, in these words. */
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
  const { addresses, lost } = await thread.ask({ meet: question }).result;
  if (addresses === undefined) {
    await thread.end(new Error(lost));
    throw new Error(lost);
  }
  let loss: Promise<GroupReply> | undefined;
  const watch = () => {
    const { native, context } = capturingBackend()!.eager;
    loss = thread.ask({ watch: { library: native.path, context: context.address } }).result;
    loss.catch(() => {}); // ended with the thread
  };
  const reason = async (error: unknown) => {
    if (!(error instanceof TensorFlowError)) return error;
    const soon = new Promise<undefined>((done) => setTimeout(() => done(undefined), LATER));
    const found = await Promise.race([loss, soon]);
    return found?.lost === undefined ? error : new Error(found.lost, { cause: error });
  };
  const leave = async (failed?: string) => {
    await thread.ask({ leave: failed === undefined ? {} : { failed } }).result;
    await thread.end(new Error("The group was left."));
  };
  return { group: { rank, addresses }, watch, reason, leave };
}
