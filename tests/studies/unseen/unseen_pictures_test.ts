import assert from "node:assert/strict";
import { assertDisjoint } from "lib/data/samples.ts";
import { startEngine } from "lib/engine/engine.ts";
import { STAND_INS } from "lib/studies/unseen/unseen_crops.ts";
import { unseenPictures } from "lib/studies/unseen/unseen_pictures.ts";
import { UNSEEN_SETTINGS } from "lib/studies/unseen/unseen_rows.ts";
import { shownBy } from "lib/studies/unseen/unseen_run.ts";
import { inFolder } from "../../in_folder.ts";

const SIZES = { size: 32, crops: 2, selfBlendedCrops: 3 };

Deno.test("unseenPictures parts people, donors too, sets each fake beside its real picture, and is the same from what is kept", async () => {
  await startEngine();
  await inFolder(async (folder) => {
    const lines: string[] = [];
    const options = {
      sizes: SIZES,
      cache: folder,
      notice: (line: string) => void lines.push(line),
    };
    const made = await unseenPictures({ people: "names" }, options);
    const { train, validation, test } = made.crops, all = [...train, ...validation, ...test];
    assertDisjoint(all.map(({ sample }) => sample));
    assert.ok(Object.values(made.people).every((count) => count >= 2));
    const real = new Map(all.filter((c) => c.sample.label === 0).map((c) => [c.sample.path, c]));
    for (const { sample, image, mask } of all) {
      if (sample.label === 0) continue;
      const before = real.get(sample.source!)!;
      assert.equal(before.sample.identities[0], sample.identities[0]);
      const changed = image.data.findIndex((value, i) => value !== before.image.data[i]);
      assert.ok(changed >= 0 && mask!.data.some((weight) => weight > 0), sample.path);
    }
    const count = (method: string) => train.filter(({ sample }) => sample.method === method).length;
    for (const method of STAND_INS) assert.equal(count(method) * 3, count("SBI") * 2);

    const shown = (setting: string) =>
      new Set(shownBy(setting, train).map(({ sample }) => sample.method));
    for (const [setting, methods] of Object.entries(UNSEEN_SETTINGS)) {
      assert.deepEqual(shown(setting), new Set(["real", ...methods]));
    }
    lines.length = 0;
    const again = await unseenPictures({ people: "names" }, options);
    assert.equal(again.content, made.content);
    assert.deepEqual(lines, []);
  });
});
