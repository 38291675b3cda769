/** A port of this machine that nobody listens at now. */
export function freePort(): number {
  using listener = Deno.listen({ port: 0 });
  return listener.addr.port;
}
