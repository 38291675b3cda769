/** Numbers on published scores: from a made-up file of the same kind, and those that are kept. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { publishedScoresFile } from "lib/studies/published_scores/published_file.ts";
import {
  keepNumbers,
  keptNumbers,
  PUBLISHED_DETECTORS,
  publishedNumbers,
} from "lib/studies/published_scores/published_numbers.ts";
import { inFolder } from "../../in_folder.ts";

/** A file like DeepSafe's; the first video detector has 0.5 for every other fake. */
function madeUpFile(): Uint8Array {
  const columns = Object.values(PUBLISHED_DETECTORS).flatMap((of) => Object.keys(of));
  const heading = ["id", "modality", "label", "generator"];
  for (const column of columns) heading.push(`prob_${column}`, `lat_${column}`);
  const lines = [heading.join()];
  for (const [modality, of] of Object.entries(PUBLISHED_DETECTORS)) {
    for (let i = 0; i < 16; i++) {
      const fake = i % 2 === 1,
        cells = [`${modality}${i}`, modality, fake ? "fake" : "real", `g${i % 4}`];
      for (const [place, column] of columns.entries()) {
        const isHalf = column === "fakestormer" && i % 4 === 3,
          score = (i * 7 + place * 3) % 16 / 17;
        const isOwn = Object.hasOwn(of, column);
        cells.push(isOwn ? String(isHalf ? 0.5 : score) : "", isOwn ? (isHalf ? "0.1" : "20") : "");
      }
      lines.push(cells.join());
    }
  }
  return gzipSync(lines.join("\n"));
}

Deno.test("publishedNumbers counts what is at 0.5 and measures without it; keptNumbers reads them back", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "scores.csv.gz");
    await Deno.writeFile(file, madeUpFile());
    const numbers = await publishedNumbers(file);
    assert.equal(numbers.detectors.length, 19);
    const { samples, realsAtHalf, fakesAtHalf, millisecondsAtHalf, milliseconds } =
      numbers.detectors[0];
    assert.deepEqual([samples, realsAtHalf, fakesAtHalf, millisecondsAtHalf, milliseconds], [
      16,
      0,
      4,
      0.1,
      20,
    ]);
    const scores = Array.from({ length: 16 }, (_, i) => i % 4 === 3 ? 0.5 : i * 7 % 16 / 17);
    const auc = (keep: (i: number) => boolean) => {
      const places = [...scores.keys()].filter(keep);
      const [reals, fakes] = [0, 1].map((label) => places.filter((i) => i % 2 === label));
      const won = fakes.flatMap((f) =>
        reals.map((r) => scores[f] === scores[r] ? 0.5 : Number(scores[f] > scores[r]))
      );
      return won.reduce((a, b) => a + b, 0) / won.length;
    };
    assert.ok(Math.abs(Number(numbers.detectors[0].auc) - auc(() => true)) < 1e-12);
    assert.ok(Math.abs(Number(numbers.detectors[0].aucWithout) - auc((i) => i % 4 !== 3)) < 1e-12);
    assert.deepEqual(
      numbers.generators.slice(0, 2).map((row) => [row.generator, row.fakes, row.fakesAtHalf]),
      [["g1", 4, 0], ["g3", 4, 4]],
    );
    assert.equal(numbers.pairs.length, 36);
    await keepNumbers(folder, numbers);
    assert.deepEqual(await keptNumbers(folder), numbers);
  });
});

Deno.test("the numbers that are kept have the AUCs that DeepSafe published, to four digits", async () => {
  const { detectors, pairs } = await keptNumbers(join(PROJECT.root, "results"));
  const published = [["SBI", 0.6760], ["RECCE", 0.6593], ["FakeSTormer", 0.6618], [
    "NPR-video",
    0.7982,
  ], [
    "Effort",
    0.8353,
  ]] as const;
  for (const [name, value] of published) {
    const { auc } = detectors.find((row) => row.detector === name)!;
    assert.equal(Number(auc).toFixed(4), value.toFixed(4), name);
  }
  for (const { p, holm } of pairs) assert.ok(Number(p) <= Number(holm) && Number(holm) <= 1);
});

Deno.test("publishedScoresFile finds a file, a folder of packages or an environment, and says how to get it", async () => {
  await inFolder(async (folder) => {
    const place = ["deepsafe", "assets", "predictions_medium.csv.gz"];
    const packages = join(folder, "lib", "python3.12", "site-packages");
    assert.equal(await publishedScoresFile({ named: undefined, environment: folder }), undefined);
    await assert.rejects(
      publishedScoresFile({ named: folder }),
      /FORGERY_CLUES_DEEPSAFE.*pip install/,
    );
    await Deno.mkdir(join(packages, "deepsafe", "assets"), { recursive: true });
    const file = join(packages, ...place);
    await Deno.writeTextFile(file, "");
    for (const named of [folder, packages, file]) {
      assert.equal(await publishedScoresFile({ named }), file);
    }
    assert.equal(await publishedScoresFile({ named: undefined, environment: folder }), file);
  });
});
