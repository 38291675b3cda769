/**
 * The thread in which a process meets the others of its group and hears of them, so that it goes on while
 * the main thread is in a step. The first process listens, the others connect to it; each side says every
 * few seconds that it is there. When one is lost, whatever waits for it in TensorFlow is called off.
 */
import { parentPort } from "node:worker_threads";
import { openNative } from "./native_library.ts";
import type { Loss, Peer, PeerMessage } from "./peer_connection.ts";
import { type MeetQuestion, rendezvous } from "./rendezvous.ts";

/** What the thread is asked: to meet, to watch over a context, or to tell the others of an end. */
export type GroupQuestion =
  | { readonly meet: MeetQuestion }
  | { readonly watch: { readonly library: string; readonly context: bigint } }
  | { readonly leave: { readonly loss?: Loss } };

/** The addresses on meeting, or why there is no meeting; on watching, once a process is lost, which. */
export interface GroupReply {
  /** The question's. */
  readonly id: number;
  /** Of all processes, by rank. */
  readonly addresses?: readonly string[];
  /** Why there is no meeting. */
  readonly refused?: string;
  /** Why the group is none any more. */
  readonly loss?: Loss;
}

/** Seconds between two signs of life, and after how many without one a process is taken for lost. */
const BEAT = 5, SILENCE = 60;

/** TensorFlow's code for work that was called off. */
const ABORTED = 10;

const peers = new Map<number, Peer>();
/** By rank: resolved once that process's work is done, or it has ended. */
const farewells = new Map<number, PromiseWithResolvers<void>>();
let lost: Loss | undefined, isLeaving = false;
let watched: { id: number; library: string; context: bigint } | undefined;

const reply = (message: GroupReply) => parentPort!.postMessage(message);

/** Calls off what TensorFlow waits for, and tells the main thread why. */
function tellLoss(): void {
  if (lost === undefined || watched === undefined) return;
  const { id, library, context } = watched;
  watched = undefined;
  const { symbols: s, cstring } = openNative(library);
  const status = s.TF_NewStatus();
  s.TF_SetStatus(status, ABORTED, cstring(lost.words));
  s.TFE_AbortCollectiveOps(context, status);
  s.TF_DeleteStatus(status);
  reply({ id, loss: lost });
}

/** A process is lost, and with it the group: for the others even where this one's own work is done. */
function lose(loss: Loss): void {
  if (lost !== undefined) return;
  lost = loss;
  for (const peer of peers.values()) void peer.send({ loss });
  if (!isLeaving) tellLoss();
}

function fallSilent({ rank, name }: Peer, how: string): void {
  lose({ rank, words: `${name} ${how}; what it wrote last may say why.`, isSilent: true });
}

/** Hears a process that is there until it ends. */
async function hear(peer: Peer, lines: AsyncGenerator<PeerMessage>): Promise<void> {
  peers.set(peer.rank, peer);
  const farewell = Promise.withResolvers<void>();
  farewells.set(peer.rank, farewell);
  try {
    for await (const { loss, done } of lines) {
      peer.heard = Date.now();
      if (loss) lose(loss);
      if (done) {
        peer.isDone = true;
        farewell.resolve();
      }
    }
  } catch {
    // A connection that breaks off is one that ends.
  }
  if (!peer.isDone) fallSilent(peer, "has ended without a word");
  farewell.resolve();
}

function beat(): void {
  for (const peer of peers.values()) {
    void peer.send({});
    if (!peer.isDone && Date.now() - peer.heard > 1000 * SILENCE) {
      fallSilent(peer, `has not been heard of for ${SILENCE} seconds`);
    }
  }
}

/**
 * Says why this process fails to all that are there; or goodbye, and waits until all have. What one has got of
 * a collective another may still be fetching from it, so nobody ends before all are done: the first process
 * says goodbye when the others have, and these stay until it does.
 */
async function leave({ loss }: { loss?: Loss }): Promise<void> {
  isLeaving = true;
  const toAll = (message: PeerMessage) =>
    Promise.all([...peers.values()].map((peer) => peer.send(message)));
  const isFirst = !peers.has(0);
  if (loss) await toAll({ loss });
  else if (!isFirst) await toAll({ done: true });
  if (!loss) await Promise.all([...farewells.values()].map(({ promise }) => promise));
  if (!loss && isFirst) await toAll({ done: true });
  for (const peer of peers.values()) peer.close();
}

parentPort!.on("message", async (asked: GroupQuestion & { id: number }) => {
  const { id } = asked;
  if ("watch" in asked) {
    watched = { id, ...asked.watch };
    return tellLoss();
  }
  if ("leave" in asked) {
    await leave(asked.leave);
    return reply({ id });
  }
  try {
    const addresses = await rendezvous(asked.meet, hear);
    setInterval(beat, 1000 * BEAT);
    reply({ id, addresses });
  } catch (error) {
    reply({ id, refused: (error as Error).message });
  }
});
