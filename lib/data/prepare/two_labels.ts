/**
 * The same picture or video under both labels: one of them is wrong, and a detector would learn from it.
 */
import { join } from "node:path";
import { sha256OfFile } from "lib/io/sha256.ts";
import type { VideoEntry } from "../data_set_entries.ts";
import { picturesOf } from "./prepared_units.ts";
import type { Source } from "./join_manifest.ts";

interface LabelledFile {
  readonly path: string;
  readonly label: 0 | 1;
}

/** Pairs that the message names; the rest is counted. */
const SHOWN = 5;

async function* filesOf(entry: VideoEntry, root: string): AsyncGenerator<LabelledFile> {
  const { label } = entry;
  if (entry.kind !== "frames") {
    return yield { path: entry.kind === "still" ? entry.path : entry.video, label };
  }
  const pictures = await picturesOf({ entry, folder: "", stills: [] }, root).catch(() => []);
  for (const { path } of pictures) yield { path: path.slice(join(root, "/").length), label };
}

/** Files of one size under both labels: only these can be the same. */
async function* suspects(source: Source): AsyncGenerator<LabelledFile[]> {
  const bySize = new Map<number, LabelledFile[]>();
  for await (const entry of source.entries(() => {})) {
    for await (const file of filesOf(entry, source.root)) {
      const { size } = await Deno.stat(join(source.root, file.path)).catch(() => ({ size: 0 }));
      if (size === 0) continue; // what is not there is told when it is read
      const same = bySize.get(size);
      if (same === undefined) bySize.set(size, [file]);
      else same.push(file);
    }
  }
  for (const files of bySize.values()) {
    if (new Set(files.map(({ label }) => label)).size === 2) yield files;
  }
}

/**
 * Refuse a data set in which files of the same contents have label 0 and label 1. Files are read only where
 * others of their size have the other label.
 *
 * @throws RangeError naming the first pairs.
 */
export async function assertOneLabelEach(
  source: Source,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const pairs: string[] = [];
  for await (const files of suspects(source)) {
    const first = new Map<string, LabelledFile>();
    for (const file of files) {
      signal.throwIfAborted();
      const hash = await sha256OfFile(join(source.root, file.path)).catch(() => undefined);
      if (hash === undefined) continue; // told when it is read
      const before = first.get(hash) ?? file;
      first.set(hash, before);
      if (before.label === file.label) continue;
      pairs.push(
        `${JSON.stringify(before.path)} with label ${before.label} and ${
          JSON.stringify(file.path)
        } with label ${file.label}`,
      );
    }
  }
  if (pairs.length === 0) return;
  throw new RangeError(
    `The same contents are real (0) and fake (1): ${pairs.slice(0, SHOWN).join("; ")}` +
      `${
        pairs.length > SHOWN ? `; and ${pairs.length - SHOWN} more` : ""
      }. Take the wrong one out.`,
  );
}
