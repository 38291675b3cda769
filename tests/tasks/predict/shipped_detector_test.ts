import assert from "node:assert/strict";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { inFolder } from "../../in_folder.ts";
import { predict } from "./tiny_run.ts";

Deno.test("predict without --weights asks the kit's own detector, and says what it is not for before any score", async () => {
  await inFolder(async (folder) => {
    const { faces, lines } = await predict(folder, demoPhotographs()[0]);
    assert.equal(faces, 3);
    const [named, auc, not] = lines;
    assert.match(named, /No --weights are given, so this is unseen_paper/);
    assert.match(auc, /Its AUC is 0\.\d\d \[0\.\d\d, 0\.\d\d\] on .*0\.5 is chance/);
    assert.match(not, /NOT FOR USE: It must not be used to judge/);
    assert.match(
      lines[3],
      /Faces are cut as those that the detector learnt from: margin 0\.15, 64 px/,
    );
  });
});
