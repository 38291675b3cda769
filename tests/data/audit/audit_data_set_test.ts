import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Audit, auditDataSet } from "lib/data/audit/audit_data_set.ts";
import type { AuditOptions } from "lib/data/audit/audit_options.ts";
import type { Finding } from "lib/data/audit/audit_finding.ts";
import { type CountRow, Ledger } from "lib/data/audit/audit_ledger.ts";
import type { Description } from "lib/data/descriptions.ts";
import type { VideoEntry } from "lib/data/data_set_entries.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { type DataSet, openDataSet } from "lib/data/readers/open_data_set.ts";
import { writeImage } from "lib/media/write_image.ts";
import { inFolder } from "../../in_folder.ts";
import { countingClip } from "../../media/made_clips.ts";
import {
  described,
  makeCelebDf,
  makeFaceForensics,
  writeFiles,
} from "../readers/made_data_sets.ts";

interface Seen {
  audit: Audit;
  findings: Finding[];
  counts: CountRow[];
  /** "severity kind path". */
  told: string[];
}

async function audited(dataSet: DataSet, options: AuditOptions = {}): Promise<Seen> {
  using ledger = await Ledger.open();
  const audit = await auditDataSet(dataSet, ledger, options);
  // Most sets of these tests are of one class; what they can be used for has a test of its own.
  const findings = [...ledger.findings()].filter(({ kind }) => !/oneClass|noTraining/.test(kind));
  const told = findings.map(({ severity, kind, path }) => `${severity} ${kind} ${path}`);
  return { audit, findings, counts: ledger.counts(), told };
}

const audit = async (description: Description, options?: AuditOptions) =>
  await audited(await openDataSet(description), options);

/** A flat picture whose grey depends on `seed`, so that two of them differ. */
async function picture(path: string, seed: number): Promise<void> {
  const data = new Uint8Array(16 * 16 * 3).map((_, i) => (i * seed) % 251);
  await writeImage(path, { data, width: 16, height: 16 });
}

Deno.test("auditDataSet counts what is there against what the publisher states", async () => {
  await inFolder(async (root) => {
    await makeFaceForensics(root);
    const { audit: { comparisons }, told, counts, findings } = await audit(
      described(root, { reader: "faceforensics" }),
      { depth: "nothing" },
    );
    assert.equal(counts.length, 15);
    assert.deepEqual(counts.find(({ method, split }) => method === "NT" && split === "train"), {
      label: 1,
      method: "NT",
      split: "train",
      videos: 4,
      entries: 4,
      bytes: 4 * "manipulated_sequences/NeuralTextures/c23/videos/071_054.mp4".length,
    });
    assert.equal(comparisons.length, 15);
    assert.deepEqual([comparisons[0]!.found, comparisons[0]!.videos], [4, 720]);
    assert.equal(told.length, 15);
    assert.ok(told.includes("problem missing FS, test"));
    assert.match(findings[0]!.message, /^4 videos, the publisher states 720 \(.*README.*Fill in/);
  });
});

Deno.test("auditDataSet finds nothing wrong with a FaceForensics++ of the published size", async () => {
  await inFolder(async (root) => {
    const splits = join(import.meta.dirname!, "../../../data/splits/faceforensics");
    for (const name of ["train", "val", "test"]) {
      const pairs = JSON.parse(await Deno.readTextFile(join(splits, `${name}.json`))) as string[][];
      const fakes = pairs.flatMap(([a, b]) => [`${a}_${b}`, `${b}_${a}`]);
      const place = (folder: string) => (video: string) => `${folder}/c23/videos/${video}.mp4`;
      await writeFiles(root, [
        ...pairs.flat().map(place("original_sequences/youtube")),
        ...fakes.map(place("manipulated_sequences/Deepfakes")),
        ...fakes.map(place("manipulated_sequences/NeuralTextures")),
      ]);
    }
    const description = described(root, { reader: "faceforensics", methods: ["DF", "NT"], splits });
    const { audit: { comparisons }, told } = await audit(description, { depth: "nothing" });
    assert.deepEqual(told, []);
    assert.equal(comparisons.length, 9);
    assert.ok(comparisons.every(({ found, videos }) => found === videos));
  });
});

Deno.test("auditDataSet finds nothing wrong with whole videos, and says what is broken in others", async () => {
  await inFolder(async (root) => {
    await makeCelebDf(root);
    const dataSet = await openDataSet(described(root, { reader: "celeb-df-v2" }));
    const clip = join(root, "clip.mp4");
    await countingClip(clip, 3);
    const bytes = await Deno.readFile(clip);
    const write = (path: string, part: Uint8Array) => Deno.writeFile(join(root, path), part);
    let n = 0;
    for await (const { video } of dataSet.entries(() => assert.fail())) {
      const free = new Uint8Array([0, 0, 0, 9, ...new TextEncoder().encode("free"), n++]);
      await write(video, new Uint8Array([...bytes, ...free])); // the same film in other bytes
    }
    const stated = (told: string[]) => told.filter((line) => !/ missing /.test(line));
    const whole = await audited(dataSet);
    assert.deepEqual(stated(whole.told), [
      "note sharedIdentity id0",
      "note sharedIdentity id1",
    ]);
    assert.match(
      whole.findings[0]!.message,
      /^is in (train,test|test,train) \(\d videos\)\. Celeb-DF's test list was made by video/,
    );

    await write("Celeb-real/id0_0000.mp4", bytes.slice(0, bytes.length / 2));
    await write("Celeb-real/id1_0000.mp4", new Uint8Array());
    await write("YouTube-real/00000.mp4", new TextEncoder().encode("not a video"));
    const broken = await audited(dataSet, { parallel: 1 });
    assert.deepEqual(stated(broken.told).slice(0, 3), [
      "problem undecodable Celeb-real/id0_0000.mp4",
      "problem empty Celeb-real/id1_0000.mp4",
      "problem undecodable YouTube-real/00000.mp4",
    ]);
    assert.match(broken.findings[0]!.message, /cut short/);
    // Damage that leaves the file's structure whole shows when all frames are decoded.
    const damaged = bytes.slice();
    const content = new TextDecoder("latin1").decode(bytes).indexOf("mdat") + 8;
    damaged.fill(0x55, content + 1000, content + 3000);
    await write("YouTube-real/00000.mp4", damaged);
    const all = await audited(dataSet, { depth: "all", parallel: 1 });
    assert.ok(all.told.includes("warning damaged YouTube-real/00000.mp4"), all.told.join("\n"));
  });
});

Deno.test("auditDataSet decodes pictures: text called .png, no bytes, a cut JPEG, odd names", async () => {
  await inFolder(async (root) => {
    const odd = "a \"b\", 'c'\n日本.png";
    await Deno.mkdir(join(root, "real"));
    await Deno.mkdir(join(root, "fake"));
    await picture(join(root, "real", odd), 3);
    await picture(join(root, "fake/b.jpg"), 5);
    const jpeg = await Deno.readFile(demoPhotographs()[0]);
    await Deno.writeFile(join(root, "fake/cut.jpg"), jpeg.slice(0, 40_000));
    await writeFiles(root, { "fake/text.png": "no picture", "fake/zero.png": "" });
    const { told, findings } = await audit(described(root, { reader: "folders" }), { parallel: 1 });
    assert.deepEqual(told, [
      "problem undecodable fake/cut.jpg",
      "problem undecodable fake/text.png",
      "problem empty fake/zero.png",
    ]);
    assert.match(findings[0]!.message, /^its pixels cannot be decoded.*cut short/);
    assert.match(findings[1]!.message, /^its contents are not a picture in a known format/);
    const fast = await audit(described(root, { reader: "folders" }), { depth: "nothing" });
    assert.deepEqual(fast.told, ["problem empty fake/zero.png"]);
  });
});

Deno.test("auditDataSet looks into folders of frames: none, too few, broken ones, masks", async () => {
  await inFolder(async (root) => {
    const c23 = "manipulated_sequences/FaceSwap/c23";
    await writeFiles(root, {
      "test_fake.txt": `1,${c23}/953_974.mp4,3\n1,${c23}/974_953.mp4,1\n1,${c23}/012_026.mp4,1\n`,
      [`${c23}/974_953.mp4/notes.txt`]: "no picture",
      [`${c23}/012_026.mp4/000.png`]: "no picture either",
    });
    await Deno.mkdir(join(root, c23, "953_974.mp4"));
    await picture(join(root, c23, "953_974.mp4/000.png"), 3);
    await picture(join(root, c23, "953_974.mp4/005.png"), 5);
    const { told } = await audit(described(root, { reader: "official-lists" }), { parallel: 1 });
    assert.deepEqual(told.filter((line) => !/ (missing|absent) /.test(line)), [
      `warning fewFrames ${c23}/953_974.mp4`,
      `problem empty ${c23}/974_953.mp4`,
      `problem undecodable ${c23}/012_026.mp4/000.png`,
    ]);
    await writeFiles(root, {
      "list.csv": `path,label,mask\n${c23}/953_974.mp4/000.png,1,absent.png\n` +
        `${c23}/953_974.mp4/005.png,1,${c23}/012_026.mp4/000.png\nnowhere.png,0,\n`,
    });
    const list = await audit(described(join(root, "list.csv"), { reader: "csv" }), { parallel: 1 });
    assert.deepEqual(list.told, [
      `note assumed ${c23}/953_974.mp4`, // 000.png and 005.png of one folder
      "problem noMask absent.png",
      `problem noMask ${c23}/012_026.mp4/000.png`,
      "problem absent nowhere.png",
    ]);
  });
});

Deno.test("auditDataSet finds the same contents under two names: a problem across labels or splits", async () => {
  await inFolder(async (root) => {
    for (const place of ["train/real", "train/fake", "test/real"]) {
      await Deno.mkdir(join(root, place), { recursive: true });
    }
    await picture(join(root, "train/real/a.png"), 3);
    await Deno.copyFile(join(root, "train/real/a.png"), join(root, "test/real/b.png"));
    await picture(join(root, "train/fake/c.png"), 5);
    await Deno.copyFile(join(root, "train/fake/c.png"), join(root, "train/fake/d.png"));
    const { told, findings } = await audit(described(root, { reader: "folders" }));
    assert.deepEqual(told, [
      "problem duplicate test/real/b.png",
      "warning duplicate train/fake/c.png",
    ]);
    assert.match(
      findings[0]!.message,
      /train\/real\/a\.png \(2 in all, label 0, (train,test|test,train)\)/,
    );
  });
});

Deno.test("auditDataSet finds videos and identities in several splits", async () => {
  await inFolder(async (root) => {
    const file = join(root, "list.csv");
    for (const [seed, name] of ["a", "b", "c", "d"].entries()) {
      await picture(join(root, `${name}.png`), seed + 3);
    }
    await writeFiles(root, {
      "list.csv": "path,label,video,split,identities\n" +
        "a.png,0,v1,train,1\nb.png,0,v1,test,1\nc.png,1,v2,validation,2+3\nd.png,1,v3,train,3\n",
    });
    const { told, findings } = await audit(described(file, { reader: "csv" }));
    assert.deepEqual(told, [
      "problem sharedVideo v1",
      "problem sharedIdentity 1",
      "problem sharedIdentity 3",
    ]);
    assert.match(findings[2]!.message, /validation.*\(2 videos\).*too hopeful/);
  });
});

Deno.test("auditDataSet notes down a list that cannot be read on, and keeps what came before", async () => {
  await inFolder(async (root) => {
    await picture(join(root, "a.png"), 3);
    await writeFiles(root, { "list.csv": "path,label\na.png,0\nb.png,2\n" });
    const description = described(join(root, "list.csv"), { reader: "csv" });
    const { told, findings, counts } = await audit(description);
    assert.deepEqual(told.map((line) => line.split(" ")[1]), ["unreadableDataSet"]);
    assert.match(findings[0]!.message, /line 3, column "label": "2"/);
    assert.equal(counts[0]!.entries, 1);
  });
});

Deno.test("auditDataSet says what a data set cannot be used for: one class, nothing to train on", async () => {
  await inFolder(async (root) => {
    let seed = 3;
    const uses = async (files: string[], fields = {}) => {
      for (const file of files) {
        await Deno.mkdir(join(root, dirname(file)), { recursive: true });
        await picture(join(root, file), seed++);
      }
      using ledger = await Ledger.open();
      await auditDataSet(
        await openDataSet(described(root, { reader: "folders", ...fields })),
        ledger,
      );
      return [...ledger.findings()].map(({ severity, kind, message }) =>
        `${severity} ${kind}: ${message}`
      );
    };
    const [fakes, ...rest] = await uses(["fake/a.png"]);
    assert.deepEqual(rest, []);
    assert.match(fakes!, /^problem oneClass: There is nothing real in it/);
    const [tests] = await uses(["real/b.png"]);
    assert.match(
      tests!,
      /^note noTraining: .*all 2 are for test\. .*"split: train" and "validation: 0\.1"/,
    );
    assert.deepEqual(await uses([], { split: "train" }), []);
  });
});

Deno.test("auditDataSet looks for faces in a sample spread over the data set", async () => {
  await inFolder(async (root) => {
    await Deno.mkdir(join(root, "real"));
    await Deno.copyFile(demoPhotographs()[4], join(root, "real/a.jpg"));
    await picture(join(root, "real/b.png"), 3);
    await picture(join(root, "real/c.png"), 5);
    const { audit: { faces }, told } = await audit(described(root, { reader: "folders" }), {
      faces: 2,
    });
    assert.deepEqual(faces, { looked: 2, found: 1 });
    assert.deepEqual(told, ["warning noFace real/b.png"]);
  });
});

Deno.test("auditDataSet repeats what prepare reported when it made the manifest", async () => {
  await inFolder(async (root) => {
    await picture(join(root, "a.png"), 3);
    await writeFiles(root, {
      "manifest.csv": "path,label,video\na.png,0,real/a.mp4\n",
      "report.csv": "video,label,method,split,frame,what,detail\n" +
        "real/a.mp4,0,real,test,5,no face,\nreal/a.mp4,0,real,test,10,no face,\n" +
        '"real/b, c.mp4",0,real,test,,no face in any frame,9 pictures were looked at\n' +
        "fake/d.mp4,1,DF,test,,unreadable,the file is empty\n",
    });
    const { told, findings } = await audit(
      described(join(root, "manifest.csv"), { reader: "csv" }),
    );
    assert.deepEqual(told, [
      "warning noFace real/b, c.mp4",
      "warning notPrepared fake/d.mp4",
      "note noFace ",
    ]);
    assert.match(findings[0]!.message, /no face in any frame\. 9 pictures were looked at/);
    assert.match(findings[2]!.message, /^2 frames without a face/);
  });
});

/** A data set that exists only as entries. */
function imagined(count: number): DataSet {
  const description = described("/", { reader: "folders" });
  return {
    name: "imagined",
    root: "/",
    description,
    facts: { published: [], obtain: "" },
    async *entries(): AsyncGenerator<VideoEntry> {
      for (let i = 0; i < count; i++) {
        const video = `${"a/long/folder/".repeat(8)}${i >> 5}`;
        const path = `${video}/${i}.png`;
        const split = i % 3 === 0 ? "test" : "train";
        const identities = [`person ${i % 1000}`];
        yield { kind: "still", video, path, frame: i, label: 1, method: "DF", split, identities };
      }
      await Promise.resolve();
    },
  };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

Deno.test("auditDataSet's memory does not grow with the data set", async () => {
  const held = async (entries: number) => {
    let largest = 0, seen = 0;
    const measure = () => {
      collectGarbage();
      largest = Math.max(largest, Deno.memoryUsage().heapUsed - before);
    };
    const before = (collectGarbage(), Deno.memoryUsage().heapUsed);
    using ledger = await Ledger.open();
    await auditDataSet(imagined(entries), ledger, {
      depth: "nothing",
      onProgress: () => ++seen % 15_000 === 0 && measure(),
    });
    assert.equal(ledger.entries, entries);
    assert.equal(ledger.findingCounts().find(({ kind }) => kind === "absent")?.findings, entries);
    for (const _ of ledger.findings()) if (++seen % 15_000 === 0) measure();
    return largest;
  };
  await held(5_000); // what is loaded once is loaded
  const [few, many] = [await held(5_000), await held(45_000)];
  // Were entries or findings kept, 40,000 more would take 40,000 × some 300 bytes.
  assert.ok(many - few < 3e6, `${few} and ${many} bytes`);
});

Deno.test("auditDataSet ends with the signal's reason", async () => {
  const stop = new AbortController();
  const onProgress = (_: string, done: number) => done === 10 && stop.abort(new Error("enough"));
  using ledger = await Ledger.open();
  await assert.rejects(
    auditDataSet(imagined(100), ledger, { onProgress, signal: stop.signal }),
    /enough/,
  );
});
