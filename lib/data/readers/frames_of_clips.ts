/**
 * Which pictures of one's own are frames of one clip, told from where they lie and what they are called, and
 * the check that no such clip is in two splits. Frames of one clip look alike: on both sides of a split they
 * make a detector seem better than it is.
 *
 * The rule `name`: the running number is the last run of digits in a picture's name without its ending (of at
 * most 15 digits; a number right after "face", "crop" or "person" at the very end is not it, where there is
 * another). Pictures in one folder whose names are the same up to their running number, "-", "_", ".", "(",
 * "#" and spaces before it aside, are frames of one clip; where nothing stands before the number, the clip is
 * the folder. A picture without a number is a video of its own. So clip_0001.jpg and clip_0002.jpg are one
 * clip, 0001.jpg and 0002.jpg are their folder's, and portrait.jpg stands for itself.
 *
 * The rule `folder`: all pictures of a folder are frames of one clip. The rule `none`: each picture stands
 * for itself.
 */
import type { Description } from "../descriptions.ts";
import type { Split } from "../samples.ts";
import type { OnProblem } from "./data_set_reader.ts";
import { stem } from "./walk_folder.ts";

/** Where a picture belongs. */
export interface ClipFrame {
  /** The clip's path below the root, which need not be that of a file; the picture's own where it is alone. */
  readonly video: string;
  /** Its running number, 0 where there is none. */
  readonly frame: number;
}

const FACE_NUMBER = /[-_. ]*(?:face|crop|person)[-_. ]*\d+\D*$/i;
const RUNNING_NUMBER = /^(.*?)[-_.(# ]*(?<!\d)(\d{1,15})\D*$/s;

function partsOf(path: string): { folder: string; name: string } {
  const at = path.lastIndexOf("/");
  return { folder: path.slice(0, Math.max(at, 0)), name: path.slice(at + 1) };
}

/**
 * The clip that a picture belongs to.
 *
 * @param path Below the root, with "/" between folders.
 * @param rule `folder`, `name` or `none`.
 *
 * @example
 * ```ts
 * import { clipOf } from "lib/data/readers/frames_of_clips.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(clipOf("real/clip_0012.jpg", "name"), { video: "real/clip", frame: 12 });
 * assert.deepEqual(clipOf("real/0012.jpg", "name"), { video: "real", frame: 12 });
 * assert.deepEqual(clipOf("real/ann.jpg", "name"), { video: "real/ann.jpg", frame: 0 });
 * assert.deepEqual(clipOf("real/a/ann.jpg", "folder"), { video: "real/a", frame: 0 });
 * ```
 */
export function clipOf(path: string, rule: "folder" | "name" | "none"): ClipFrame {
  const { folder, name } = partsOf(path);
  const whole = stem(name), bare = whole.replace(FACE_NUMBER, "");
  const found = RUNNING_NUMBER.exec(bare) ?? RUNNING_NUMBER.exec(whole);
  const frame = found === null ? 0 : Number(found[2]);
  if (rule === "none") return { video: path, frame: 0 };
  if (rule === "folder") return { video: folder === "" ? "." : folder, frame };
  if (found === null) return { video: path, frame };
  const clip = [folder, found[1]!].filter((part) => part !== "").join("/");
  return { video: clip === "" ? "." : clip, frame };
}

/** The folders of splits, which tell one clip's frames nothing about being apart. */
const SPLIT_FOLDER = /(^|\/)(?:train|training|val|valid|validation|test|testing)(?=\/|$)/gi;

/** Clips that are shown in a message; the rest is counted. */
const SHOWN = 5;

/**
 * The clips that a reader made out of pictures. Tell it of every picture, then ask it.
 */
export class ClipsOfPictures {
  /** Pictures' names by split, by the clip without its split's folder. */
  #splits = new Map<string, Map<Split, Set<string>>>();
  #pictures = new Map<string, number>();

  /**
   * Note down a picture; one that stands for itself is passed over. `assumed`: whether nobody but this kit
   * says that it is a frame of that clip.
   */
  add(
    path: string,
    { video, split, assumed }: { video: string; split: Split; assumed: boolean },
  ): void {
    if (video === path) return;
    if (assumed) this.#pictures.set(video, (this.#pictures.get(video) ?? 0) + 1);
    const clip = video.replaceAll(SPLIT_FOLDER, "$1");
    const splits = this.#splits.get(clip) ?? new Map<Split, Set<string>>();
    this.#splits.set(clip, splits);
    const names = splits.get(split) ?? new Set();
    splits.set(split, names.add(partsOf(path).name));
  }

  /**
   * Refuse clips whose frames are in several splits. Clips of one name in two splits' folders may be two
   * clips: where one picture's name is in both they are taken for two, each with frames of its own.
   *
   * @throws RangeError naming the first clips and the remedy.
   */
  assertApart({ file }: Description): void {
    const torn = [...this.#splits].flatMap(([clip, splits]) => {
      const sides = [...splits];
      const apart = sides.some(([, names], i) =>
        sides.slice(i + 1).some(([, others]) => names.isDisjointFrom(others))
      );
      const [[, some], [, others]] = [sides[0]!, sides[1] ?? sides[0]!];
      return apart
        ? [
          `${JSON.stringify(clip)} in ${[...splits.keys()].join(" and ")} (such as ` +
          `${JSON.stringify([...some][0])} and ${JSON.stringify([...others][0])})`,
        ]
        : [];
    });
    if (torn.length === 0) return;
    throw new RangeError(
      `${
        JSON.stringify(file)
      }: pictures that look like frames of one clip are in several splits, so ` +
        `that a detector would be measured on what it has seen: ${
          torn.slice(0, SHOWN).join("; ")
        }` +
        `${
          torn.length > SHOWN ? `; and ${torn.length - SHOWN} more` : ""
        }. Move each clip's frames into ` +
        'one split. If each picture stands for itself, write "group: none" into the description, or add ' +
        "--group none.",
    );
  }

  /** Tell what was assumed. */
  tell(onProblem: OnProblem): void {
    const clips = [...this.#pictures].filter(([, pictures]) => pictures > 1);
    if (clips.length === 0) return;
    const pictures = clips.reduce((sum, [, n]) => sum + n, 0);
    const named = clips.slice(0, SHOWN).map(([clip, n]) => `${JSON.stringify(clip)} (${n})`);
    const message =
      `${pictures} pictures are taken for frames of ${clips.length} clip${
        clips.length === 1 ? "" : "s"
      }, by their folders and running numbers: ${named.join(", ")}` +
      `${
        clips.length > SHOWN ? ", …" : ""
      }. A clip is in one split, and counts once. If each picture ` +
      'stands for itself, write "group: none" into a description, or add --group none; "group: folder" ' +
      'and "group: name" are the other rules.';
    onProblem({ kind: "assumed", path: clips[0]![0], message });
  }
}
