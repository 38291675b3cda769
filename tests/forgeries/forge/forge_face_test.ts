import assert from "node:assert/strict";
import { join } from "node:path";
import type { RealFace } from "lib/forgeries/forge/real_face.ts";
import { type DonorPlan, type FaceForging, forgeFace } from "lib/forgeries/forge/forge_face.ts";
import { variantReach } from "lib/forgeries/variants.ts";
import { readImage } from "lib/media/image.ts";
import { filesIn } from "../../data/prepare/made_data_set.ts";
import { inFolder } from "../../in_folder.ts";
import { madeFace } from "./made_faces.ts";

const HOW: FaceForging = {
  ...{ size: 40, variants: 1, kinds: ["NT", "DF"], seed: 1, format: "png", quality: 95 },
};

const plan = (donor: RealFace, { variants, kinds }: FaceForging): DonorPlan =>
  Array.from({ length: variants }, () => kinds.map(() => ({ face: donor, mirrored: false })));

Deno.test("forgeFace gives as many different crops as there are variants, the first exact, and the same twice", () =>
  inFolder(async (folder) => {
    const how = { ...HOW, variants: 3 }, edge = variantReach(40);
    const [face, donor] = await Promise.all(
      ["a", "b"].map((name) => madeFace(folder, name, 40 + 2 * edge)),
    );
    const make = async (name: string) => {
      const out = join(folder, name);
      const made = await forgeFace({ face, donors: plan(donor, how) }, { folder: out, how });
      return { made, files: await filesIn(out), out };
    };
    const { made, files, out } = await make("one");
    assert.deepEqual((await make("two")).files, files);
    assert.deepEqual(made.remarks, []);
    assert.deepEqual(
      made.files.map(({ file, source, people }) => [file, source, ...people]).slice(0, 3),
      [
        ["real-0.png", undefined, "a"],
        ["NT-0.png", "real-0.png", "a", "b"],
        ["DF-0.png", "real-0.png", "a", "b"],
      ],
    );
    assert.equal(made.files.length, 9);
    assert.equal(new Set(made.files.map(({ content }) => content)).size, 9);
    const wide = await readImage(face.crop), exact = await readImage(join(out, "real-0.png"));
    for (const [x, y] of [[0, 0], [39, 0], [17, 39]]) {
      const from = ((y + edge) * wide.width + x + edge) * 3, to = (y * 40 + x) * 3;
      assert.deepEqual(exact.data.slice(to, to + 3), wide.data.slice(from, from + 3));
    }
  }));

Deno.test("forgeFace distorts real and fake alike: outside of the mask they stay equal", () =>
  inFolder(async (folder) => {
    const how: FaceForging = { ...HOW, kinds: ["NT"], distortion: { kind: "GNC", level: 3 } };
    const [face, donor] = await Promise.all(["a", "b"].map((name) => madeFace(folder, name, 40)));
    const out = join(folder, "out"), donors = plan(donor, how);
    const { files: [real, fake] } = await forgeFace({ face, donors }, { folder: out, how });
    const [a, b, plain] = await Promise.all(
      [join(out, real.file), join(out, fake.file), face.crop].map((path) => readImage(path)),
    );
    const mask = await readImage(join(out, fake.mask!));
    let outside = 0, differing = 0, distorted = 0;
    for (let i = 0; i < a.data.length; i++) {
      if (a.data[i] !== plain.data[i]) distorted++;
      if (mask.data[i] > 0) differing += a.data[i] === b.data[i] ? 0 : 1;
      else outside += a.data[i] === b.data[i] ? 0 : 1;
    }
    assert.equal(outside, 0);
    assert.ok(differing > 50 && distorted > a.data.length / 2);
  }));

Deno.test("forgeFace remarks upon what cannot be made, and makes the rest", () =>
  inFolder(async (folder) => {
    const [face, donor] = await Promise.all(["a", "b"].map((name) => madeFace(folder, name, 40)));
    const out = join(folder, "out"), [[choice]] = plan(donor, HOW);
    const lone = await forgeFace({ face, donors: [[undefined, choice]] }, {
      folder: out,
      how: HOW,
    });
    assert.deepEqual(lone.remarks, [
      { what: "no donor", detail: "NT: there is no other person in train" },
    ]);
    assert.deepEqual(lone.files.map(({ method }) => method), ["real", "DF"]);
    const same = await forgeFace({ face, donors: plan(face, HOW) }, { folder: out, how: HOW });
    assert.match(same.remarks[0].detail, /NT: the fake is the same picture as the real one/);
    await Deno.writeTextFile(donor.crop, "no picture");
    const torn = await forgeFace({ face, donors: plan(donor, HOW) }, { folder: out, how: HOW });
    assert.deepEqual(torn.files, []);
    assert.deepEqual(torn.remarks.map(({ what }) => what), ["unreadable", "unreadable"]);
    assert.ok(!torn.remarks[0].detail.includes(folder), "a report is the same on every machine");
  }));
