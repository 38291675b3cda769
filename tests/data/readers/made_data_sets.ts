/** Miniature copies of the published layouts, with a few bytes in place of each video. */

import { dirname, join } from "node:path";
import { type Description, parseDescription } from "lib/data/descriptions.ts";
import type { VideoEntry } from "lib/data/data_set_entries.ts";
import type { ReadProblem } from "lib/data/readers/data_set_reader.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";

/** Writes files by path; content defaults to the path itself, so that no two are the same. */
export async function writeFiles(
  root: string,
  files: readonly string[] | Readonly<Record<string, string>>,
): Promise<void> {
  const contents: [string, string][] = Array.isArray(files)
    ? files.map((path) => [path, path])
    : Object.entries(files);
  for (const [path, content] of contents) {
    await Deno.mkdir(dirname(join(root, path)), { recursive: true });
    await Deno.writeTextFile(join(root, path), content);
  }
}

/** A description as a YAML file in the root would give it. */
export function described(
  root: string,
  fields: Partial<Record<keyof Description, unknown>>,
): Description {
  const text = JSON.stringify({ name: "made", root, ...fields }); // JSON is YAML
  return parseDescription(text, join(root, "made.yaml"));
}

/** All that a reader gives. */
export async function readAll(
  description: Description,
): Promise<{ entries: VideoEntry[]; problems: ReadProblem[] }> {
  const problems: ReadProblem[] = [];
  const dataSet = await openDataSet(description);
  const entries = await Array.fromAsync(dataSet.entries((problem) => problems.push(problem)));
  return { entries, problems };
}

/** "kind path" of each problem. */
export const told = (problems: readonly ReadProblem[]): string[] =>
  problems.map(({ kind, path }) => `${kind} ${path}`);

/** Two training pairs, one validation pair, one test pair. */
export const PAIRS: Readonly<Record<string, string>> = {
  "splits/train.json": '[["071","054"],["087","081"]]',
  "splits/val.json": '[["720","672"]]',
  "splits/test.json": '[["953","974"]]',
};

const IDS = ["071", "054", "087", "081", "720", "672", "953", "974"];
const FAKES = IDS.flatMap((id, i) =>
  i % 2 === 0 ? [`${id}_${IDS[i + 1]}`, `${IDS[i + 1]}_${id}`] : []
);
const FOLDERS = ["Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures"];

/** FaceForensics++ with 8 originals and 8 fakes of each of four methods. */
export async function makeFaceForensics(
  root: string,
  { compression = "c23", folders = FOLDERS }: { compression?: string; folders?: string[] } = {},
): Promise<void> {
  await writeFiles(root, PAIRS);
  const videos = (place: string, names: string[]) =>
    names.map((name) => `${place}/${compression}/videos/${name}.mp4`);
  await writeFiles(root, videos("original_sequences/youtube", IDS));
  for (const folder of folders) {
    await writeFiles(root, videos(`manipulated_sequences/${folder}`, FAKES));
  }
}

/** Celeb-DF: 5 real, 3 fake, of which one of each is in the test list (1 real, 0 fake). */
export async function makeCelebDf(root: string): Promise<void> {
  await writeFiles(root, [
    "Celeb-real/id0_0000.mp4",
    "Celeb-real/id1_0000.mp4",
    "Celeb-real/id1_0001.mp4",
    "YouTube-real/00000.mp4",
    "YouTube-real/00170.mp4",
    "Celeb-synthesis/id0_id1_0000.mp4",
    "Celeb-synthesis/id1_id0_0000.mp4",
    "Celeb-synthesis/id1_id0_0001.mp4",
  ]);
  await writeFiles(root, {
    "List_of_testing_videos.txt": "1 YouTube-real/00170.mp4\n" +
      "0 Celeb-synthesis/id1_id0_0001.mp4\n1 Celeb-real/id1_0001.mp4\n",
  });
}

/** DFDC-Preview: two real, one fake of each method. */
export async function makeDfdcPreview(root: string): Promise<void> {
  const list = {
    "original_videos/1224068/1224068_A_001.mp4": {
      label: "real",
      set: "train",
      target_id: "1224068",
    },
    "original_videos/643545/643545_K_000.mp4": { label: "real", set: "test", target_id: "643545" },
    "method_A/1224068/1224068_A_001_0.mp4": {
      label: "fake",
      set: "train",
      target_id: "1224068",
      swapped_id: "2040724",
      augmentations: [],
    },
    "method_B/643545/643545_K_000_0.mp4": {
      label: "fake",
      set: "test",
      target_id: "643545",
      swapped_id: "1443562",
    },
  };
  await writeFiles(root, Object.keys(list));
  await writeFiles(root, { "dataset.json": JSON.stringify(list) });
}

/** DFDC: two training parts, validation and test with labels.csv. */
export async function makeDfdc(root: string): Promise<void> {
  for (const part of [0, 10]) {
    const folder = `train/dfdc_train_part_${part}`;
    await writeFiles(root, [`${folder}/real${part}.mp4`, `${folder}/fake${part}.mp4`]);
    await writeFiles(root, {
      [`${folder}/metadata.json`]: JSON.stringify({
        [`fake${part}.mp4`]: { label: "FAKE", split: "train", original: `real${part}.mp4` },
        [`real${part}.mp4`]: { label: "REAL", split: "train" },
      }),
    });
  }
  await writeFiles(root, ["validation/v0.mp4", "validation/v1.mp4", "test/t0.mp4", "test/t1.mp4"]);
  await writeFiles(root, {
    "validation/labels.csv": "filename,label\nv0.mp4,0\nv1.mp4,1\n",
    "test/labels.csv": "filename,label\nt0.mp4,0\nt1.mp4,1\n",
  });
}
