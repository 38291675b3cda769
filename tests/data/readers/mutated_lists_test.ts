/** Lists and indices of every reader, broken in every way: findings or a RangeError, never a fault of ours. */

import assert from "node:assert/strict";
import { basename, join } from "node:path";
import fc from "fast-check";
import type { Description } from "lib/data/descriptions.ts";
import { inFolder } from "../../in_folder.ts";
import {
  described,
  makeCelebDf,
  makeDfdc,
  makeDfdcPreview,
  makeFaceForensics,
  readAll,
  writeFiles,
} from "./made_data_sets.ts";

interface Case {
  readonly make: (root: string) => Promise<void>;
  readonly fields: Partial<Record<keyof Description, unknown>>;
  /** Lists that are broken, below the root. */
  readonly lists: readonly string[];
}

const CASES: readonly Case[] = [
  {
    make: (root) => makeFaceForensics(root, { folders: ["FaceSwap"] }),
    fields: { reader: "faceforensics", methods: ["FS"] },
    lists: ["splits/train.json", "splits/test.json"],
  },
  { make: makeCelebDf, fields: { reader: "celeb-df-v2" }, lists: ["List_of_testing_videos.txt"] },
  { make: makeDfdcPreview, fields: { reader: "dfdc-preview" }, lists: ["dataset.json"] },
  {
    make: makeDfdc,
    fields: { reader: "dfdc" },
    lists: ["train/dfdc_train_part_0/metadata.json", "test/labels.csv"],
  },
  {
    make: (root) =>
      writeFiles(root, {
        "UADFV.json": JSON.stringify({
          UADFV: {
            UADFV_Fake: {
              test: { a: { label: "UADFV_Fake", frames: ["UADFV/fake/frames/a/0.png"] } },
            },
            "FF-DF": { train: { c23: { b: { frames: ["x/0.png"], masks: ["y/0.png"] } } } },
          },
        }),
      }),
    fields: { reader: "deepfakebench-json" },
    lists: ["UADFV.json"],
  },
  {
    make: (root) =>
      writeFiles(root, {
        "train_real.txt": "0,original_sequences/youtube/c23/000.mp4,1\n",
        "test_fake.txt": "1,manipulated_sequences/Face2Face/c23/000_100.mp4,1\n",
      }),
    fields: { reader: "official-lists" },
    lists: ["train_real.txt", "test_fake.txt"],
  },
  {
    make: (root) =>
      writeFiles(root, {
        "list.csv":
          "path,label,split,video,frame,identities\na.png,0,train,v,1,x+y\nb.png,1,test,w,2,z\n",
      }),
    fields: { reader: "csv" },
    lists: ["list.csv"],
  },
];

const WRONG: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, "", "x", "\0", "../..", [], [null], [[]], {}, { frames: null }],
  ...[{ frames: [1] }, { label: null }, { label: [], set: {} }, { constructor: 1 }],
];

/** The value with one part of it, at any level, replaced, renamed or left out. */
function mutated(value: unknown, at: number, wrong: unknown): unknown {
  let seen = 0;
  const walk = (part: unknown): unknown => {
    if (seen++ === at) return wrong;
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== "object" || part === null) return part;
    const items = Object.entries(part).map(([key, inner]) => {
      const name = seen++ === at ? typeof wrong === "string" ? wrong : "constructor" : key;
      return [name, walk(inner)];
    });
    return Object.fromEntries(items);
  };
  return walk(value);
}

/** A list's bytes, broken in one way. */
function broken(text: string, isJson: boolean): fc.Arbitrary<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const place = fc.nat(Math.max(0, bytes.length - 1));
  const utf16 = new Uint8Array(
    new Uint16Array([0xfeff, ...[...text].map((c) => c.charCodeAt(0))]).buffer,
  );
  const anyways = [
    place.map((end) => bytes.slice(0, end)), // cut short
    fc.tuple(place, fc.nat(255)).map(([at, byte]) => bytes.with(at, byte)), // one byte is another
    fc.tuple(place, place).map(([at, to]) =>
      bytes.slice().fill(0, Math.min(at, to), Math.max(at, to))
    ),
    fc.constant(utf16),
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom("null", "[]", "{}", "0", '"x"', "[[]]", "\ufeff", ";\n", "path;label\n").map((
      other,
    ) => new TextEncoder().encode(other)),
  ];
  if (!isJson) {
    const cells = fc.tuple(
      place,
      fc.constantFrom(",", "\n", '"', "\0", ";", "1e999", "constructor"),
    );
    const put = cells.map(([at, word]) =>
      new TextEncoder().encode(text.slice(0, at) + word + text.slice(at))
    );
    return fc.oneof(...anyways, put, put);
  }
  const value: unknown = JSON.parse(text);
  const inside = fc.tuple(fc.nat(40), fc.constantFrom(...WRONG)).map(([at, wrong]) =>
    new TextEncoder().encode(JSON.stringify(mutated(value, at, wrong)) ?? "null")
  );
  return fc.oneof(...anyways, inside, inside, inside, inside);
}

for (const { make, fields, lists } of CASES) {
  Deno.test(`${fields.reader}: a broken list ends in findings or in a RangeError that names it`, async () => {
    await inFolder(async (root) => {
      await make(root);
      const place = fields.reader === "csv" ? join(root, "list.csv") : root;
      for (const list of lists) {
        const path = join(root, list), text = await Deno.readTextFile(path);
        const check = fc.asyncProperty(broken(text, list.endsWith(".json")), async (bytes) => {
          await Deno.writeFile(path, bytes);
          try {
            for (const { message } of (await readAll(described(place, fields))).problems) {
              assert.doesNotMatch(message, /os error/);
            }
          } catch (error) {
            assert.ok(error instanceof RangeError, String((error as Error).stack));
            assert.doesNotMatch(error.message, /os error/);
            assert.ok(
              error.message.includes(basename(list)) || error.message.includes(root),
              error.message,
            );
          }
        });
        await fc.assert(check, { numRuns: 150 });
        await Deno.remove(path);
        await Deno.mkdir(path); // a folder by the list's name
        await readAll(described(place, fields)).catch((error: Error) => {
          assert.ok(error instanceof RangeError, String(error.stack));
          assert.doesNotMatch(error.message, /os error/);
        });
        await Deno.remove(path);
        await Deno.writeTextFile(path, text);
      }
    });
  });
}

Deno.test("DFDC: an item that is null, a list or a number is told, and the others are read", async () => {
  await inFolder(async (root) => {
    await makeDfdc(root);
    const path = join(root, "train/dfdc_train_part_0/metadata.json");
    for (const wrong of ["null", "[]", "5", '"REAL"', "{}"]) {
      await Deno.writeTextFile(path, `{"real0.mp4": {"label": "REAL"}, "fake0.mp4": ${wrong}}`);
      const { entries, problems } = await readAll(described(root, { reader: "dfdc" }));
      assert.ok(entries.some(({ video }) => video.endsWith("real0.mp4")));
      const [first] = problems;
      if (wrong === '"REAL"') continue;
      assert.match(
        `${first!.kind} ${first!.path}: ${first!.message}`,
        /malformed .*metadata\.json, "fake0\.mp4": .*neither REAL/,
      );
    }
  });
});
