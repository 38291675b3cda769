import assert from "node:assert/strict";
import { join } from "node:path";
import type { Point } from "lib/faces/face.ts";
import { LANDMARK_FINDER } from "lib/faces/face_cut.ts";
import { landmarkFile, landmarksInCrop, readLandmarks } from "lib/faces/landmark_file.ts";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { inFolder } from "../in_folder.ts";

const POINTS = Array.from({ length: 68 }, (_, i): Point => [10 + i, 30 - i / 3]);
const SQUARE = { left: 10, top: -6, side: 90 };
const face = () =>
  landmarksInCrop({ box: [20, 0, 80, 75], landmarks: POINTS }, { square: SQUARE, size: 30 });

Deno.test("landmarksInCrop puts box and points where they lie in the crop, to hundredths", () => {
  const { finder, box, landmarks } = face();
  assert.deepEqual([finder, box], [LANDMARK_FINDER, [3.33, 2, 23.33, 27]]);
  assert.deepEqual([landmarks[0], landmarks[67]], [[0, 12], [22.33, 4.56]]);
});

Deno.test("readLandmarks gives back what landmarkFile wrote, whose name follows from its content", () =>
  inFolder(async (folder) => {
    const { name, bytes } = landmarkFile("000005_1", face());
    await writeWhole(join(folder, name), bytes);
    assert.deepEqual(await readLandmarks(join(folder, name)), face());
    assert.equal(landmarkFile("000005_1", face()).name, name);
    const moved = { ...face(), landmarks: face().landmarks.with(3, [1, 1]) };
    assert.notEqual(landmarkFile("000005_1", moved).name, name);
  }));

Deno.test("readLandmarks refuses what is no face's, and says which file and why", () =>
  inFolder(async (folder) => {
    const path = join(folder, "x.json"), { finder, box, landmarks } = face();
    const cases: [unknown, RegExp][] = [
      [undefined, /no such file/],
      ["{", /no JSON/],
      [[], /no record/],
      [{ box, landmarks }, /"finder"/],
      [{ finder, box: [0, 0, 9], landmarks }, /"box" is not four/],
      [{ finder, box: [5, 0, 5, 9], landmarks }, /"box" has no area/],
      [{ finder, box, landmarks: landmarks.slice(1) }, /67 points, not 68/],
      [{ finder, box, landmarks: landmarks.with(7, [1, NaN]) }, /landmark 7 is not two numbers/],
      [{ finder, box }, /0 points/],
    ];
    for (const [value, message] of cases) {
      if (value !== undefined) {
        await Deno.writeTextFile(path, typeof value === "string" ? value : JSON.stringify(value));
      }
      await assert.rejects(readLandmarks(path), (error: Error) => {
        assert.ok(error instanceof UnfitFile);
        assert.match(error.message, message);
        assert.ok(error.message.includes("x.json") && error.message.includes("--landmarks"));
        return true;
      });
    }
  }));

Deno.test("landmarkFile writes no landmarks that could not be read", () => {
  assert.throws(
    () => landmarkFile("a", { ...face(), landmarks: POINTS.slice(2) }),
    /a: .*66 points/,
  );
  assert.throws(() => landmarkFile("a", { ...face(), box: [0, 0, Infinity, 1] }), RangeError);
});
