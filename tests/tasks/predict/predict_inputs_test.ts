/** `predict` on inputs of every kind: what is scored, what is said, and what stands in the file. */
import assert from "node:assert/strict";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { turnImage } from "lib/faces/upright_faces.ts";
import { resizeImage } from "lib/media/crop.ts";
import { readImage } from "lib/media/image.ts";
import { writeImage } from "lib/media/write_image.ts";
import { vary } from "lib/detectors/configuration.ts";
import { detectorHash } from "lib/detectors/detector_hash.ts";
import { loadDetector } from "lib/detectors/detector_file.ts";
import { operatingRecord } from "lib/evaluation/calibration/operating_record.ts";
import { saveOperatingRecord } from "lib/training/operating_file.ts";
import { inFolder } from "../../in_folder.ts";
import { runFfmpeg } from "../../media/made_clips.ts";
import { madeUpCrops } from "../../training/made_up_crops.ts";
import { predict, TINY, tinyRun } from "./tiny_run.ts";

const [THREE, , , , , FOUR] = demoPhotographs();
/** A photograph for a second of video, small. */
const SCENE = ["scale=640:426,fps=10,setsar=1"].join();

/** The rows of a kind. */
const ofKind = (rows: readonly Readonly<Record<string, string>>[], kind: string) =>
  rows.filter((row) => row.kind === kind);

Deno.test("predictInputs has a row for each face and each input, whatever is wrong with others", async () => {
  await inFolder(async (folder) => {
    const run = await tinyRun(folder), pictures = `${folder}/pictures`;
    await Deno.mkdir(`${pictures}/sub`, { recursive: true });
    await Deno.copyFile(THREE, `${pictures}/three.jpg`);
    await writeImage(`${pictures}/empty.png`, madeUpCrops(1)[0].image);
    await Deno.writeTextFile(`${pictures}/broken.png`, "no picture");
    await Deno.writeTextFile(`${pictures}/notes.txt`, "passed over");
    await Deno.writeTextFile(`${pictures}/sub/metadata.json`, "{}");
    await Deno.symlink("nowhere", `${pictures}/sub/dangling.jpg`);
    await Deno.symlink("..", `${pictures}/sub/up`);

    const missing = `${folder}/missing.mp4`;
    const { faces, problems, lines, rows } = await predict(
      folder,
      missing,
      pictures,
      "--weights",
      run,
    );
    assert.deepEqual([faces, problems], [3, 4]);
    assert.match(lines[0], /probability of fake: 0 is real, 1 is fake/);
    assert.match(lines[0], /does not say how its faces were cut.*margin 0\.15, 224 px, JPEG 95/);

    const failed = ofKind(rows, "failed");
    assert.deepEqual(
      failed.map(({ input, status }) => [input.slice(folder.length + 1), status.split(/[.,(]/)[0]]),
      [
        ["missing.mp4", "there is no such file"],
        ["pictures/broken.png", "its contents are not a picture in a known format"],
        ["pictures/sub/dangling.jpg", "it is a link that leads nowhere"],
      ],
    );
    const [empty, three] = ofKind(rows, "picture");
    assert.deepEqual([empty.status, empty.score], ["no face was scored", ""]);
    const found = ofKind(rows, "face");
    assert.deepEqual(found.map(({ input, person }) => [input, person]), [
      [`${pictures}/three.jpg`, "1"],
      [`${pictures}/three.jpg`, "2"],
      [`${pictures}/three.jpg`, "3"],
    ]);
    for (const row of found) {
      const score = Number(row.score);
      assert.ok(Math.abs(score - 1 / (1 + Math.exp(-Number(row.logOdds)))) < 1e-9);
      assert.ok(Number(row.right) > Number(row.left) && Number(row.faceScore) > 0.9);
    }
    const highest = Math.max(...found.map(({ score }) => Number(score)));
    assert.equal(Number(three.score), highest);
    assert.equal(three.status, "the highest of 3 faces");
    assert.deepEqual(rows.at(-1), failed.at(-1), "in the order of the folders");

    assert.ok(
      lines.some((line) =>
        line.endsWith("sub/up: links to a folder that it lies in, and is not followed again.")
      ),
    );
    assert.ok(lines.includes("2 files passed over: .json, .txt."));
    assert.match(lines.at(-1)!, /^3 faces scored in 5 inputs; something of 4 inputs could not be/);
  });
});

Deno.test("predictInputs keeps people of a video apart, also across a cut, and tells frames without a face", async () => {
  await inFolder(async (folder) => {
    const run = await tinyRun(folder), clip = `${folder}/clip.mp4`;
    await runFfmpeg(
      ...["-loop", "1", "-t", "1", "-i", THREE, "-loop", "1", "-t", "1", "-i", FOUR],
      ...["-f", "lavfi", "-t", "1", "-i", "color=c=gray:s=640x426:r=10", "-filter_complex"],
      `[0]${SCENE}[a];[1]${SCENE}[b];[2]setsar=1[c];[a][b][c]concat=n=3`,
      ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", clip],
    );
    const { faces, problems, lines, rows } = await predict(folder, clip, "--weights", run);
    assert.deepEqual([faces, problems], [14, 0]);
    const people = Map.groupBy(ofKind(rows, "face"), ({ person }) => person);
    assert.deepEqual(
      [...people].map(([person, seen]) => [person, seen.map(({ frame }) => frame).join()]),
      [
        ...["1", "2", "3"].map((person) => [person, "0,5"]),
        ...["4", "5", "6", "7"].map((person) => [person, "10,15"]),
      ],
    );
    const mean = (list: readonly Readonly<Record<string, string>>[]) =>
      list.reduce((sum, { score }) => sum + Number(score), 0) / list.length;
    const [highest] = [...people].map(([person, seen]) => ({ person, mean: mean(seen) }))
      .sort((a, b) => b.mean - a.mean);
    const [video] = ofKind(rows, "video");
    assert.equal(video.person, highest.person);
    assert.ok(Math.abs(Number(video.score) - highest.mean) < 1e-9);
    const { framesWithFace, framesWithoutFace, framesWithSeveral } = video;
    assert.deepEqual([framesWithFace, framesWithoutFace, framesWithSeveral], ["4", "2", "4"]);
    const all = mean(ofKind(rows, "face")).toFixed(4);
    assert.equal(
      video.status,
      `person ${highest.person}, mean of 2 faces, the highest of 7 people; mean over all 14: ${all}; ` +
        "2 of 6 frames without a face",
    );
    assert.equal(lines.filter((line) => / person \d, mean of 2, frames /.test(line)).length, 7);

    const largest = await predict(folder, clip, "--faces", "largest", "--weights", run);
    assert.equal(largest.faces, 4);
    assert.match(ofKind(largest.rows, "video")[0].status, /10 smaller faces left out/);
  });
});

Deno.test("predictInputs gives turned pictures and videos the scores and faces of upright ones", async () => {
  await inFolder(async (folder) => {
    const run = await tinyRun(folder), upright = await readImage(THREE);
    await writeImage(`${folder}/upright.png`, upright);
    await writeImage(`${folder}/turned.png`, await turnImage(upright, 90));
    const paths = [`${folder}/upright.png`, `${folder}/turned.png`];
    const { rows, problems } = await predict(folder, ...paths, "--weights", run);
    assert.equal(problems, 0);
    const [asIs, turned] = paths.map((path) =>
      ofKind(rows, "face").filter(({ input }) => input === path)
    );
    assert.equal(turned.length, asIs.length);
    for (const [i, row] of turned.entries()) {
      assert.ok(Math.abs(Number(row.score) - Number(asIs[i].score)) < 1e-6);
      // Turned clockwise, what was at the left is at the top.
      assert.equal(row.top, asIs[i].left);
      assert.equal(row.bottom, asIs[i].right);
      assert.match(row.status, /turned by 270 degrees clockwise/);
    }
    assert.match(ofKind(rows, "picture")[1].status, /turned by 270 degrees clockwise/);
  });
});

Deno.test("predictInputs warns of faces with too few pixels, and says what scores mean by validation", async () => {
  await inFolder(async (folder) => {
    const configuration = vary(TINY, { imageSize: 128 });
    const run = await tinyRun(folder, { configuration, cut: { ...FACE_CUT, size: 128 } });
    {
      using detector = await loadDetector(run);
      const frames = [-2, 1, -1, 3].map((logOdds, i) => ({ video: `${i}`, label: i % 2, logOdds }));
      const origin = { detector: await detectorHash(detector) };
      await saveOperatingRecord(run, operatingRecord(frames), origin);
    }
    const small = await resizeImage(await readImage(FOUR), { width: 240, height: 160 });
    await writeImage(`${folder}/small.png`, small);
    const { rows, lines } = await predict(folder, `${folder}/small.png`, "--weights", run);
    const faces = ofKind(rows, "face"); // 27 or 28 pixels wide: less than a quarter of 128
    assert.equal(faces.length, 4);
    for (const { status } of faces) assert.match(status, /^scored; small face \(2\d px\)/);
    assert.match(ofKind(rows, "picture")[0].status, /4 small faces: scores mean little/);
    assert.match(lines[0], /cut as those that the detector learnt from: margin 0\.15, 128 px/);
    assert.match(lines[1], /Of the validation videos 50 % were fake/);
    const meaning =
      /^ {4}of 1 validation frames with such a score .* [01] were fake; .*called (real|fake)$/;
    assert.equal(lines.filter((line) => meaning.test(line)).length, 1);
  });
});

Deno.test("predictInputs scores a damaged video alike each time, and says what is missing", async () => {
  await inFolder(async (folder) => {
    const run = await tinyRun(folder), clip = `${folder}/cut_short.avi`;
    await runFfmpeg(
      ...["-loop", "1", "-t", "3", "-i", THREE, "-vf", SCENE, "-c:v", "mjpeg", "-q:v", "5", clip],
    );
    const bytes = await Deno.readFile(clip);
    await Deno.writeFile(clip, bytes.subarray(0, bytes.length * 0.6));
    const first = await predict(folder, clip, "--weights", run);
    const second = await predict(folder, clip, "--weights", run);
    assert.deepEqual(second.rows, first.rows);
    assert.ok(first.faces >= 9 && first.faces < 18, `${first.faces} faces`);
    assert.equal(first.problems, 1);
    assert.match(ofKind(first.rows, "video")[0].status, /read only in part: .*damaged/);
  });
});
