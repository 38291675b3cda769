/**
 * The connection between the first process of a group and another: lines of JSON both ways, `hello` and
 * `addresses` once, or why there is no meeting; then a `loss`, `done`, or nothing, as a sign of life.
 */

/** That a process is lost, and with it the group. */
export interface Loss {
  /** Whose. */
  readonly rank: number;
  /** Why, in a sentence. */
  readonly words: string;
  /** Whether it has ended, or fallen silent, without saying why. */
  readonly isSilent: boolean;
}

/** A line. */
export interface PeerMessage {
  /** Who comes to the first process: which of how many, where its TensorFlow will listen, and what it is about. */
  readonly hello?: { rank: number; size: number; port: number; purpose: string };
  /** Of all processes, by rank: all are there. */
  readonly addresses?: string[];
  /** Why there is no meeting. */
  readonly refused?: string;
  /** A process is lost. */
  readonly loss?: Loss;
  /** This one ends, its work done. */
  readonly done?: true;
}

/** The process at the other end of a connection. */
export interface Peer {
  /** Its number. */
  readonly rank: number;
  /** What errors call it. */
  readonly name: string;
  /** Sends a line after those before it; a closed end is no error here, but met as one reads. */
  send(message: PeerMessage): Promise<void>;
  /** Closes the connection, if it is not closed. */
  close(): void;
  /** When its last line came, as `Date.now()` counts. */
  heard: number;
  /** Whether it has said that its work is done. */
  isDone: boolean;
}

/**
 * Reads lines until the other side closes.
 *
 * @throws SyntaxError for a line that is no JSON: it is not one of ours.
 */
export async function* linesOf(connection: Deno.TcpConn): AsyncGenerator<PeerMessage> {
  let rest = "";
  for await (const text of connection.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}

/**
 * The process at the other end.
 *
 * @param host Where it runs, for errors.
 */
export function peerOf(connection: Deno.TcpConn, rank: number, host: string): Peer {
  const name = `The process of rank ${rank} (${host})`;
  let last: Promise<unknown> = Promise.resolve();
  const send = (message: PeerMessage) => {
    const bytes = new TextEncoder().encode(JSON.stringify(message) + "\n");
    const sent = last.then(async () => {
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    }).catch(() => {});
    last = sent;
    return sent;
  };
  const close = () => {
    try {
      connection.close();
    } catch {
      // Whoever read from it has closed it.
    }
  };
  return { rank, name, send, close, heard: Date.now(), isDone: false };
}
