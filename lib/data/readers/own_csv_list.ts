/**
 * A CSV of one's own: `path` and `label`, and of a manifest's other columns those that there are. A
 * manifest is such a CSV too. Where there is no column `video`, pictures are frames of one clip by the rule
 * `name` of frames_of_clips.ts, unless the description says another; where a column `identities` tells people
 * apart, those of different first people are of different clips.
 */
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { csvRows } from "lib/io/csv_rows.ts";
import { isVideoName } from "lib/media/file_endings.ts";
import type { Description } from "../descriptions.ts";
import type { VideoEntry } from "../data_set_entries.ts";
import { sampleOf } from "../manifest.ts";
import type { Sample, Split } from "../samples.ts";
import type { Facts, OnProblem, Reader } from "./data_set_reader.ts";
import { clipOf, ClipsOfPictures } from "./frames_of_clips.ts";
import { heldOut } from "./held_out.ts";

/** A CSV's paths are relative to its folder; entries' paths are below it too. */
function below(file: string, path: string): string {
  return isAbsolute(path) ? relative(dirname(file), path) : path;
}

/** Contradictions that a message shows; the rest is counted. */
const SHOWN = 5;

/** What one line says of something, which another line may contradict. */
class Sayings<Said> {
  #first = new Map<string, { said: Said; line: number }>();
  #against: string[] = [];

  /** Note down what a line says; `words` says it in a message. */
  add(name: string, said: Said, { line, words }: { line: number; words: (said: Said) => string }) {
    const before = this.#first.get(name);
    if (before === undefined) this.#first.set(name, { said, line });
    else if (before.said !== said) {
      this.#against.push(
        `${JSON.stringify(name)} ${words(before.said)} in line ${before.line} and ${
          words(said)
        } in ` +
          `line ${line}`,
      );
    }
  }

  /** @throws RangeError naming the first contradictions. */
  assertNone(file: string, remedy: string): void {
    const [against, n] = [this.#against.slice(0, SHOWN), this.#against.length];
    if (n === 0) return;
    throw new RangeError(
      `${JSON.stringify(file)}: ${against.join("; ")}${
        n > SHOWN ? `; and ${n - SHOWN} more` : ""
      }. ${remedy}`,
    );
  }
}

async function* read(description: Description, onProblem: OnProblem): AsyncGenerator<VideoEntry> {
  const { root: file, name, split, validation, test, group } = description;
  const labels = new Sayings<0 | 1>(), splits = new Sayings<Split>(), clips = new ClipsOfPictures();
  for await (const { line, cells } of csvRows(file, ["path", "label"])) {
    const path = cells.path!, own = below(file, path), isVideo = isVideoName(path);
    const clip = isVideo ? { video: own, frame: 0 } : clipOf(own, group ?? "name");
    const [person = ""] = cells.identities?.split("+") ?? [];
    const video = clip.video === own || person === "" ? clip.video : `${clip.video}/${person}`;
    const given = sampleOf(file, {
      line,
      cells: {
        dataset: name,
        method: cells.label === "0" ? "real" : "fake",
        video,
        split,
        frame: String(clip.frame),
        identities: "",
        mask: "",
        ...cells,
      },
    });
    const sample: Sample = cells.split !== undefined || split !== "train"
      ? given
      : { ...given, split: heldOut(given.identities[0] ?? given.video, { validation, test }) };
    // Two ways to write one path are one picture.
    const said = { line, words: (label: 0 | 1) => `has label ${label}` };
    labels.add(relative(dirname(file), resolve(dirname(file), path)), sample.label, said);
    if (cells.split === undefined) {
      splits.add(sample.video, sample.split, { line, words: (side) => `falls to ${side}` });
    }
    if (!isVideo && cells.video === undefined) {
      clips.add(own, { ...sample, assumed: group === undefined });
    }
    const shared = {
      label: sample.label,
      method: sample.method,
      split: sample.split,
      identities: sample.identities,
      ...(sample.mask === undefined ? {} : { mask: below(file, sample.mask) }),
    };
    if (isVideo) yield { kind: "video", video: own, ...shared };
    else {
      const whole = sample.video === path ? own : sample.video;
      yield { kind: "still", path: own, video: whole, frame: sample.frame, ...shared };
    }
  }
  labels.assertNone(
    file,
    "Label 0 is real and 1 is fake: correct the wrong line, or take both out.",
  );
  splits.assertNone(
    file,
    "One video is in one split, which follows its first identity: give all its rows the same one, or a " +
      "column split.",
  );
  clips.assertApart(description);
  clips.tell(onProblem);
}

function facts({ root }: Description): Facts {
  return { published: [], obtain: `It is your own list: ${JSON.stringify(join(root))}.` };
}

/** Reads a CSV of paths. */
export const CSV_LIST: Reader = { read, facts };
