/**
 * DeepfakeBench's index of a data set: `{DATASET: {LABEL: {split: {[compression:] {video: {label,
 * frames, masks}}}}}}`, written by its rearrange script. What its videos become is left to
 * deepfakebench_json.ts.
 */
import { JSONParser } from "@streamparser/json";
import { whyUnreadable } from "lib/io/file_fault.ts";
import { isRecord } from "lib/io/is_record.ts";
import type { Description } from "../descriptions.ts";
import type { Split } from "../samples.ts";
import type { OnProblem, ReadProblem } from "./data_set_reader.ts";

/** Its labels, as label_dict of its configuration maps them: 0 real, 1 fake; and our method. */
export const INDEX_LABELS: Readonly<Record<string, readonly [0 | 1, string]>> = {
  "FF-real": [0, "real"],
  "FF-DF": [1, "DF"],
  "FF-F2F": [1, "F2F"],
  "FF-FS": [1, "FS"],
  "FF-NT": [1, "NT"],
  "FF-FH": [1, "FaceShifter"],
  "DFD_real": [0, "real"],
  "DFD_fake": [1, "DeepFakeDetection"],
  "CelebDFv1_real": [0, "real"],
  "CelebDFv1_fake": [1, "Celeb-synthesis"],
  "CelebDFv2_real": [0, "real"],
  "CelebDFv2_fake": [1, "Celeb-synthesis"],
  "DFDCP_Real": [0, "real"],
  "DFDCP_FakeA": [1, "method_A"],
  "DFDCP_FakeB": [1, "method_B"],
  "DFDC_Real": [0, "real"],
  "DFDC_Fake": [1, "DFDC"],
  "DF_real": [0, "real"],
  "DF_fake": [1, "DeeperForensics"],
  "UADFV_Real": [0, "real"],
  "UADFV_Fake": [1, "UADFV"],
};

const SPLITS: Readonly<Record<string, Split>> = {
  train: "train",
  val: "validation",
  test: "test",
};

/** One video of the index. */
export interface IndexedVideo {
  /** One of `INDEX_LABELS`. */
  readonly label: string;
  /** As we name it. */
  readonly split: Split;
  /** Its key in the index. */
  readonly name: string;
  /** Paths of its frames, as written there. */
  readonly frames: readonly string[];
  /** Paths of its masks, as written there; empty when there are none. */
  readonly masks: readonly string[];
}

/** Where in the index something stands; label and split as written. */
interface IndexPlace {
  readonly label: string;
  readonly split: string;
  readonly name: string;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/** Whether a value is a video, and not one of the levels above, or a list within it. */
function isVideo(value: unknown): value is { frames: string[]; masks?: unknown } {
  return typeof value === "object" && value !== null && "frames" in value && isTexts(value.frames);
}

/** Levels of compression that an index may have between splits and videos. */
const LEVELS = ["raw", "c23", "c40"];

/** What a video has, and the list of a split only where a video was written over it. */
const FIELDS = ["label", "frames", "masks"];

/**
 * Whether a value stands where a video should and is none. What holds videos is empty by the time that it is
 * seen: they were taken out of it.
 */
function isNoVideo(
  { key, value, level }: { key: string; value: unknown; level?: string },
): boolean {
  if (level !== undefined) return LEVELS.includes(level); // else it is a field of a video
  return !FIELDS.includes(key) && !(isRecord(value) && LEVELS.includes(key));
}

/** A video that its script wrote over the list of all videos. */
function overwritten({ label, split }: IndexPlace, frames: number): ReadProblem {
  const message = `DeepfakeBench's script wrote one video over the list of ${label}'s "${split}" ` +
    `(rearrange.py, DFDC). Its ${frames} frames have no name and are left out.`;
  return { kind: "malformed", path: `${label}.${split}.frames`, message };
}

/** A video under a split or a label that DeepfakeBench does not have. */
function unknownPlace({ label, split, name }: IndexPlace): ReadProblem | undefined {
  const message = !Object.hasOwn(SPLITS, split)
    ? `there is no split "${split}": train, val or test.`
    : !Object.hasOwn(INDEX_LABELS, label)
    ? `"${label}" is none of DeepfakeBench's labels (${Object.keys(INDEX_LABELS).join(", ")}).`
    : undefined;
  return message === undefined
    ? undefined
    : { kind: "malformed", path: `${label}.${split}.${name}`, message };
}

/** Hands a file to a parser piece by piece, and stops after each. */
async function* feed(parser: JSONParser, file: string): AsyncGenerator<void> {
  const unreadable = (cause: unknown) =>
    new RangeError(`Cannot read ${JSON.stringify(file)}: ${whyUnreadable(cause)}`, { cause });
  using handle = await Deno.open(file).catch((cause) => {
    throw unreadable(cause);
  });
  if ((await handle.stat()).isDirectory) throw unreadable(new Deno.errors.IsADirectory());
  const buffer = new Uint8Array(1 << 16);
  try {
    for (let read = await handle.read(buffer); read !== null; read = await handle.read(buffer)) {
      parser.write(buffer.slice(0, read));
      yield;
    }
    if (!parser.isEnded) throw new Error("the file ends before its last bracket");
  } catch (cause) {
    throw new RangeError(
      `${JSON.stringify(file)} is not whole JSON: ${
        (cause as Error).message
      }. Write it again with ` +
        "DeepfakeBench's rearrange.py.",
      { cause },
    );
  }
}

/**
 * The index video by video, those of one compression where it has levels of compression; a few kilobytes
 * of it are in memory at a time.
 *
 * @throws RangeError when the file cannot be read, is not whole JSON, or holds nothing of such an index.
 */
export async function* indexedVideos(
  file: string,
  { compression, onProblem }: {
    compression: Description["compression"];
    onProblem: OnProblem;
  },
): AsyncGenerator<IndexedVideo> {
  const parser = new JSONParser({ paths: ["$.*.*.*.*", "$.*.*.*.*.*"], keepStack: false });
  let ready: IndexedVideo[] = [], told = false;
  parser.onValue = ({ value, key, parent, stack }) => {
    const [, , label, split, level] = stack.map((above) => above.key as string | undefined);
    const place = { label: label!, split: split!, name: String(key) };
    if (stack.length === 4 && key === "frames" && isTexts(value)) {
      told = true;
      return onProblem(overwritten(place, value.length));
    }
    if (!isVideo(value)) {
      if (isNoVideo({ key: place.name, value, ...level === undefined ? {} : { level } })) {
        const message = "it has no list of frames, so it is no video of DeepfakeBench's.";
        onProblem({ kind: "malformed", path: `${label}.${split}.${place.name}`, message });
        told = true;
      }
      return;
    }
    told = true;
    if (parent !== undefined) delete (parent as Record<string, unknown>)[key!]; // else it all stays
    if (level !== undefined && level !== compression) return;
    const problem = unknownPlace(place);
    if (problem !== undefined) return onProblem(problem);
    const { frames, masks } = value;
    ready.push({
      ...place,
      split: SPLITS[place.split]!,
      frames,
      masks: isTexts(masks) ? masks : [],
    });
  };
  for await (const _ of feed(parser, file)) {
    yield* ready;
    ready = [];
  }
  if (told) return;
  throw new RangeError(
    `${
      JSON.stringify(file)
    } is no index of DeepfakeBench's: it holds no {DATASET: {LABEL: {split: ` +
      "{video: {frames: […]}}}}}. Name another file as splits.",
  );
}
