/**
 * Small detectors that have learned, which come with the project: for looking at once, not for judging
 * anybody's pictures. Each has a card in `results/detectors/cards.yaml`, with its data, its AUC and what it
 * must not be used for.
 */
import { parse } from "@std/yaml";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadDetector, type LoadedDetector } from "lib/detectors/detector_file.ts";
import { sha256OfFile } from "lib/io/sha256.ts";

/** Folder of the detectors and their cards. */
export const DETECTORS_FOLDER: string = fileURLToPath(
  new URL("../../results/detectors", import.meta.url),
);

/** All names, in the order of the cards. */
export const SHIPPED_DETECTORS = [
  "planted_one_block",
  "planted_heads",
  "planted_local_loss",
  "unseen_paper",
  "unseen_heads",
  "unseen_global_loss",
  "unseen_xception",
  "unseen_multi_attentional",
  "unseen_face_x_ray",
] as const;

/** A shipped detector's name. */
export type ShippedName = typeof SHIPPED_DETECTORS[number];

/** An AUC with what it was measured on. */
export interface CardAuc {
  /** The pictures, in words. */
  readonly on: string;
  /** Area under the ROC curve. */
  readonly value: number;
  /** Lower end of its 95 % interval. */
  readonly low: number;
  /** Upper end of its 95 % interval. */
  readonly high: number;
  /** What the interval is over, such as "31 people". */
  readonly over: string;
}

/** A detector's card. */
export interface DetectorCard {
  /** What it is, in a line. */
  readonly is: string;
  /** SHA-256 of its file. */
  readonly sha256: string;
  /** What it learnt from: name, licence, how many, as far as there is something to say. */
  readonly data: Readonly<Record<string, string | number>>;
  /** The command that trained it. */
  readonly command: string;
  /** Its AUCs, that on pictures like those it learnt from first. */
  readonly auc: readonly CardAuc[];
  /** What it must not be used for. */
  readonly not: string;
}

/** A shipped detector with its card. The caller frees it with `using`. */
export interface ShippedDetector extends LoadedDetector {
  /** Its card. */
  readonly card: DetectorCard;
}

/** The file of a shipped detector. */
function shippedFile(name: ShippedName): string {
  return join(DETECTORS_FOLDER, `${name}.safetensors`);
}

/** The cards of all shipped detectors. */
export async function readCards(): Promise<Readonly<Record<ShippedName, DetectorCard>>> {
  return parse(await Deno.readTextFile(join(DETECTORS_FOLDER, "cards.yaml")));
}

/**
 * Loads a detector that comes with the project.
 *
 * @throws Error when its file is not the one that its card describes.
 *
 * @example
 * ```ts
 * import { startEngine } from "lib/engine/engine.ts";
 * import { loadShipped } from "lib/studies/shipped_detectors.ts";
 * import assert from "node:assert/strict";
 *
 * await startEngine();
 * using detector = await loadShipped("planted_heads");
 * assert.ok(detector.card.auc[0].value > 0.95);
 * ```
 */
export async function loadShipped(name: ShippedName): Promise<ShippedDetector> {
  const file = shippedFile(name), { [name]: card } = await readCards();
  const found = await sha256OfFile(file);
  if (found !== card.sha256) {
    throw new Error(
      `${file} is not the file that its card describes (SHA-256 ${found.slice(0, 8)}…, not ` +
        `${card.sha256.slice(0, 8)}…): take both from the project again.`,
    );
  }
  return { ...await loadDetector(file), card };
}
