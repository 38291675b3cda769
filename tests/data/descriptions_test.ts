import assert from "node:assert/strict";
import { join } from "node:path";
import { READER_NAMES } from "lib/data/description_fields.ts";
import { parseDescription } from "lib/data/descriptions.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { inFolder } from "../in_folder.ts";

const DATA = join(import.meta.dirname!, "../../data");
const MINE = "name: mine\nreader: folders\nroot: pictures\n";
const parsed = (text: string, environment: Record<string, string> = {}) =>
  parseDescription(text, "/data/mine.yaml", (name) => environment[name]);

Deno.test("parseDescription fills in what is not said and makes paths absolute", () => {
  assert.deepEqual(parsed(MINE), {
    file: "/data/mine.yaml",
    name: "mine",
    reader: "folders",
    root: "/data/pictures",
    layout: "videos",
    compression: "c23",
    validation: 0,
    test: 0,
    split: "test",
    repair: false,
  });
  assert.equal(parsed("name: m\nreader: dfdc\nroot: /d\nsplits: ../lists").splits, "/lists");
});

Deno.test("parseDescription puts environment variables into root, or their default", () => {
  const text = "name: m\nreader: dfdc\nroot: ${DFDC:-dfdc}/train\n";
  assert.equal(parsed(text).root, "/data/dfdc/train");
  assert.equal(parsed(text, { DFDC: "/mnt/a b" }).root, "/mnt/a b/train");
  assert.throws(
    () => parsed("name: m\nreader: dfdc\nroot: ${DFDC}\n"),
    /line 3: the environment variable DFDC is not set/,
  );
});

Deno.test("parseDescription names file, line and key of what is wrong", () => {
  const cases: [string, RegExp][] = [
    [MINE + "\n# note\ncolour: red\n", /mine\.yaml", line 6: there is no key "colour"\. There are/],
    [MINE + "layout: film\n", /line 4: "layout" is videos, frames, not "film"/],
    [MINE + "validation: 0.9\n", /line 4: "validation" is a number from 0 to 0\.5, not 0\.9/],
    [MINE + "compression: c23\n", /line 4: "compression" means nothing to the reader folders/],
    [MINE + "split: val\n", /line 4: "split" is train, validation, test, not "val"/],
    ["name: m\nreader: folders\n", /the key "root" is missing/],
    ["name: m\nreader: ff\nroot: x\n", /line 2: "reader" is faceforensics, .*, not "ff"/],
    ["name: 7\nreader: csv\nroot: x\n", /line 1: "name" is a word or path, not 7/],
    [
      "name: m\nreader: faceforensics\nroot: x\nmethods: DF\n",
      /line 4: "methods" is a list such as/,
    ],
    [
      "name: m\nreader: official-lists\nroot: x\nrepair: yes\n",
      /line 4: "repair" is true or false/,
    ],
    ["name: [m\n", /is not YAML: .*line 2/],
    ["name: m\nname: n\n", /is not YAML: .*unique.*line 2/],
    ["- a\n", /holds no "key: value" lines/],
    ["", /holds no "key: value" lines/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parsed(text), (error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message.replaceAll("\n", " "), message);
      return true;
    });
  }
});

Deno.test("data/ holds a description for each benchmark, and none names a place on one machine", async () => {
  const names = [...Deno.readDirSync(DATA)].map(({ name }) => name).filter((name) =>
    name.endsWith(".yaml")
  ).sort();
  assert.deepEqual(
    names,
    [
      "celeb_df_v1.yaml",
      "celeb_df_v2.yaml",
      "deepfakebench.yaml",
      "dfdc.yaml",
      "dfdc_preview.yaml",
      "faceforensics.yaml",
      "own_folders.yaml",
      "own_list.yaml",
      "official_lists.yaml",
    ].sort(),
  );
  const readers = new Set<string>();
  for (const name of names) {
    const text = await Deno.readTextFile(join(DATA, name));
    const { reader, root } = parseDescription(text, join(DATA, name), () => undefined);
    assert.ok(root.startsWith(DATA), `${name}: ${root}`);
    readers.add(reader);
  }
  assert.deepEqual([...readers].sort(), [...READER_NAMES].sort());
});

Deno.test("openDataSet says how to get a data set that is not there", async () => {
  await inFolder(async (folder) => {
    const text = "name: m\nreader: celeb-df-v2\nroot: absent\n";
    await assert.rejects(
      openDataSet(parseDescription(text, join(folder, "m.yaml"))),
      /m\.yaml": root is ".*absent", and there is no such folder\..*Fill in the form/,
    );
  });
});
