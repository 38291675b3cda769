/**
 * How the processes of a group come together: the first one listens where all were told, the others connect
 * to it and say who they are; once all are there, each gets the addresses of all.
 */
import { freePort } from "./free_port.ts";
import { linesOf, type Peer, type PeerMessage, peerOf } from "./peer_connection.ts";

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

const isLoopback = (host: string) => /^(127\.|::1$|localhost$)/.test(host);
const address = (host: string, port: number) =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/** Takes in a process that has come; what else it says is in `lines`. Resolves when it has ended. */
export type Arrival = (peer: Peer, lines: AsyncGenerator<PeerMessage>) => Promise<void>;

/**
 * Meets the others.
 *
 * @param arrive Is told each process that this one is connected with: at the first all others, which come
 * one after another, elsewhere the first.
 * @returns The addresses of all, by rank.
 * @throws Error when some do not come in time, naming them, or are about something else.
 */
export function rendezvous(question: MeetQuestion, arrive: Arrival): Promise<string[]> {
  return question.rank === 0 ? gather(question, arrive) : join(question, arrive);
}

/** Waits for the others at the first process. */
async function gather(question: MeetQuestion, arrive: Arrival): Promise<string[]> {
  const { size, hostname, port, purpose, seconds } = question;
  using listener = listen(question);
  const addresses: string[] = [], peers: Peer[] = [];
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
    const { hello } = (await lines.next().catch(() => undefined))?.value as PeerMessage ?? {};
    const peer = peerOf(connection, hello?.rank ?? -1, host);
    if (hello === undefined) return peer.close(); // a stranger, such as who looks for open ports
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
    peers.push(peer);
    if (missing().length === 0) all.resolve();
    await arrive(peer, lines);
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
    await Promise.all(peers.map((peer) => peer.send({ refused })));
    throw error;
  } finally {
    clearTimeout(late);
  }
  await Promise.all(peers.map((peer) => peer.send({ addresses })));
  return addresses;
}

function listen({ hostname, port }: MeetQuestion): Deno.TcpListener {
  try {
    return Deno.listen({ hostname: isLoopback(hostname) ? "127.0.0.1" : "0.0.0.0", port });
  } catch (error) {
    throw new Error(
      `Rank 0 cannot listen for the others at ${address(hostname, port)}: ${
        (error as Error).message
      }. Another program may be there: choose another port.`,
    );
  }
}

/** Goes to the first process. */
async function join(question: MeetQuestion, arrive: Arrival): Promise<string[]> {
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
  const { addresses, refused } = (await lines.next()).value as PeerMessage ?? {};
  if (addresses === undefined) {
    throw new Error(refused ?? `${peer.name} has ended before all were there.`);
  }
  peer.heard = Date.now();
  void arrive(peer, lines);
  return addresses;
}
