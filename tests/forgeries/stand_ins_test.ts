import assert from "node:assert/strict";
import { join } from "node:path";
import { startEngine } from "lib/engine/engine.ts";
import { assertDisjoint } from "lib/data/samples.ts";
import { makeStandIns } from "lib/forgeries/stand_ins.ts";
import type { StandIn, StandIns } from "lib/forgeries/stand_ins/stand_in.ts";
import { pack, unpack } from "lib/forgeries/stand_ins/stand_in_cache.ts";
import { standInSheet } from "lib/forgeries/stand_ins/stand_in_sheet.ts";

const METHODS = ["DF", "F2F", "FS", "NT"] as const;
/** Made once for all tests: finding the faces is most of the time, and the engine shortens it. */
let made: Promise<StandIns> | undefined;
const standIns = () =>
  made ??= startEngine().then(() => makeStandIns({ size: 96, variants: 2, seed: 3, cache: null }));
const both = ({ train, test }: StandIns): StandIn[] => [...train, ...test];

Deno.test("makeStandIns gives each of 21 faces its real crops and four manipulations", async () => {
  const { train, test } = await standIns();
  assert.equal(train.length + test.length, 21 * 2 * 5);
  assert.ok(test.length >= 5 * 2 * 5 && test.length <= 6 * 2 * 5, `${test.length} test samples`);
  for (const [split, list] of [["train", train], ["test", test]] as const) {
    const faces = new Set(list.map(({ sample }) => sample.video));
    for (const { image, mask, sample, donor } of list) {
      assert.deepEqual([image.width, image.height, image.data.length], [96, 96, 96 * 96 * 3]);
      assert.equal(mask.data.length, 96 * 96);
      assert.equal(sample.split, split);
      assert.equal(sample.label, sample.method === "real" ? 0 : 1);
      assert.equal(donor === undefined, sample.label === 0);
    }
    for (const method of ["real", ...METHODS]) {
      const count = list.filter(({ sample }) => sample.method === method).length;
      assert.equal(count, faces.size * 2, `${method} in ${split}`);
    }
  }
  const paths = both({ train, test }).map(({ sample }) => sample.path);
  assert.equal(new Set(paths).size, paths.length);
});

Deno.test("makeStandIns keeps every face, target or donor, and its likes, in one split", async () => {
  const all = await standIns();
  assertDisjoint(both(all).map(({ sample }) => sample));
  const faces = (list: readonly StandIn[]) =>
    new Set(list.flatMap(({ sample, donor }) => donor ? [sample.video, donor] : [sample.video]));
  const train = faces(all.train), test = faces(all.test);
  assert.deepEqual([...train].filter((face) => test.has(face)), []);
  assert.equal(train.size + test.size, 21);
  for (const { sample, donor } of both(all)) assert.notEqual(sample.video, donor);
});

Deno.test("makeStandIns leaves pixels outside the mask exactly as in the real crop", async () => {
  const all = both(await standIns());
  for (const { image, mask, sample } of all) {
    const variant = sample.path.at(-1);
    const real = all.find((r) => r.sample.path === `stand-ins/${sample.video}/real-${variant}`)!;
    let outside = 0, strong = 0, changed = 0, masked = 0;
    mask.data.forEach((value, pixel) => {
      const differs = [0, 1, 2].some((c) =>
        image.data[pixel * 3 + c] !== real.image.data[pixel * 3 + c]
      );
      if (value === 0 && differs) outside++;
      if (value > 0) masked++;
      if (value >= 128) {
        strong++;
        if (differs) changed++;
      }
    });
    assert.equal(outside, 0, sample.path);
    if (sample.label === 0) {
      assert.equal(masked, 0, sample.path);
    } else {
      assert.ok(strong > 20, `${sample.path}: ${strong} strongly masked pixels`);
      assert.ok(changed / strong > 0.7, `${sample.path}: ${(changed / strong).toFixed(2)} changed`);
      assert.ok(masked / mask.data.length < 0.6, sample.path);
    }
  }
});

Deno.test("makeStandIns masks lie where each method works", async () => {
  const all = both(await standIns());
  const meanRow = ({ mask }: StandIn) => {
    let sum = 0, total = 0;
    mask.data.forEach((v, i) => (sum += v * Math.floor(i / mask.width), total += v));
    return sum / total / mask.height;
  };
  const mean = (method: string) => {
    const rows = all.filter(({ sample }) => sample.method === method).map(meanRow);
    return rows.reduce((a, b) => a + b) / rows.length;
  };
  assert.ok(
    mean("NT") > mean("F2F") && mean("F2F") > mean("DF"),
    "mouth below expression below face",
  );
  const share = (method: string) => {
    const list = all.filter(({ sample }) => sample.method === method);
    return list.reduce((sum, { mask }) => sum + mask.data.filter((v) => v > 0).length, 0) /
      list.length / (96 * 96);
  };
  assert.ok(share("NT") < 0.12 && share("DF") > 0.12 && share("FS") > 0.12);
});

Deno.test("makeStandIns follows from its seed, and keeps what it made on disk", async () => {
  const cache = await Deno.makeTempDir();
  try {
    const lines: string[] = [];
    const options = {
      size: 32,
      variants: 1,
      seed: 4,
      cache,
      notice: (line: string) => lines.push(line),
    };
    const first = await makeStandIns(options);
    assert.deepEqual(lines, []);
    const [file] = [...Deno.readDirSync(cache)];
    const path = join(cache, file.name);
    const written = (await Deno.stat(path)).mtime;
    assert.deepEqual(await makeStandIns(options), first);
    assert.deepEqual((await Deno.stat(path)).mtime, written, "read, not made again");

    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 1] ^= 1;
    await Deno.writeFile(path, bytes);
    assert.deepEqual(await makeStandIns(options), first, "the same seed makes the same pixels");
    assert.match(lines.join(), /damaged: the stand-ins are made again/);
    assert.deepEqual(unpack(await Deno.readFile(path)), first);

    const other = await makeStandIns({ ...options, seed: 5 });
    assert.notDeepEqual(other, first);
    assertDisjoint(both(other).map(({ sample }) => sample));
    assert.equal([...Deno.readDirSync(cache)].length, 2);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});

Deno.test("unpack gives back what pack took, and nothing when a byte is missing or wrong", async () => {
  const { train, test } = await standIns();
  const few = { train: train.slice(0, 3), test: test.slice(0, 2) };
  const bytes = pack(few);
  assert.deepEqual(unpack(bytes), few);
  assert.equal(unpack(bytes.subarray(0, bytes.length - 1)), undefined);
  assert.equal(unpack(bytes.subarray(0, 10)), undefined);
  assert.equal(unpack(new Uint8Array(0)), undefined);
  bytes[40] ^= 4;
  assert.equal(unpack(bytes), undefined);
});

Deno.test("makeStandIns makes the methods that are asked for and refuses bad options", async () => {
  await assert.rejects(makeStandIns({ size: 16 }), RangeError);
  await assert.rejects(makeStandIns({ margin: -1 }), RangeError);
  await assert.rejects(makeStandIns({ variants: 0 }), RangeError);
  await assert.rejects(makeStandIns({ seed: 0.5 }), RangeError);
  await assert.rejects(makeStandIns({ methods: ["DF", "DF"] }), /each once/);
  // @ts-expect-error not one of the four
  await assert.rejects(makeStandIns({ methods: ["XY"] }), /DF, F2F, FS, NT/);
});

Deno.test("standInSheet has a row for each manipulated face and measures it", async () => {
  const { sheet, rows } = await standInSheet(await standIns(), { cell: 24 });
  assert.equal(rows.length, 21 * 4);
  assert.equal(sheet.data.length, sheet.width * sheet.height * 3);
  for (const { masked, changed, meanChange, method } of rows) {
    assert.ok(changed > 0 && changed <= masked && masked < 0.6, method);
    assert.ok(meanChange > 0.3, method);
  }
});
