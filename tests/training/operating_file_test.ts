/** The file of thresholds and calibration. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { OPERATING_FILE, readOperatingRecord } from "lib/training/operating_file.ts";
import { inFolder } from "../in_folder.ts";

Deno.test("readOperatingRecord says which file is damaged and what to do, and takes none of another detector", async () => {
  await inFolder(async (folder) => {
    const read = () => readOperatingRecord(folder, { detector: "ab" });
    assert.equal(await read(), undefined);
    for (const text of ["- 1\n", "detector: ab\nframe: {}\n", "a: [\n"]) {
      await Deno.writeTextFile(join(folder, OPERATING_FILE), text);
      await assert.rejects(read(), (error: Error) => {
        assert.ok(error instanceof UnfitFile);
        return /validation\.yaml cannot be read.*Delete it/s.test(error.message);
      });
    }
    await Deno.writeTextFile(join(folder, OPERATING_FILE), "detector: cd\n");
    assert.equal(await read(), undefined);
  });
});
