/** The report of `predict`: what is on the page, that nothing of it comes from elsewhere, and its folder. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { readImage } from "lib/media/image.ts";
import { saveEvaluation } from "lib/training/evaluation_files.ts";
import { inFolder } from "../../in_folder.ts";
import { runFfmpeg } from "../../media/made_clips.ts";
import { predict, tinyRun } from "./tiny_run.ts";

Deno.test("predictInputs writes a page with boxes, crops, maps and the detector's record, all escaped", async () => {
  await inFolder(async (folder) => {
    const run = await tinyRun(folder, { validationAuc: 0.8125, cut: FACE_CUT });
    await Deno.writeTextFile(
      join(run, "run.yaml"),
      "name: a_run\nprotocol: p\nseed: 1\nstarted: 2026-01-01T00:00:00Z\nfinished: null\n" +
        "data:\n  source: <faces>.csv\n  sha256: ab\n  training: 1200\n  validation: 340\n",
    );
    const measured = { value: 0.7531, low: 0.7, high: 0.8, reason: null, samples: 50 };
    const about = {
      method: "all",
      level: "frame",
      metric: "AUC",
      run: "its_name",
      seed: 1,
    } as const;
    const where = {
      dataset: "mine",
      split: "test",
      protocol: "p",
      data: "d",
      distortion: "GB:3",
      differences: "",
    };
    await saveEvaluation(run, [{ ...measured, ...about, ...where }]);
    const odd = `${folder}/a "<b>&'.jpg`, clip = `${folder}/clip.mp4`;
    await Deno.copyFile(demoPhotographs()[0], odd);
    await runFfmpeg(
      ...["-loop", "1", "-t", "1", "-i", demoPhotographs()[2], "-vf", "scale=640:-2,fps=10"],
      ...["-preset", "ultrafast", "-pix_fmt", "yuv420p", clip],
    );
    const report = `${folder}/report`;
    const inputs = [odd, clip, `${folder}/missing<i>.png`];
    const { rows, lines } = await predict(folder, ...inputs, "--weights", run, "--report", report);
    assert.ok(lines.at(-1)!.includes(`Open ${report}/index.html`));

    const page = await Deno.readTextFile(`${report}/index.html`);
    assert.ok(page.startsWith("<!doctype html>"));
    assert.ok(page.includes("a &quot;&lt;b&gt;&amp;&#39;.jpg"));
    assert.ok(!page.includes("<b>&") && !page.includes("missing<i>"));
    for (
      const text of [
        "missing&lt;i&gt;.png",
        "there is no such file",
        "0.8125",
        "0.7531",
        "mine, test, GB:3",
      ]
    ) {
      assert.ok(page.includes(text), text);
    }
    assert.ok(page.includes("&lt;faces&gt;.csv: 1200 pictures for training, 340 for validation"));
    assert.ok(page.includes("It is no proof"));
    assert.doesNotMatch(page, /<script|https?:|@import|<link|url\(/i);

    // Everything that it shows is there, and everything that is there is shown.
    const shown = new Set(
      [...page.matchAll(/(?:src|href)="(pictures\/[^"]+)"/g)].map(([, f]) => f),
    );
    const there = await Array.fromAsync(Deno.readDir(`${report}/pictures`), ({ name }) => name);
    const maximum = /<span>0<\/span><span>([\d.e-]+)</.exec(page);
    assert.ok(maximum !== null, "some map is positive");
    assert.deepEqual([...shown].sort(), there.map((name) => `pictures/${name}`).sort());
    const crop = await readImage(`${report}/pictures/1_0_face1.png`);
    assert.deepEqual([crop.width, crop.height], [32, 32]);
    for (const { score, kind, input } of rows) {
      if (kind !== "face" || input !== odd) continue;
      assert.ok(page.includes(`· ${Number(score).toFixed(2)}</text>`), score);
      assert.ok(page.includes(`<b>${Number(score).toFixed(4)}</b>`), score);
    }
    assert.match(page, /<th>person<\/th>/);

    const again = await predict(folder, odd, "--weights", run, "--report", report);
    assert.equal(again.problems, 0);
    const names = await Array.fromAsync(Deno.readDir(`${report}/pictures`), ({ name }) => name);
    assert.ok(
      names.every((name) => name.startsWith("1_")),
      "nothing of the earlier report is left",
    );
    await Deno.writeTextFile(`${report}/thesis.txt`, "mine");
    await assert.rejects(
      predict(folder, odd, "--weights", run, "--report", report),
      /holds "thesis\.txt", which is no report's/,
    );
    assert.equal(await Deno.readTextFile(`${report}/thesis.txt`), "mine");
  });
});
