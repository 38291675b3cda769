/** Ports to look in: below those that systems hand out by themselves, Linux from 32768 on, others from 49152. */
const FROM = 15_000, TO = 32_000;

/**
 * A port of this machine, between 15000 and 32000, that nobody listens at now. Until it is listened at a second
 * or more may pass, in which the system gives none of these to another program by chance.
 *
 * @throws Error when this machine lets nobody listen, with the system's reason.
 *
 * @example
 * ```ts
 * import { freePort } from "lib/engine/free_port.ts";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: freePort() });
 * ```
 */
export function freePort(): number {
  while (true) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM));
    try {
      Deno.listen({ port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
