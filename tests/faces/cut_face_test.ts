/** A face's crop in memory against the file that it would be. */
import assert from "node:assert/strict";
import { cutFace, faceFile } from "lib/faces/cut_face.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { cropFace } from "lib/media/crop.ts";
import { readImage } from "lib/media/image.ts";
import { writeImage } from "lib/media/write_image.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";

Deno.test("cutFace gives what is read back from the crop's file, in both formats", async () => {
  const { image } = madeUpCrops(1)[0], box = [4, 6, 24, 30] as const;
  await inFolder(async (folder) => {
    for (const format of ["jpg", "png"] as const) {
      const cut = { ...FACE_CUT, size: 48, margin: 0.3, format, quality: 60 },
        path = `${folder}/a.${format}`;
      const exact = await cropFace(image, box, cut);
      await writeImage(path, exact, { quality: 60 });
      const file = Uint8Array.from(await faceFile(image, box, cut));
      assert.deepEqual(file, await Deno.readFile(path));
      const crop = await cutFace(image, box, cut);
      assert.deepEqual(crop, await readImage(path));
      assert.equal(exact.data.some((value, i) => value !== crop.data[i]), format === "jpg");
    }
  });
});
