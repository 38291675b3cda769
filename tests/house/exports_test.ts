/** No export without a user. */

import assert from "node:assert/strict";
import { exportUsers } from "./export_users.ts";
import { projectFiles } from "./sources.ts";

Deno.test("every export of lib is used by another file of lib, a notebook, the README or a test", async () => {
  const exports = await exportUsers(await projectFiles());
  const unused = exports.filter(({ used, tested }) => !used && !tested);
  assert.deepEqual(unused.map(({ file, name }) => `${file}: ${name}`), []);
});

Deno.test("exportUsers tells users by where they are, and takes types along with their function", async () => {
  const users = [
    {
      path: "lib/media/contact_sheet.ts",
      text: 'import { readImage as read } from "lib/media/image.ts";',
    },
    { path: "tests/made.ts", text: 'const { dataUri } = await import("lib/media/data_uri.ts");' },
    {
      path: "notebooks/made.ipynb",
      text: notebook('import * as m from "lib/media/crop.ts"; m.cropFace;'),
    },
    {
      path: "README.md",
      text: '```ts\nimport { writeImage } from "lib/media/write_image.ts";\n```',
    },
    { path: "README.md", text: 'import { mirrorImage } from "lib/media/crop.ts"; in no block' },
  ];
  const files = ["image", "data_uri", "crop", "write_image"].map((name) => ({
    path: `lib/media/${name}.ts`,
    text: "", // exports are read from the file that is there
  }));
  const of = new Map(
    (await exportUsers([...files, ...users])).map((
      { name, used, tested },
    ) => [name, { used, tested }]),
  );
  for (
    const name of ["readImage", "RgbImage", "ReadOptions", "cropFace", "CropOptions", "writeImage"]
  ) {
    assert.deepEqual(of.get(name), { used: true, tested: false }, name);
  }
  for (const name of ["dataUri", "DataUriOptions"]) {
    assert.deepEqual(of.get(name), { used: false, tested: true }, name);
  }
  for (const name of ["readMask", "mirrorImage", "intoCrop"]) {
    assert.deepEqual(of.get(name), { used: false, tested: false }, name);
  }
});

const notebook = (code: string) =>
  JSON.stringify({ cells: [{ cell_type: "code", source: code.split(/(?<=;)/) }] });
