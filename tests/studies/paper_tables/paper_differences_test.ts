import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { presetOf } from "lib/detectors/configuration.ts";
import { xception } from "lib/detectors/xception.ts";
import { paperDifferences } from "lib/studies/paper_tables/paper_differences.ts";
import { paperTraining } from "lib/studies/paper_tables/paper_tables.ts";

Deno.test("paperDifferences names each field in which a run of a table's name is not the table's", () => {
  const { configuration } = paperTraining("ff_resnet34");
  assert.equal(paperDifferences("ff_resnet34", configuration), "");
  assert.equal(paperDifferences("ff_resnet34", vary(configuration, { seed: 7, patience: 3 })), "");
  const toy = vary(configuration, { imageSize: 64, width: 0.125 });
  assert.equal(
    paperDifferences("ff_resnet34", toy),
    "imageSize 64 instead of 224, width 0.125 instead of 1",
  );
  assert.equal(paperDifferences("mine", toy), "");
  assert.match(paperDifferences("ff_resnet34", presetOf(xception)), /kind "xception" instead of/);
});

Deno.test("paperDifferences names data that are not the table's, and runs of other systems", () => {
  const { configuration } = paperTraining("ff_resnet34");
  const of = (source: string, forged?: string) =>
    paperDifferences("ff_resnet34", configuration, { source, ...forged ? { forged } : {} });
  assert.equal(of("FaceForensics++ (faces/ff (c23)/manifest.csv)"), "");
  assert.equal(of("own (faces/manifest.csv)"), "trained on own instead of FaceForensics++");
  assert.match(of("FaceForensics+++DFDC (m.csv)"), /trained on FaceForensics\+\+\+DFDC instead/);
  assert.equal(of("FaceForensics++ (m.csv) without DF"), "trained without DF");
  assert.match(of("FaceForensics++ (m.csv)", "SBI"), /made on the way \(SBI\)/);
  const preset = presetOf(xception, "paper");
  assert.equal(paperDifferences("ff_xception", preset), "");
  assert.equal(
    paperDifferences("ff_xception", vary(preset, { width: 0.125 })),
    "width 0.125 instead of 1",
  );
  assert.match(paperDifferences("cd2_xception", preset), /realRepeats 4 instead of 6/);
});
