/** What an audit is asked for: how deep it looks, how fast, and who hears how far it is. */
import type { Depth } from "./look_at_entry.ts";

/** How a data set is audited. */
export interface AuditOptions {
  /** How much is decoded. Default "first". */
  readonly depth?: Depth;
  /** In how many entries, spread over the data set, faces are looked for. Default 0. */
  readonly faces?: number;
  /** Entries looked at at the same time. Default: as many as there are processors. */
  readonly parallel?: number;
  /** Told how far it is. `total` is undefined while the reader is still reading. */
  readonly onProgress?: (phase: string, done: number, total?: number) => void;
  /** Ends the audit with the signal's reason. */
  readonly signal?: AbortSignal;
}
