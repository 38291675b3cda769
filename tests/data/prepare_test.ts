import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { parseDescription } from "lib/data/descriptions.ts";
import type { VideoEntry } from "lib/data/data_set_entries.ts";
import { readImage, readMask } from "lib/media/image.ts";
import { contentName } from "lib/data/fingerprint.ts";
import { checkSettings, cutName } from "lib/data/prepare/prepare_settings.ts";
import { readManifest } from "lib/data/manifest.ts";
import { noClassCounts } from "lib/data/training_use.ts";
import { LANDMARK_FINDER } from "lib/faces/face_cut.ts";
import { readLandmarks } from "lib/faces/landmark_file.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { Preparation } from "lib/data/prepare.ts";
import type { PrepareSummary, Source } from "lib/data/prepare/join_manifest.ts";
import type { PrepareSettings } from "lib/data/prepare/prepare_settings.ts";
import { turnImage } from "lib/faces/upright_faces.ts";
import { writeImage } from "lib/media/write_image.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { csvRows } from "lib/io/csv_rows.ts";
import { countingClip, faceClip, runFfmpeg, temporaryFolder } from "../media/made_clips.ts";
import { clip, filesIn, REAL, SETTINGS, sourceOf, still } from "./prepare/made_data_set.ts";

async function prepareAll(
  source: Source,
  folder: string,
  settings: Partial<PrepareSettings> = {},
): Promise<PrepareSummary> {
  await using run = await Preparation.open(source, {
    folder,
    settings: { ...SETTINGS, ...settings },
  });
  for await (const _ of run.run());
  return await run.join();
}

async function reportOf(folder: string): Promise<Record<string, string>[]> {
  const rows = await Array.fromAsync(csvRows(join(folder, "report.csv"), ["video", "what"]));
  return rows.map(({ cells }) => ({ ...cells }));
}

/** An empty folder for sources and the name of one for crops. */
async function places() {
  const folder = await temporaryFolder();
  const root = join(folder.path, "set"), out = join(folder.path, "out");
  await Deno.mkdir(root);
  return { root, out, path: folder.path, [Symbol.asyncDispose]: folder[Symbol.asyncDispose] };
}

Deno.test("prepare finds a face in every fifth frame of a clip of 640 × 480", async () => {
  await using place = await places();
  await faceClip(join(place.root, "a.mp4"), 52, 2);
  const summary = await prepareAll(sourceOf(place.root, [clip("a.mp4")]), place.out);
  assert.deepEqual(summary, {
    units: 1,
    looked: 11,
    crops: 11,
    withoutFace: 0,
    unitsWithoutFace: 0,
    unreadable: 0,
    unreadablePictures: 0,
    problems: 0,
    counts: { ...noClassCounts(), train: { real: 11, fake: 0 } },
  });
  const samples = await readManifest(join(place.out, "manifest.csv"));
  assert.deepEqual(samples.map(({ frame }) => frame), [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
  for (const sample of samples) {
    const { path, frame: _, content, ...rest } = sample;
    const cut = cutName(SETTINGS);
    assert.deepEqual(rest, { ...REAL, dataset: "made", video: "a.mp4", cut });
    assert.equal(content, contentName(await Deno.readFile(join(place.out, path))));
    const { width, height } = await readImage(join(place.out, path));
    assert.deepEqual([width, height], [64, 64]);
  }
});

Deno.test("prepare spreads N frames over the whole video", async () => {
  await using place = await places();
  await faceClip(join(place.root, "a.mp4"), 40);
  const source = sourceOf(place.root, [clip("a.mp4")]);
  await prepareAll(source, place.out, { choose: { spread: 4 } });
  const samples = await readManifest(join(place.out, "manifest.csv"));
  assert.deepEqual(samples.map(({ frame }) => frame), [0, 13, 26, 39]);
});

Deno.test("prepare reads folders with real and fake, and keeps all faces where told", async () => {
  await using place = await places();
  const [one, , , four] = demoPhotographs() as [string, string, string, string];
  for (const [label, photograph] of [["real", one], ["fake", four]] as const) {
    await Deno.mkdir(join(place.root, label));
    await Deno.copyFile(photograph, join(place.root, label, basename(photograph)));
  }
  const text = JSON.stringify({ name: "own", reader: "folders", root: place.root });
  const source = await openDataSet(parseDescription(text, join(place.path, "own.yaml")));
  await prepareAll(source, place.out, { faces: "all" });
  const samples = await readManifest(join(place.out, "manifest.csv"));
  const of = (label: 0 | 1) => samples.filter((sample) => sample.label === label);
  assert.deepEqual([of(0).length, of(1).length], [3, 4]);
  assert.equal(new Set(samples.map(({ path }) => path)).size, 7);
});

Deno.test("prepare takes folders of frames and stills whole, in the order of their frames", async () => {
  await using place = await places();
  await Deno.mkdir(join(place.root, "v"));
  const [a, b] = demoPhotographs() as [string, string];
  for (const [name, photograph] of [["010", a], ["002", b], ["007", a]] as const) {
    await Deno.copyFile(photograph, join(place.root, "v", `${name}.jpg`));
  }
  await Deno.writeTextFile(join(place.root, "v", "notes.txt"), "no picture");
  const stills = [7, 2].map((frame): VideoEntry => ({
    kind: "still",
    video: "w",
    path: `v/0${String(frame).padStart(2, "0")}.jpg`,
    frame,
    ...REAL,
  }));
  const entries: VideoEntry[] = [{ kind: "frames", video: "v", ...REAL }, ...stills];
  const summary = await prepareAll(sourceOf(place.root, entries), place.out);
  assert.deepEqual([summary.units, summary.crops], [2, 5]);
  const samples = await readManifest(join(place.out, "manifest.csv"));
  assert.deepEqual(samples.map(({ video, frame }) => [video, frame]), [
    ["v", 2],
    ["v", 7],
    ["v", 10],
    ["w", 2],
    ["w", 7],
  ]);
});

Deno.test("prepare keeps each face's landmarks where told, in the crop's pixels", async () => {
  await using place = await places();
  await Deno.copyFile(demoPhotographs()[0], join(place.root, "a.jpg"));
  const source = sourceOf(place.root, [still("a.jpg")]);
  const settings = { faces: "all", landmarks: LANDMARK_FINDER } as const;
  await prepareAll(source, place.out, settings);
  const samples = await readManifest(join(place.out, "manifest.csv"));
  assert.equal(samples.length, 3);
  for (const { path, landmarks, cut } of samples) {
    assert.match(
      landmarks!,
      new RegExp(`^${path.replace(".jpg", "")}\\.[0-9a-f]{8}\\.landmarks\\.json$`),
    );
    const { finder, box, landmarks: points } = await readLandmarks(join(place.out, landmarks!));
    assert.equal(finder, LANDMARK_FINDER);
    const inside = ([x, y]: readonly number[]) =>
      x > box[0] - 6 && x < box[2] + 6 && y > box[1] && y < box[3] + 6;
    assert.ok(box[0] > 0 && box[3] < 64 && points.every(inside), path);
    assert.equal(cut, cutName(SETTINGS)); // the pixels are the same without
  }
  await assert.rejects(prepareAll(source, place.out, { faces: "all" }), /landmarks was .*not set/);
  assert.throws(
    () => checkSettings({ ...SETTINGS, landmarks: "another" }),
    /landmarks is "another", but/,
  );
});

Deno.test("prepare cuts a mask's video as it cuts its video", async () => {
  await using place = await places();
  const path = (name: string) => join(place.root, name);
  await faceClip(path("fake.mp4"), 12, 3);
  // The left half of the picture is marked, at another size than the video's.
  const half = "color=white:s=160x240:r=25,pad=320:240:0:0:black";
  const lossless = ["-frames:v", "12", "-c:v", "libx264", "-qp", "0"];
  await runFfmpeg("-f", "lavfi", "-i", half, ...lossless, path("mask.mp4"));
  const entry = { ...clip("fake.mp4"), label: 1, method: "DF", mask: "mask.mp4" } as const;
  await prepareAll(sourceOf(place.root, [entry]), place.out, { faces: "all", margin: 0 });
  const samples = await readManifest(join(place.out, "manifest.csv"));
  const records = await filesIn(place.out);
  assert.equal(samples.length, 12); // four faces in three frames
  let left = 0, right = 0;
  for (const { mask } of samples) {
    assert.ok(records[mask!] !== undefined);
    const { data, width, height } = await readMask(join(place.out, mask!));
    assert.deepEqual([width, height], [64, 64]);
    if (data.every((value) => value > 250)) left++;
    if (data.every((value) => value < 5)) right++;
  }
  assert.ok(left >= 3 && right >= 3, `${left} left, ${right} right`);
});

Deno.test("prepare reports each frame without a face and each video without any", async () => {
  await using place = await places();
  const path = (name: string) => join(place.root, name);
  await countingClip(path("none.mp4"), 12);
  await faceClip(path("some.mp4"), 6, 4);
  await runFfmpeg(
    ...["-i", path("some.mp4"), "-vf", "drawbox=t=fill:enable='gte(n,3)'", path("half.mp4")],
  );
  const entries = [clip("none.mp4"), clip("half.mp4")];
  const summary = await prepareAll(sourceOf(place.root, entries), place.out);
  assert.deepEqual([summary.looked, summary.crops], [5, 1]);
  assert.deepEqual([summary.withoutFace, summary.unitsWithoutFace], [4, 1]);
  const rows = (await reportOf(place.out)).map(({ video, frame, what }) => [video, frame, what]);
  assert.deepEqual(rows, [
    ["none.mp4", "0", "no face"],
    ["none.mp4", "5", "no face"],
    ["none.mp4", "10", "no face"],
    ["none.mp4", "", "no face in any frame"],
    ["half.mp4", "5", "no face"],
  ]);
});

Deno.test("prepare reports what cannot be read, in words that are the same everywhere", async () => {
  await using place = await places();
  const path = (name: string) => join(place.root, name);
  await faceClip(path("whole.mp4"), 20);
  await runFfmpeg("-i", path("whole.mp4"), "-c", "copy", "-movflags", "faststart", path("cut.mp4"));
  await Deno.truncate(path("cut.mp4"), (await Deno.stat(path("cut.mp4"))).size / 2);
  await Deno.writeTextFile(path("zero.mp4"), "");
  await Deno.writeTextFile(path("text.png"), "hello");
  await Deno.mkdir(path("frames"));
  await Deno.copyFile(demoPhotographs()[0]!, path("frames/1.jpg"));
  await Deno.writeFile(
    path("frames/2.jpg"),
    (await Deno.readFile(demoPhotographs()[0]!)).slice(0, 5000),
  );
  await Deno.mkdir(path("bare"));
  const entries: VideoEntry[] = [
    ...["zero.mp4", "missing.mp4", "cut.mp4"].map(clip),
    still("text.png"),
    ...["frames", "bare", "gone"].map((video): VideoEntry => ({ kind: "frames", video, ...REAL })),
  ];
  const summary = await prepareAll(sourceOf(place.root, entries), place.out);
  assert.deepEqual([summary.units, summary.unreadable, summary.unreadablePictures], [7, 5, 1]);
  const rows = await reportOf(place.out);
  const of = (video: string) => rows.filter((row) => row.video === video);
  assert.match(of("zero.mp4")[0]!.detail!, /the file is empty/);
  assert.match(of("missing.mp4")[0]!.detail!, /no such file/);
  assert.deepEqual(of("cut.mp4").map(({ what }) => what), ["damaged"]);
  assert.match(of("text.png")[0]!.detail!, /not a picture/);
  assert.deepEqual(of("frames").map(({ what, frame }) => [what, frame]), [["unreadable", "2"]]);
  assert.match(of("bare")[0]!.detail!, /no picture in it/);
  assert.equal(of("gone")[0]!.what, "unreadable");
  assert.ok(!JSON.stringify(rows).includes(place.path), "the report names this machine's folders");
});

Deno.test("prepare tries again what could not be read, and does a replaced source anew", async () => {
  await using place = await places();
  const path = join(place.root, "a.mp4"), other = join(place.root, "other.mp4");
  await faceClip(path, 10);
  await faceClip(other, 30);
  const part = (await Deno.readFile(other)).slice(0, 1000);
  await Deno.writeFile(other, part);
  const source = sourceOf(place.root, [clip("a.mp4"), clip("other.mp4")]);
  assert.equal((await prepareAll(source, place.out)).unreadable, 1);
  const before = await filesIn(place.out);
  await faceClip(other, 30);
  const summary = await prepareAll(source, place.out);
  assert.deepEqual([summary.unreadable, summary.crops], [0, 8]);
  await faceClip(path, 20);
  assert.equal((await prepareAll(source, place.out)).crops, 10);
  const after = await filesIn(place.out);
  assert.notDeepEqual(before, after);
});

Deno.test("prepare reads a half-downloaded picture again once it is whole, and a replaced one, at the same size", async () => {
  await using place = await places();
  const path = join(place.root, "a.jpg"), whole = await Deno.readFile(demoPhotographs()[4]!);
  await Deno.writeFile(path, whole.slice().fill(0, whole.length >> 1));
  const source = sourceOf(place.root, [still("a.jpg")]);
  const half = await prepareAll(source, place.out);
  assert.deepEqual([half.units, half.unreadable, half.withoutFace], [1, 1, 0]);
  await assert.rejects(Deno.stat(join(place.out, "manifest.csv")), Deno.errors.NotFound);
  await Deno.writeFile(path, whole);
  const again = await prepareAll(source, place.out);
  assert.deepEqual([again.unreadable, again.crops], [0, 1]);
  const contentOf = async () => (await readManifest(join(place.out, "manifest.csv")))[0]!.content;
  const before = await contentOf();
  const other = new Uint8Array(whole.length);
  other.set(
    await Deno.readFile(demoPhotographs()[0]!).then((bytes) => bytes.slice(0, whole.length)),
  );
  const fits = (await Deno.readFile(demoPhotographs()[0]!)).length <= whole.length;
  if (fits) { // bytes after a JPEG's end are nothing to its decoder
    await Deno.writeFile(path, other);
    await prepareAll(source, place.out);
    assert.notEqual(await contentOf(), before);
  }
  assert.ok(fits, "choose another photograph for this test");
});

Deno.test("prepare does a unit again whose record is torn, empty or something else", async () => {
  await using place = await places();
  const names = ["a.jpg", "b.jpg", "c.jpg"];
  for (const name of names) await Deno.copyFile(demoPhotographs()[0]!, join(place.root, name));
  const source = sourceOf(place.root, names.map(still));
  await prepareAll(source, place.out);
  const whole = await filesIn(place.out);
  const records = Object.keys(whole).filter((name) => name.endsWith("record.json"));
  const texts = [(await Deno.readTextFile(join(place.out, records[0]!))).slice(0, 40), "", "{}"];
  for (const [i, text] of texts.entries()) {
    await Deno.writeTextFile(join(place.out, records[i]!), text);
  }
  await Deno.writeTextFile(join(place.out, records[0]!, "..", "half.jpg"), "left over");
  await using run = await Preparation.open(source, { folder: place.out, settings: SETTINGS });
  const { units, done } = await run.survey();
  assert.deepEqual([units, done], [3, 0]);
  for await (const _ of run.run());
  await run.join();
  assert.deepEqual(await filesIn(place.out), whole);
});

Deno.test("prepare writes below its folder only, whatever an entry is called", async () => {
  await using place = await places();
  const made = join(place.path, "made.mp4");
  await faceClip(made, 6);
  const names = [
    "../../outside.mp4",
    "..",
    "a/../../b.mp4",
    "-x; rm -rf *.mp4",
    "quote\"\n'.mp4",
    "видео 影片.mp4",
    "con.mp4",
    "x".repeat(200) + ".mp4",
    join(place.path, "absolute.mp4"),
  ];
  for (const name of names.filter((name) => name.endsWith(".mp4") && !name.includes("/"))) {
    await Deno.copyFile(made, join(place.root, name));
  }
  const before = Object.keys(await filesIn(place.path));
  const summary = await prepareAll(sourceOf(place.root, names.map(clip)), place.out);
  assert.deepEqual([summary.units, summary.unreadable, summary.crops], [9, 4, 10]);
  const after = Object.keys(await filesIn(place.path)).filter((name) => !before.includes(name));
  assert.ok(
    after.every((name) => /^out\/([a-z.]+|crops\/[0-9a-f]{3}\/[\w-]+\/[\w.]+)$/.test(name)),
  );
  const samples = await readManifest(join(place.out, "manifest.csv"));
  assert.ok(samples.some(({ video }) => video === "quote\"\n'.mp4"));
  for (const { path } of samples) await Deno.stat(join(place.out, path));
});

Deno.test("prepare does an entry once that a list names twice", async () => {
  await using place = await places();
  await faceClip(join(place.root, "a.mp4"), 6);
  const summary = await prepareAll(
    sourceOf(place.root, [clip("a.mp4"), clip("a.mp4")]),
    place.out,
  );
  assert.deepEqual([summary.units, summary.crops], [2, 4]);
  assert.equal(Object.keys(await filesIn(place.out)).filter((n) => n.endsWith(".jpg")).length, 2);
});

Deno.test("prepare puts the reader's problems into the report", async () => {
  await using place = await places();
  const source: Source = {
    ...sourceOf(place.root, []),
    entries: async function* (onProblem) {
      onProblem({ kind: "absent", path: "list.txt, line 3", message: "a.mp4 is not there." });
      yield* [] as VideoEntry[];
    },
  };
  assert.equal((await prepareAll(source, place.out)).problems, 1);
  const [row] = await reportOf(place.out);
  assert.deepEqual([row!.video, row!.what, row!.detail], [
    "list.txt, line 3",
    "absent",
    "a.mp4 is not there.",
  ]);
});

Deno.test("Preparation.open refuses a folder that will not do, and says why", async () => {
  await using place = await places();
  const source = sourceOf(place.root, []);
  const open = async (folder: string, settings = SETTINGS) => {
    await using _run = await Preparation.open(source, { folder, settings });
  };
  await open(place.out);
  await open(place.out);
  await assert.rejects(
    open(place.out, { ...SETTINGS, margin: 0.3 }),
    /begun with other settings: margin was 0\.15 and is 0\.3/,
  );
  await assert.rejects(open(join(place.root, "crops")), /in the data set's own folder/);
  await assert.rejects(open(place.path), /holds "(set|out)", which is not prepare's/);
  const file = join(place.path, "file");
  await Deno.writeTextFile(file, "");
  await assert.rejects(
    open(join(file, "out")),
    /Cannot write into ".*Not a directory|Cannot write/,
  );
  await assert.rejects(open(place.out, { ...SETTINGS, size: 8 }), /size is 8, but must be/);
});

Deno.test("prepare turns a picture that lies on its side, and cuts the face that the upright one gives", async () => {
  const cropOf = async (turn: 0 | 90) => {
    await using place = await places();
    const image = await turnImage(await readImage(demoPhotographs()[0]!), turn);
    await writeImage(join(place.root, "a.png"), image);
    await prepareAll(sourceOf(place.root, [still("a.png")]), place.out);
    const report = await Deno.readTextFile(join(place.out, "report.csv"));
    const [{ path }] = await readManifest(join(place.out, "manifest.csv"));
    return { crop: await readImage(join(place.out, path)), report };
  };
  const upright = await cropOf(0), turned = await cropOf(90);
  assert.match(turned.report, /turned,by 270 degrees/);
  assert.doesNotMatch(upright.report, /turned/);
  const apart = upright.crop.data.reduce(
    (sum, x, i) => sum + Math.abs(x - turned.crop.data[i]!),
    0,
  );
  assert.ok(apart / upright.crop.data.length < 2, `${apart / upright.crop.data.length}`);
});
