/**
 * The thread in which a process meets the others of its group and hears of them, so that it goes on while
 * the main thread is in a step. The first process listens, the others connect to it; each side says every
 * few seconds that it is there. When one is lost, whatever waits for it in TensorFlow is called off.
 *
 * Lines of JSON go both ways: `hello` and `addresses` once, or why there is no meeting; then a `loss`, `done`, or nothing, as a sign of life.
 */
import { parentPort } from "node:worker_threads";
import { freePort } from "./free_port.ts";
import { openNative } from "./native_library.ts";

/** Where and with whom a process meets. */
export interface MeetQuestion {
  /** This process's number, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** Where the first one listens for the others. */
  readonly hostname: string;
  /** Likewise. */
  readonly port: number;
  /** The port at which this process's TensorFlow is to listen; left out: any. */
  readonly ownPort?: number;
  /** What all must be about; who is about something else is refused. */
  readonly purpose: string;
  /** How long one waits for the others. */
  readonly seconds: number;
}

/** What the thread is asked: to meet, to watch over a context, or to tell the others of an end. */
export type GroupQuestion =
  | { readonly meet: MeetQuestion }
  | { readonly watch: { readonly library: string; readonly context: bigint } }
  | { readonly leave: { readonly loss?: Loss } };

/** That a process is lost, and with it the group. */
export interface Loss {
  /** Whose. */
  readonly rank: number;
  /** Why, in a sentence. */
  readonly words: string;
  /** Whether it has ended, or fallen silent, without saying why. */
  readonly isSilent: boolean;
}

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

/** A line. */
interface Message {
  readonly hello?: { rank: number; size: number; port: number; purpose: string };
  readonly addresses?: string[];
  readonly refused?: string;
  readonly loss?: Loss;
  readonly done?: true;
}

/** Seconds between two signs of life, and after how many without one a process is taken for lost. */
const BEAT = 5, SILENCE = 60;

/** TensorFlow's code for work that was called off. */
const ABORTED = 10;

/** The other end of a connection. */
interface Peer {
  readonly rank: number;
  readonly name: string;
  send(message: Message): Promise<void>;
  close(): void;
  heard: number;
  isDone: boolean;
}

const peers = new Map<number, Peer>();
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

/** A process is lost, and with it the group. */
function lose(loss: Loss): void {
  if (lost !== undefined || isLeaving) return;
  lost = loss;
  for (const peer of peers.values()) void peer.send({ loss });
  tellLoss();
}

/** Reads lines until the other side closes. */
async function* linesOf(connection: Deno.TcpConn): AsyncGenerator<Message> {
  let rest = "";
  for await (const text of connection.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}

function peerOf(connection: Deno.TcpConn, rank: number, host: string): Peer {
  const name = `The process of rank ${rank} (${host})`;
  let last: Promise<unknown> = Promise.resolve();
  const send = (message: Message) => {
    const bytes = new TextEncoder().encode(JSON.stringify(message) + "\n");
    const sent = last.then(async () => {
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    }).catch(() => {}); // a closed end is met as one reads
    last = sent;
    return sent;
  };
  const close = () => {
    try {
      connection.close();
    } catch {
      // The reader has closed it already.
    }
  };
  return { rank, name, send, close, heard: Date.now(), isDone: false };
}

function fallSilent({ rank, name }: Peer, how: string): void {
  lose({ rank, words: `${name} ${how}; what it wrote last may say why.`, isSilent: true });
}

/** Hears a process that is there until it ends. */
async function hear(peer: Peer, lines: AsyncGenerator<Message>): Promise<void> {
  try {
    for await (const { loss, done } of lines) {
      peer.heard = Date.now();
      if (loss) lose(loss);
      if (done) peer.isDone = true;
    }
  } catch {
    // A connection that breaks off is one that ends.
  }
  if (!peer.isDone) fallSilent(peer, "has ended without a word");
}

function beat(): void {
  for (const peer of peers.values()) {
    void peer.send({});
    if (!peer.isDone && Date.now() - peer.heard > 1000 * SILENCE) {
      fallSilent(peer, `has not been heard of for ${SILENCE} seconds`);
    }
  }
}

const isLoopback = (host: string) => /^(127\.|::1$|localhost$)/.test(host);
const address = (host: string, port: number) =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/** Waits for the others at the first process. */
async function gather(question: MeetQuestion): Promise<string[]> {
  const { size, hostname, port, purpose, seconds } = question;
  using listener = listen(question);
  const addresses: string[] = [];
  const all = Promise.withResolvers<void>();
  const missing = () => Array.from({ length: size }, (_, i) => i).filter((i) => !addresses[i]);
  const late = setTimeout(() => {
    const names = missing().join(", ");
    all.reject(
      new Error(
        `After ${seconds} seconds ${missing().length} of ${size} processes are missing: rank ${names}. ` +
          `The first one waits for them at ${address(hostname, port)}.`,
      ),
    );
  }, 1000 * seconds);
  const receive = async (connection: Deno.TcpConn) => {
    const host = connection.remoteAddr.hostname, lines = linesOf(connection);
    const { hello } = (await lines.next()).value as Message ?? {};
    if (hello === undefined) return connection.close();
    const peer = peerOf(connection, hello.rank, host);
    const refuse = async (words: string) => {
      await peer.send({ refused: words });
      all.reject(new Error(words));
    };
    if (hello.size !== size) {
      return refuse(`Rank ${hello.rank} is one of ${hello.size} processes, rank 0 one of ${size}.`);
    }
    if (hello.purpose !== purpose) {
      return refuse(
        `Rank ${hello.rank} runs another command than rank 0: ${hello.purpose} and not ${purpose}.`,
      );
    }
    if (addresses[hello.rank]) return refuse(`Two processes have the rank ${hello.rank}.`);
    addresses[hello.rank] = address(isLoopback(host) ? hostname : host, hello.port);
    peers.set(hello.rank, peer);
    if (missing().length === 0) all.resolve();
    await hear(peer, lines);
  };
  (async () => {
    for await (const connection of listener) {
      receive(connection).catch((error) => all.reject(error));
    }
  })().catch(() => {}); // closed once all are there
  try {
    addresses[0] = address(hostname, question.ownPort ?? freePort());
    if (missing().length > 0) await all.promise;
  } catch (error) {
    const refused = (error as Error).message;
    await Promise.all([...peers.values()].map((peer) => peer.send({ refused })));
    throw error;
  } finally {
    clearTimeout(late);
  }
  await Promise.all([...peers.values()].map((peer) => peer.send({ addresses })));
  return addresses;
}

function listen({ hostname, port }: MeetQuestion): Deno.TcpListener {
  try {
    return Deno.listen({ hostname: isLoopback(hostname) ? "127.0.0.1" : "0.0.0.0", port });
  } catch (error) {
    throw new Error(
      `Rank 0 cannot listen for the others at ${address(hostname, port)}: ${
        (error as Error).message
      }. ` +
        "Another program may be there: choose another port.",
    );
  }
}

/** Goes to the first process. */
async function join(question: MeetQuestion): Promise<string[]> {
  const { rank, size, hostname, port, ownPort, purpose, seconds } = question;
  const end = Date.now() + 1000 * seconds;
  let connection: Deno.TcpConn | undefined;
  while (!connection) {
    try {
      connection = await Deno.connect({ hostname, port });
    } catch (error) {
      if (Date.now() > end) {
        throw new Error(
          `Rank ${rank} did not find rank 0 at ${address(hostname, port)} within ${seconds} ` +
            `seconds: ${(error as Error).message}.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  const peer = peerOf(connection, 0, hostname), lines = linesOf(connection);
  await peer.send({ hello: { rank, size, purpose, port: ownPort ?? freePort() } });
  const { addresses, refused } = (await lines.next()).value as Message ?? {};
  if (addresses === undefined) {
    throw new Error(refused ?? `${peer.name} has ended before all were there.`);
  }
  peers.set(0, peer);
  peer.heard = Date.now();
  void hear(peer, lines);
  return addresses;
}

/** Says goodbye, or why this process fails, to all that are there. */
async function leave({ loss }: { loss?: Loss }): Promise<void> {
  isLeaving = true;
  const message: Message = loss ? { loss } : { done: true };
  await Promise.all([...peers.values()].map((peer) => peer.send(message)));
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
    const addresses = asked.meet.rank === 0 ? await gather(asked.meet) : await join(asked.meet);
    setInterval(beat, 1000 * BEAT);
    reply({ id, addresses });
  } catch (error) {
    reply({ id, refused: (error as Error).message });
  }
});
