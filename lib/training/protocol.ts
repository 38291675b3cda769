/**
 * What the rows of one table share: everything of a run but the method that a row is about and the
 * seed. Results may stand side by side where their protocol hashes are equal.
 */
import { sha256 } from "lib/io/sha256.ts";
import { type Configuration, effectiveFields } from "lib/detectors/configuration.ts";
import { isNormed } from "lib/networks/parameters.ts";

/** The data that a result rests on. */
export interface ProtocolData {
  /** SHA-256 of the manifest that training and validation samples came from, in hexadecimal. */
  readonly training: string;
  /** SHA-256 of the file of pre-trained backbone weights; left out for a start from random ones. */
  readonly pretrained?: string;
  /** SHA-256 of the manifest of what was tested on; left out while a run has no result yet. */
  readonly test?: string;
}

/**
 * A protocol in 16 hexadecimal digits: of the configuration's data and training but for the seed, the
 * size of the pictures, and the data. Another schedule, batch size, augmentation, picture size or list of
 * pictures gives another hash; another detector or setting of it does not. Micro-batches and devices' parts count
 * where a batch norm sees them: without one they compute what the whole batch does.
 *
 * @example
 * ```ts
 * import { vary } from "lib/detectors/configuration.ts";
 * import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { protocolHash } from "lib/training/protocol.ts";
 * import assert from "node:assert/strict";
 *
 * const data = { training: "ab", test: "cd" };
 * const hash = protocolHash(PAPER, data);
 * assert.equal(protocolHash(vary(PAPER, { localInformation: false, seed: 2 }), data), hash);
 * assert.notEqual(protocolHash(vary(PAPER, { epochs: 10 }), data), hash);
 * assert.notEqual(protocolHash(PAPER, { ...data, test: "ef" }), hash);
 * ```
 */
export function protocolHash(configuration: Configuration, data: ProtocolData): string {
  const { input: { size }, parameters } = configuration.detector;
  const ofNorm = ["training.microBatchSize", "training.normDevices"],
    seenByNone = !isNormed(parameters);
  const shared = effectiveFields(configuration).filter(([field]) =>
    field !== "training.seed" && !field.startsWith("detector.") &&
    !(seenByNone && ofNorm.includes(field))
  );
  const sorted = Object.entries({ ...Object.fromEntries(shared), size, ...data })
    .sort(([a], [b]) => a < b ? -1 : 1);
  return sha256(JSON.stringify(sorted)).slice(0, 16);
}

/** A result that may stand in a table. */
export interface ProtocolResult {
  /** Its `protocolHash`. */
  readonly protocol: string;
  /** What it is called in the message. */
  readonly run: string;
}

/**
 * What must be said beside a table of these results: nothing where they share a protocol, else which
 * runs go together.
 *
 * @returns A sentence, or `undefined`.
 */
export function protocolRemark(results: readonly ProtocolResult[]): string | undefined {
  const groups = Map.groupBy(results, ({ protocol }) => protocol);
  if (groups.size < 2) return undefined;
  const named = [...groups].map(([hash, of]) =>
    `${[...new Set(of.map(({ run }) => run))].join(", ")} (${hash})`
  );
  return `These results follow ${groups.size} different protocols and do not compare: ` +
    `${named.join("; ")}.`;
}
