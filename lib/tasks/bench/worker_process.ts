/** A worker of the bench as a process of its own: it is asked one thing at a time, and can be ended. */
import type { Questions } from "./worker_protocol.ts";

/** How to start a worker. */
export interface WorkerCommand {
  /** Whose worker it is, for the words of errors. */
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Folder to run in. */
  readonly cwd: string;
  /** Variables added to the present environment. */
  readonly env: Record<string, string>;
}

/** Seconds after which a worker that does not answer counts as hung; compiling may take minutes. */
const PATIENCE = 1200;

/** Lines of a worker's standard error that are kept for the message when it dies. */
const KEPT_LINES = 15;

/** A worker has not done what it was asked to, as the device has no such thing; it can be asked other things. */
export class Refusal extends Error {
  /** What it is, in messages. */
  override readonly name = "Refusal";
}

/** A running worker that answers the questions `Asked`. Dispose of it to end the process. */
export class WorkerProcess<Asked extends { [Name in keyof Asked]: [object, unknown] } = Questions>
  implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #replies: AsyncIterator<string>;
  readonly #complaints: Promise<void>;
  readonly #lastLines: string[] = [];
  readonly #name: string;
  readonly #signal: AbortSignal;

  /** Starts the process, to be ended when `signal` is aborted. Throws when there is no such program. */
  constructor({ name, command, cwd, env }: WorkerCommand, signal: AbortSignal) {
    signal.throwIfAborted();
    this.#name = name;
    this.#child = new Deno.Command(command[0]!, {
      args: command.slice(1),
      cwd,
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#requests = this.#child.stdin.getWriter();
    this.#replies = lines(this.#child.stdout);
    this.#complaints = this.#listen();
    this.#signal = signal;
    signal.addEventListener("abort", this.kill);
  }

  /** The process's number. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Sends a request and waits for its reply.
   *
   * @throws Refusal where the device has no such thing; Error with what went wrong in the worker, or its last words.
   */
  async ask<Name extends keyof Asked & string>(
    name: Name,
    request: Asked[Name][0],
  ): Promise<Asked[Name][1]> {
    const line = JSON.stringify({ do: name, ...request }) + "\n";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(this.#error(`no reply to "${name}" within ${PATIENCE} s`)),
        PATIENCE * 1000,
      );
    });
    try {
      await this.#requests.write(new TextEncoder().encode(line)).catch(() => {}); // it died: next line
      const reply = await Promise.race([this.#replies.next(), late]);
      if (reply.done) throw this.#error(await this.#lastWords());
      const answer = JSON.parse(reply.value) as { error: string; refused?: true };
      if ("error" in answer) {
        throw answer.refused
          ? new Refusal(`${this.#name}: ${answer.error}`)
          : this.#error(answer.error);
      }
      return answer as Asked[Name][1];
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process at once; a request that waits fails. */
  readonly kill = (): void => {
    try {
      this.#child.kill("SIGKILL"); // it owns nothing that could be left half-written
    } catch {
      // it has ended already
    }
  };

  /** Ends the process and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener("abort", this.kill);
    this.kill();
    await this.#child.status;
    await this.#requests.close().catch(() => {}); // broken by now
    await this.#replies.return?.();
    await this.#complaints;
  }

  async #listen(): Promise<void> {
    for await (const line of { [Symbol.asyncIterator]: () => lines(this.#child.stderr) }) {
      this.#lastLines.push(line);
      if (this.#lastLines.length > KEPT_LINES) this.#lastLines.shift();
    }
  }

  #error(words: string): Error {
    return new Error(`${this.#name}: ${words}`);
  }

  async #lastWords(): Promise<string> {
    const { code, signal } = await this.#child.status;
    await this.#complaints;
    const how = signal === null ? `with code ${code}` : `of ${signal}`;
    const words = this.#lastLines.map((line) => `\n    ${line}`).join("");
    return `the worker ended ${how}${words === "" ? "" : `; its last lines:${words}`}`;
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as DecoderPair)) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest !== "") yield rest;
}

/** TextDecoderStream's own type asks for BufferSource, which a stream of Uint8Array does not promise. */
type DecoderPair = ReadableWritablePair<string, Uint8Array>;
