/** `predict` on a photograph gives the scores that its prepared crops have. */
import assert from "node:assert/strict";
import { parseDescription } from "lib/data/descriptions.ts";
import { manifestRows } from "lib/data/manifest.ts";
import { Preparation } from "lib/data/prepare.ts";
import { PREPARE_SETTINGS } from "lib/data/prepare/prepare_settings.ts";
import { openDataSet } from "lib/data/readers/open_data_set.ts";
import { loadDetector } from "lib/detectors/detector_file.ts";
import { openPredictor } from "lib/evaluation/predict.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { FACE_CUT, type FaceCut } from "lib/faces/face_cut.ts";
import { inFolder } from "../../in_folder.ts";
import { predict, tinyRun } from "./tiny_run.ts";

/** Log-odds of a photograph's faces by its prepared crops and by `predict`, for a detector cut for as said. */
async function scoresBothWays(prepared: FaceCut, cut: FaceCut): Promise<[number[], number[]]> {
  let scores: [number[], number[]] = [[], []];
  await inFolder(async (folder) => {
    const root = `${folder}/data`, out = `${folder}/faces`;
    await Deno.mkdir(`${root}/real`, { recursive: true });
    await Deno.copyFile(demoPhotographs()[0], `${root}/real/one.jpg`);
    const text = JSON.stringify({ name: "mine", reader: "folders", root });
    const dataSet = await openDataSet(parseDescription(text, `${root}/mine.yaml`));
    const settings = { ...PREPARE_SETTINGS, ...prepared, faces: "all" as const };
    {
      await using preparation = await Preparation.open(dataSet, { folder: out, settings });
      for await (const _ of preparation.run());
      await preparation.join();
    }
    const run = await tinyRun(folder, { cut });
    using detector = await loadDetector(run);
    using predictor = openPredictor(detector);
    const crops = predictor.predictFiles(manifestRows(`${out}/manifest.csv`), { root: out });
    const evaluated = await Array.fromAsync(crops, ({ logOdds }) => logOdds);
    const { rows } = await predict(folder, `${root}/real/one.jpg`, "--weights", run);
    const asked = rows.filter(({ kind }) => kind === "face").map((row) => Number(row.logOdds));
    scores = [evaluated, asked];
  });
  return scores;
}

/** The largest difference of two lists of one length. */
function distance(a: readonly number[], b: readonly number[]): number {
  assert.equal(a.length, 3);
  assert.equal(b.length, 3);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

Deno.test("predictInputs cuts faces as its detector's file says, and scores them as prepared", async () => {
  const usual = await scoresBothWays(FACE_CUT, FACE_CUT);
  assert.ok(distance(...usual) < 1e-5, `${usual}`);
  const wide: FaceCut = { ...FACE_CUT, margin: 0.3, size: 64, quality: 40, longSide: 640 };
  const other = await scoresBothWays(wide, wide);
  assert.ok(distance(...other) < 1e-5, `${other}`);
  assert.ok(distance(usual[0], other[0]) > 0.05, "the cut matters to this detector");
  const wrong = await scoresBothWays(wide, { ...wide, quality: 95 });
  assert.ok(distance(...wrong) > 0.01, "and so does what JPEG loses");
});
