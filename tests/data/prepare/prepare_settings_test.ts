import assert from "node:assert/strict";
import { join } from "node:path";
import {
  cutName,
  PREPARE_SETTINGS,
  type PrepareSettings,
  readCut,
  recordedSettings,
} from "lib/data/prepare/prepare_settings.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { claimSettings } from "lib/io/claimed_settings.ts";
import { parseDistortion } from "lib/media/distortions.ts";
import { inFolder } from "../../in_folder.ts";

Deno.test("cutName is another one for every setting that changes pixels, and for no other", () => {
  const name = cutName(PREPARE_SETTINGS);
  const changes: Partial<PrepareSettings>[] = [
    { margin: 0.3 },
    { size: 64 },
    { quality: 90 },
    { format: "png" },
    { minScore: 0.5 },
    { longSide: 1920 },
    { code: 2 },
    { finder: "another" },
    { distortion: parseDistortion("GB:3") },
    { distortion: parseDistortion("GB:4") },
  ];
  const names = changes.map((change) => cutName({ ...PREPARE_SETTINGS, ...change }));
  assert.equal(new Set([name, ...names]).size, changes.length + 1);
  assert.equal(cutName({ ...PREPARE_SETTINGS, choose: { spread: 3 }, faces: "all" }), name);
});

Deno.test("readCut gives what prepare wrote beside the manifest, and nothing where nobody wrote it", async () => {
  await inFolder(async (folder) => {
    const manifest = join(folder, "manifest.csv");
    assert.equal(await readCut(manifest), undefined);
    const settings = { ...PREPARE_SETTINGS, margin: 0.3, distortion: parseDistortion("GB:3") };
    await claimSettings(folder, recordedSettings("mine", settings));
    assert.deepEqual(await readCut(manifest), {
      cut: { ...FACE_CUT, margin: 0.3 },
      distortion: "GB:3",
    });
  });
});
