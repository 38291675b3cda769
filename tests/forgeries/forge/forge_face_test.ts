import assert from "node:assert/strict";
import { join } from "node:path";
import type { Point } from "lib/faces/face.ts";
import { type DonorPlan, type FaceForging, forgeFace } from "lib/forgeries/forge/forge_face.ts";
import type { RealFace } from "lib/forgeries/forge/real_face.ts";
import { variantReach } from "lib/forgeries/variants.ts";
import { readImage } from "lib/media/image.ts";
import { writeImage } from "lib/media/write_image.ts";
import { createRandom } from "lib/random.ts";
import { filesIn } from "../../data/prepare/made_data_set.ts";
import { inFolder } from "../../in_folder.ts";

/** Landmarks of an upright face in a square of this side. */
function landmarks(side: number): Point[] {
  const at = (x: number, y: number): Point => [x * side, y * side];
  const arc = (n: number, [x, y]: Point, [rx, ry]: Point, [from, to]: Point): Point[] =>
    Array.from({ length: n }, (_, i) => {
      const angle = from + (to - from) * i / (n - 1);
      return at(x + rx * Math.cos(angle), y + ry * Math.sin(angle));
    });
  const turn = 5 / 3 * Math.PI;
  return [
    ...arc(17, [0.5, 0.45], [0.28, 0.38], [Math.PI, 0]),
    ...arc(5, [0.37, 0.38], [0.09, 0.03], [Math.PI, 2 * Math.PI]),
    ...arc(5, [0.63, 0.38], [0.09, 0.03], [Math.PI, 2 * Math.PI]),
    ...[0.44, 0.48, 0.52, 0.56].map((y) => at(0.5, y)),
    ...arc(5, [0.5, 0.58], [0.06, 0.02], [Math.PI, 0]),
    ...arc(6, [0.38, 0.44], [0.05, 0.02], [Math.PI, Math.PI + turn]),
    ...arc(6, [0.62, 0.44], [0.05, 0.02], [Math.PI, Math.PI + turn]),
    ...arc(12, [0.5, 0.68], [0.1, 0.04], [Math.PI, Math.PI + 2 * Math.PI * 11 / 12]),
    ...arc(8, [0.5, 0.68], [0.07, 0.015], [Math.PI, Math.PI + 2 * Math.PI * 7 / 8]),
  ];
}

/** A made-up face in a file. */
async function madeFace(folder: string, name: string, side: number): Promise<RealFace> {
  const random = createRandom(1, name), tint = [0, 1, 2].map(() => random.integer(80));
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % side, y = Math.floor(i / 3 / side);
    return 90 + tint[i % 3] + 40 * Math.sin(x / 5) * Math.cos(y / 7) + random.integer(9);
  });
  const crop = join(folder, `${name}.png`);
  await writeImage(crop, { data, width: side, height: side });
  return {
    ...{ name, crop, mark: name, dataset: "made", video: name, frame: 0, split: "train" },
    box: [0.2 * side, 0.2 * side, 0.8 * side, 0.8 * side],
    people: [name],
    landmarks: landmarks(side).map(([x, y], i): Point =>
      i < 48 ? [x, y] : [x, y + (name === "b" && i > 53 && i < 60 ? 0.06 * side : 0)]
    ),
    size: side,
  };
}

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
