/** Batches that are begun before they are asked for, whatever is read or made for them. */
import type { Pictures } from "../batches.ts";

/** The pictures of a batch that was begun. */
export interface BegunBatch {
  /** The pictures, once they are there. */
  finish(): Promise<Pictures>;
  /** Says that nobody waits for them any more. */
  callOff(): void;
}

/**
 * Asks for batches by their steps. Asking for one begins the `prefetch` following ones; what was begun and is
 * none of these is called off.
 */
export function readAhead(
  begin: (step: number) => BegunBatch,
  { prefetch }: { prefetch: number },
): (step: number) => Promise<Pictures> {
  const prepared = new Map<number, BegunBatch>();
  return (step) => {
    const asked = prepared.get(step) ?? begin(step);
    prepared.delete(step);
    for (const [other, begun] of prepared) {
      if (other > step && other <= step + prefetch) continue;
      begun.callOff();
      prepared.delete(other);
    }
    for (let ahead = step + 1; ahead <= step + prefetch; ahead++) {
      if (!prepared.has(ahead)) prepared.set(ahead, begin(ahead));
    }
    return asked.finish();
  };
}
