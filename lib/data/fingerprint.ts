/**
 * The identity of prepared pictures: a digest of what a manifest lists and of the contents of every file in
 * it. Two sets that differ in a pixel, or in how their faces were cut, are two sets.
 */
import { dirname, isAbsolute, join } from "node:path";
import { whyUnreadable } from "lib/io/file_fault.ts";
import { openDigest, sha256, sha256OfFile } from "lib/io/sha256.ts";
import { manifestRows } from "./manifest.ts";
import { placesWhere, sampleList, type Samples } from "./sample_list.ts";
import type { Sample } from "./samples.ts";

/** Digits of a picture's digest that a manifest keeps: 128 bits. */
const DIGITS = 32;

/** The short digest of a picture's file, as manifests keep it. */
export function contentName(bytes: Uint8Array): string {
  return sha256(bytes).slice(0, DIGITS);
}

/** A data set's identity. */
export interface Fingerprint {
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
  /** Samples in the manifest. */
  readonly samples: number;
  /** Of them those whose content the manifest did not hold, so that their files were read for it. */
  readonly read: number;
}

const fileOf = (manifest: string, { path }: Pick<Sample, "path">) =>
  isAbsolute(path) ? path : join(dirname(manifest), path);

/** How files are read whose content nobody wrote down. */
export interface FingerprintOptions {
  /** Is called for every file that had to be read. */
  readonly onFile?: (path: string) => void;
  /** Whether one that cannot be read counts as such in the digest, for work that leaves such files out. */
  readonly skipUnreadable?: boolean;
}

/** A fingerprint that grows sample by sample, in the manifest's order. */
export interface GrowingFingerprint {
  /** Takes the next sample; a promise where its file has to be read for it. */
  add(sample: Sample): void | Promise<void>;
  /** That of all samples, after which no more can be added. */
  finish(): Fingerprint;
}

/** Letters that are put into the digest at a time. */
const AT_ONCE = 1 << 16;

/**
 * The fingerprint of samples that somebody reads anyway: what `fingerprintOf` gives for their manifest.
 *
 * @throws Error as `fingerprintOf` does, when a sample is added.
 */
export function openFingerprint(
  manifest: string,
  { onFile = () => {}, skipUnreadable = false }: FingerprintOptions = {},
): GrowingFingerprint {
  const digest = openDigest();
  let samples = 0, read = 0, waiting = "";
  const take = (sample: Sample, content: string) => {
    const { path, label, dataset, method, video, split, frame, identities, mask = "", cut = "" } =
      sample;
    const { landmarks } = sample; // as prepare writes it the name tells the content
    // Folders move, and are called otherwise elsewhere: a list's own paths do not.
    const row = [path, label, dataset, method, video, split, frame, identities, mask, cut, content];
    if (landmarks !== undefined) row.push(landmarks); // without them a set is what it always was
    waiting += JSON.stringify(row) + "\n";
    samples++;
    if (waiting.length < AT_ONCE) return;
    digest.add(waiting);
    waiting = "";
  };
  const takeRead = async (sample: Sample) => {
    const file = fileOf(manifest, sample);
    const content = await readableDigest(file).catch((error) => {
      if (skipUnreadable) return "unreadable";
      throw error;
    });
    read++;
    onFile(file);
    take(sample, content.slice(0, DIGITS));
  };
  return {
    add: (sample) => sample.content === undefined ? takeRead(sample) : take(sample, sample.content),
    finish() {
      digest.add(waiting);
      return { sha256: digest.hex(), samples, read };
    },
  };
}

/**
 * The identity of a manifest's pictures. Where `prepare` wrote the contents down this reads the manifest
 * alone; the files of a list of one's own are read once.
 *
 * @throws Error naming a file that cannot be read, unless they are left out; RangeError as `manifestRows` does.
 */
export async function fingerprintOf(
  manifest: string,
  options: FingerprintOptions = {},
): Promise<Fingerprint> {
  const fingerprint = openFingerprint(manifest, options);
  for await (const sample of manifestRows(manifest)) await fingerprint.add(sample);
  return fingerprint.finish();
}

async function readableDigest(path: string): Promise<string> {
  try {
    return await sha256OfFile(path);
  } catch (cause) {
    throw new Error(
      `Cannot read ${JSON.stringify(path)}, which the manifest names: ${
        cause instanceof Deno.errors.NotFound ? "it is not there." : whyUnreadable(cause)
      } Prepare the data set anew, or mend the list.`,
      { cause },
    );
  }
}

/** Crops that are compared with their manifest unless somebody asks for more. */
const CHECKED = 16;

/**
 * Check that files are still what the manifest says: some that are spread over the list, which finds a
 * folder that was made anew or exchanged; `doctor` looks at every file.
 *
 * @param samples With `content`; others are passed over.
 * @throws RangeError naming the first file that is another one.
 */
export async function assertContents(
  samples: Samples,
  { manifest }: { manifest: string },
): Promise<void> {
  const list = sampleList(samples);
  const known = placesWhere(list.length, (place) => list.hasContent(place));
  const step = Math.max(1, Math.floor(known.length / CHECKED));
  for (let i = 0; i < known.length; i += step) {
    const sample = list.sample(known[i]), file = fileOf(manifest, sample);
    if ((await readableDigest(file)).startsWith(sample.content!)) continue;
    throw new RangeError(
      `${
        JSON.stringify(file)
      } is not the picture that the manifest was written for: its content is ` +
        `another one. "deno task doctor ${manifest}" finds all such files; preparing the data set anew ` +
        "mends them.",
    );
  }
}
