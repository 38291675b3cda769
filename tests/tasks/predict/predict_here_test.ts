// deno-lint-ignore-file no-console -- it hears what is printed below a cell
/** `predict` in a line of a notebook. */
import assert from "node:assert/strict";
import { loadDetector } from "lib/detectors/detector_file.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { peopleOf } from "lib/tasks/predict/input_result.ts";
import { predictHere } from "lib/tasks/predict/predict_here.ts";
import { cropsOfPeople } from "lib/tasks/predict/shown_faces.ts";
import { inFolder } from "../../in_folder.ts";
import { tinyRun } from "./tiny_run.ts";

Deno.test("predictHere returns what the command says of each input, and its crops score alike again", async () => {
  await inFolder(async (folder) => {
    const run = await tinyRun(folder), [photograph] = demoPhotographs(), lines: string[] = [];
    const log = console.log;
    console.log = (line: string) => void lines.push(line);
    let results;
    try {
      const words = ["--weights", run, "--out", `${folder}/scores.csv`];
      results = await predictHere(photograph, `${folder}/missing.jpg`, ...words);
    } finally {
      console.log = log;
    }
    assert.deepEqual(results.map(({ kind, faces }) => [kind, faces.length]), [["picture", 3], [
      "failed",
      0,
    ]]);
    assert.ok(lines.some((line) => line.startsWith(`${photograph}: `)));
    assert.match(await Deno.readTextFile(`${folder}/scores.csv`), /missing\.jpg/);

    using detector = await loadDetector(run);
    using predictor = openPredictor(detector);
    const { signal } = new AbortController(), { size } = detector.detector.input;
    const crops = await cropsOfPeople(results[0], { cut: FACE_CUT, size, every: 5, signal });
    const again = await Array.fromAsync(predictor.predict(crops), ({ score }) => score);
    const before = peopleOf(results[0]).map(({ score }) => score);
    assert.equal(again.length, 3);
    again.forEach((score, i) =>
      assert.ok(Math.abs(score - before[i]) < 1e-5, `${score}, ${before[i]}`)
    );
    assert.deepEqual(
      crops.map(({ sample }) => sample.method),
      peopleOf(results[0]).map((p) => `person ${p.person}`),
    );
  });
});

Deno.test("predictHere refuses what the command refuses", async () => {
  await assert.rejects(predictHere(), /There is nothing to score/);
  await assert.rejects(predictHere("a.jpg", "--every", "0"), /--every is "0"/);
  await assert.rejects(predictHere("a.jpg", "--help"), /for the terminal/);
});
