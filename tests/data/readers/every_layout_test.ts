/** Miniature copies of all layouts, with real films and pictures, go the whole way to a manifest. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { auditDataSet } from "lib/data/audit/audit_data_set.ts";
import { Ledger } from "lib/data/audit/audit_ledger.ts";
import type { Description } from "lib/data/descriptions.ts";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { readImage } from "lib/media/image.ts";
import { manifestRows } from "lib/data/manifest.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { Preparation } from "lib/data/prepare.ts";
import { PREPARE_SETTINGS } from "lib/data/prepare/prepare_settings.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { videoFrames } from "lib/media/video.ts";
import { writeImage } from "lib/media/write_image.ts";
import { inFolder } from "../../in_folder.ts";
import { runFfmpeg } from "../../media/made_clips.ts";
import {
  described,
  makeCelebDf,
  makeDfdc,
  makeDfdcPreview,
  makeFaceForensics,
  writeFiles,
} from "./made_data_sets.ts";

/** A film of two frames and a picture, small and with a face. */
interface Filmed {
  readonly film: Uint8Array;
  readonly picture: Uint8Array;
}

async function filmed(): Promise<Filmed> {
  const folder = await Deno.makeTempDir();
  try {
    const [film, picture] = [join(folder, "a.mp4"), join(folder, "a.jpg")];
    await runFfmpeg(
      ...["-loop", "1", "-i", demoPhotographs()[4]!, "-vf", "scale=480:-2"],
      ...["-frames:v", "2", film],
    );
    for await (const { image } of videoFrames(film, { choose: { every: 2 } })) {
      await writeImage(picture, image);
    }
    return { film: await Deno.readFile(film), picture: await Deno.readFile(picture) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The same film or picture in other bytes: nothing is a duplicate, everything can be decoded. */
function unique(bytes: Uint8Array, name: string): Uint8Array {
  const text = new TextEncoder().encode(name);
  if (bytes[0] === 0xff) { // JPEG: a comment after the first marker
    const comment = [0xff, 0xfe, 0, text.length + 2, ...text];
    return new Uint8Array([...bytes.slice(0, 2), ...comment, ...bytes.slice(2)]);
  }
  const free = [0, 0, 0, text.length + 8, ...new TextEncoder().encode("free"), ...text];
  return new Uint8Array([...bytes, ...free]);
}

/** Puts real films and pictures in the place of a made data set's. */
async function fill(root: string, { film, picture }: Filmed): Promise<void> {
  for await (const entry of Deno.readDir(root)) {
    const path = join(root, entry.name);
    if (entry.isDirectory) await fill(path, { film, picture });
    else if (/\.(mp4|png)$/.test(entry.name)) {
      const bytes = entry.name.endsWith(".mp4") ? film : picture; // contents decide, not names
      await Deno.writeFile(path, unique(bytes, path.slice(-100)));
    }
  }
}

/** Each video of a made data set as a folder of two frames, beside its other files. */
async function asFrames(root: string, folderOf: (video: string) => string): Promise<void> {
  const videos: string[] = [];
  const look = async (below: string) => {
    for await (const { name, isDirectory } of Deno.readDir(join(root, below))) {
      const path = join(below, name);
      if (isDirectory) await look(path);
      else if (name.endsWith(".mp4")) videos.push(path);
    }
  };
  await look("");
  for (const video of videos) {
    const folder = folderOf(video.replace(/\.mp4$/, ""));
    await writeFiles(root, [`${folder}/000.png`, `${folder}/011.png`]);
    await Deno.remove(join(root, video));
  }
}

const lastFolderAs = (name: string) => (video: string) =>
  join(dirname(video), name, video.split("/").at(-1)!);
const topFolderWith = (name: string) => (video: string) =>
  join(video.split("/")[0]!, name, video.split("/").at(-1)!);

interface Layout {
  readonly name: string;
  readonly make: (root: string) => Promise<void>;
  readonly fields: Partial<Record<keyof Description, unknown>>;
  /** Videos, folders of frames or stills. */
  readonly entries: number;
  /** Rows of the manifest: one face a frame, one frame a film. */
  readonly crops: number;
}

const FEW = { folders: ["FaceSwap"] };

const LAYOUTS: readonly Layout[] = [
  {
    name: "FaceForensics++",
    make: (root) => makeFaceForensics(root, FEW),
    fields: { reader: "faceforensics", methods: ["FS"] },
    entries: 16,
    crops: 16,
  },
  {
    name: "FaceForensics++ as frames",
    make: async (root) => {
      await makeFaceForensics(root, FEW);
      await asFrames(root, (video) => video.replace("/videos/", "/frames/"));
    },
    fields: { reader: "faceforensics", methods: ["FS"], layout: "frames" },
    entries: 16,
    crops: 16,
  },
  {
    name: "Celeb-DF v1",
    make: makeCelebDf,
    fields: { reader: "celeb-df-v1" },
    entries: 8,
    crops: 8,
  },
  {
    name: "Celeb-DF v2 as frames",
    make: async (root) => {
      await makeCelebDf(root);
      await asFrames(root, lastFolderAs("frames"));
    },
    fields: { reader: "celeb-df-v2", layout: "frames", validation: 0.2 },
    entries: 8,
    crops: 8,
  },
  {
    name: "DFDC-Preview",
    make: makeDfdcPreview,
    fields: { reader: "dfdc-preview" },
    entries: 4,
    crops: 4,
  },
  {
    name: "DFDC-Preview as frames",
    make: async (root) => {
      await makeDfdcPreview(root);
      await asFrames(root, topFolderWith("frames"));
    },
    fields: { reader: "dfdc-preview", layout: "frames" },
    entries: 4,
    crops: 4,
  },
  { name: "DFDC", make: makeDfdc, fields: { reader: "dfdc" }, entries: 8, crops: 8 },
  {
    name: "DFDC as frames",
    make: async (root) => {
      await makeDfdc(root);
      await asFrames(root, lastFolderAs("frames"));
    },
    fields: { reader: "dfdc", layout: "frames" },
    entries: 8,
    crops: 8,
  },
  {
    name: "DeepfakeBench's JSON",
    make: async (root) => {
      const video = "UADFV/fake/frames/0000_fake";
      const frames = [`${video}/000.png`, `${video}/011.png`];
      await writeFiles(root, frames);
      const index = { "0000_fake": { label: "UADFV_Fake", frames } };
      await writeFiles(root, {
        "UADFV.json": JSON.stringify({ UADFV: { UADFV_Fake: { test: index } } }),
      });
    },
    fields: { reader: "deepfakebench-json" },
    entries: 2,
    crops: 1,
  },
  {
    name: "the official lists",
    make: async (root) => {
      const lists = ["train", "val", "test"].flatMap((split, i) =>
        (["real", "fake"] as const).map((kind, label) => {
          const video = label === 0
            ? `original_sequences/youtube/c23/00${i}.mp4`
            : `manipulated_sequences/Face2Face/c23/00${i}_10${i}.mp4`;
          return { list: `${split}_${kind}.txt`, line: `${label},FF++/${video},1\n`, video };
        })
      );
      await writeFiles(root, Object.fromEntries(lists.map(({ list, line }) => [list, line])));
      await writeFiles(root, lists.map(({ video }) => `${video}/000.png`));
    },
    fields: { reader: "official-lists" },
    entries: 6,
    crops: 6,
  },
  {
    name: "own folders",
    make: (root) => writeFiles(root, ["real/a.png", "real/b.mp4", 'fake/DF/c, "d"\n日本.png']),
    fields: { reader: "folders" },
    entries: 3,
    crops: 3,
  },
];

const FILMED = await filmed();

Deno.test("the film of these tests shows faces", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.jpg");
    await Deno.writeFile(path, unique(FILMED.picture, "a"));
    await using detector = await openFaceDetector({ threads: 1 });
    assert.ok((await detectFaces(await readImage(path), detector)).length > 0);
  });
});

for (const { name, make, fields, entries, crops } of LAYOUTS) {
  Deno.test(`${name}: a miniature copy is read, doctored without a fault, and prepared`, async () => {
    await inFolder(async (folder) => {
      const root = join(folder, "data"), out = join(folder, "out");
      await Deno.mkdir(root);
      await make(root);
      await fill(root, FILMED);
      const dataSet = await openDataSet(described(root, fields));

      using ledger = await Ledger.open();
      await auditDataSet(dataSet, ledger);
      assert.equal(ledger.entries, entries);
      const faults = [...ledger.findings()].filter(({ kind }) =>
        !["missing", "sharedIdentity", "oneClass", "noTraining"].includes(kind) // few videos; Celeb-DF's own lists
      );
      assert.deepEqual(faults, []);

      await using preparation = await Preparation.open(dataSet, {
        folder: out,
        settings: { ...PREPARE_SETTINGS, size: 32, choose: { spread: 1 } },
      });
      for await (const unit of preparation.run()) assert.equal(unit.failed, false);
      const summary = await preparation.join();
      assert.deepEqual([summary.crops, summary.withoutFace, summary.problems], [crops, 0, 0]);
      let rows = 0;
      for await (const { path, video } of manifestRows(join(out, "manifest.csv"))) {
        rows++;
        assert.ok((await Deno.stat(join(out, path))).size > 0, video);
      }
      assert.equal(rows, crops);
    });
  });
}
