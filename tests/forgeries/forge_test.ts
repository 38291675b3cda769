import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { contentName } from "lib/data/fingerprint.ts";
import { readManifest } from "lib/data/manifest.ts";
import { cutName, PREPARE_SETTINGS, readCut } from "lib/data/prepare/prepare_settings.ts";
import { assertDisjoint, type Sample } from "lib/data/samples.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { readLandmarks } from "lib/faces/landmark_file.ts";
import { Forging } from "lib/forgeries/forge.ts";
import type { ForgeSummary } from "lib/forgeries/forge/forge_outcome.ts";
import { FORGE_SETTINGS, type ForgeSettings } from "lib/forgeries/forge/forge_settings.ts";
import { csvRows } from "lib/io/csv_rows.ts";
import { readImage, readMask } from "lib/media/image.ts";
import { filesIn } from "../data/prepare/made_data_set.ts";
import { temporaryFolder } from "../media/made_clips.ts";

const KINDS = ["DF", "F2F", "FS", "NT"];
const SETTINGS: ForgeSettings = { ...FORGE_SETTINGS, kinds: KINDS, cut: { size: 48 } };

interface Forged {
  readonly summary: ForgeSummary;
  /** Faces that this run has worked on. */
  readonly worked: number;
}

async function forgeAll(
  input: string,
  folder: string,
  { atOnce = 2, ...change }: Partial<ForgeSettings> & { atOnce?: number } = {},
): Promise<Forged> {
  const settings = { ...SETTINGS, ...change };
  await using forging = await Forging.open(input, { folder, settings });
  for await (const { failed } of forging.find()) assert.ok(!failed);
  let worked = 0;
  for await (const _ of forging.run({ atOnce })) worked++;
  return { summary: await forging.join(), worked };
}

/** Everything below a folder but what belongs to the search for faces. */
const madeIn = async (folder: string) =>
  Object.fromEntries(
    Object.entries(await filesIn(folder)).filter(([path]) => !path.startsWith("faces")),
  );

/** The demo photographs' pairs, made once for all tests: finding the faces is most of the time. */
let first: Promise<{ folder: string; forged: Forged; samples: Sample[] }> | undefined;
const folder = await temporaryFolder(), PHOTOGRAPHS = join(folder.path, "photographs");
await Deno.mkdir(PHOTOGRAPHS);
for (const photograph of demoPhotographs().slice(0, 4)) { // 13 faces
  await Deno.copyFile(photograph, join(PHOTOGRAPHS, basename(photograph)));
}
Deno.test.afterAll(async () => await folder[Symbol.asyncDispose]());

const demo = () =>
  first ??= forgeAll(PHOTOGRAPHS, join(folder.path, "demo")).then(async (forged) => ({
    folder: join(folder.path, "demo"),
    forged,
    samples: await readManifest(join(folder.path, "demo", "manifest.csv")),
  }));

Deno.test("Forging makes pairs of the demo photographs, with nobody in two splits", async () => {
  const { folder, forged: { summary }, samples } = await demo();
  assert.ok(summary.faces >= 12 && summary.people === summary.faces, `${summary.faces} faces`);
  assert.equal(summary.pairs, samples.filter(({ label }) => label === 1).length);
  assert.equal(summary.pairs + summary.refused, summary.faces * KINDS.length);
  assert.ok(summary.pairs > 0.9 * summary.faces * KINDS.length, `${summary.pairs} pairs`);
  assert.deepEqual(assertDisjoint(samples), []);
  assert.deepEqual(new Set(samples.map(({ split }) => split)).size, 3);
  const reals = new Map(
    samples.filter(({ label }) => label === 0).map((real) => [real.path, real]),
  );
  for (const sample of samples) {
    const { path, label, identities, mask, source, content, cut, landmarks } = sample;
    assert.equal(contentName(await Deno.readFile(join(folder, path))), content);
    assert.equal(cut, cutName({ ...PREPARE_SETTINGS, size: 48 }));
    const { width, height } = await readImage(join(folder, path));
    assert.deepEqual([width, height], [48, 48]);
    if (label === 0) {
      const known = await readLandmarks(join(folder, landmarks!));
      assert.equal(known.landmarks.length, 68);
      continue;
    }
    assert.deepEqual(identities.length, new Set(identities).size);
    assert.deepEqual(reals.get(source!)!.identities, identities.slice(0, 1));
    assert.equal(reals.get(source!)!.split, sample.split);
    const { data } = await readMask(join(folder, mask!));
    assert.ok(data.some((value) => value > 0) && data.some((value) => value === 0), path);
  }
  assert.deepEqual((await readCut(join(folder, "manifest.csv")))?.cut, { ...FACE_CUT, size: 48 });
  const report = await Array.fromAsync(
    csvRows(join(folder, "report.csv"), ["video", "what", "detail"]),
  );
  const profile = report.find(({ cells }) => cells.what === "no landmarks")!.cells;
  assert.match(`${profile.video} ${profile.detail}`, /^sample2\.jpg .*seen from the side/);
  const sheet = await readImage(join(folder, "contact_sheet.png"));
  assert.ok(sheet.width > 9 * 96 && sheet.height > 10 * 96);
});

Deno.test("Forging gives the same bytes however many faces are worked on at once, and does none twice", async () => {
  const { folder } = await demo(), other = join(dirname(folder), "other");
  await Deno.mkdir(other);
  await new Deno.Command("cp", { args: ["-r", join(folder, "faces"), other] }).output();
  const settings = await Deno.readTextFile(join(folder, "settings.json"));
  await Deno.writeTextFile(join(other, "settings.json"), settings);
  await forgeAll(PHOTOGRAPHS, other, { atOnce: 7 });
  const made = await madeIn(folder);
  assert.deepEqual(await madeIn(other), made);
  const lost = Object.keys(made).find((path) => path.endsWith("real-0.jpg"))!;
  await Deno.remove(join(other, dirname(lost)), { recursive: true });
  assert.equal((await forgeAll(PHOTOGRAPHS, other)).worked, 1);
  assert.deepEqual(await madeIn(other), made);
});

Deno.test("Forging writes real and fake by one encoder: no byte before the pixels differs", async () => {
  const { folder, samples } = await demo();
  const headers = new Set<string>();
  for (const { path } of samples) {
    const bytes = await Deno.readFile(join(folder, path));
    const tables = quantisationTables(bytes);
    assert.ok(tables.length >= 2 * 64);
    headers.add(tables.toHex() + frameHeader(bytes).toHex());
  }
  assert.equal(headers.size, 1);
});

/** The segments of a JPEG up to its scan, by marker. */
function* segments(bytes: Uint8Array): Generator<{ marker: number; body: Uint8Array }> {
  for (let at = 2; at < bytes.length;) {
    const marker = bytes[at + 1], length = bytes[at + 2] << 8 | bytes[at + 3];
    yield { marker, body: bytes.subarray(at + 4, at + 2 + length) };
    if (marker === 0xda) return;
    at += 2 + length;
  }
}

const joined = (bytes: Uint8Array, wanted: (marker: number) => boolean) =>
  Uint8Array.from(
    [...segments(bytes)].flatMap(({ marker, body }) =>
      wanted(marker) ? [marker, ...body] : [marker]
    ),
  );
const quantisationTables = (bytes: Uint8Array) => joined(bytes, (marker) => marker === 0xdb);
/** All but the Huffman tables, which follow from what is coded. */
const frameHeader = (bytes: Uint8Array) => joined(bytes, (marker) => marker !== 0xc4);

Deno.test("A detector of file lengths is near chance: what is left is content, told in the README", async () => {
  const { folder, samples } = await demo();
  const lengths = { real: [] as number[], fake: [] as number[] };
  for (const { path, label } of samples) {
    lengths[label === 0 ? "real" : "fake"].push((await Deno.stat(join(folder, path))).size);
  }
  let area = 0; // how often a fake's file is longer than a real one's; equal ones count half
  for (const fake of lengths.fake) {
    for (const real of lengths.real) area += fake > real ? 1 : fake === real ? 0.5 : 0;
  }
  area /= lengths.fake.length * lengths.real.length;
  assert.ok(Math.abs(area - 0.5) < 0.15, `AUC of file length ${area}`);
});

Deno.test("Forging takes the real faces of a prepared manifest, with its people and splits", async () => {
  const { folder } = await demo(), out = join(dirname(folder), "again");
  const manifest = join(folder, "faces", "manifest.csv");
  const { summary } = await forgeAll(manifest, out, { kinds: ["NT"], cut: {} });
  assert.ok(summary.pairs >= 10);
  const splits = new Map((await readManifest(manifest)).map(({ video, split }) => [video, split]));
  for (
    const { video, split, label, dataset, identities } of await readManifest(
      join(out, "manifest.csv"),
    )
  ) {
    assert.equal(splits.get(label === 1 ? video.slice(3) : video), split);
    assert.match(video, /sample\d\.jpg\/\d$/); // whose faces were told apart
    assert.equal(dataset, "stand-ins of stand-ins of photographs");
    assert.equal(identities.length, 1 + label);
  }
});

Deno.test("Forging refuses what will not do, naming it", async () => {
  const { folder } = await demo(), out = join(dirname(folder), "refused");
  const open = (path: string, to: string, change: Partial<ForgeSettings> = {}) =>
    Forging.open(path, { folder: to, settings: { ...SETTINGS, ...change } });
  const manifest = join(folder, "faces", "manifest.csv");
  const cases: [Parameters<typeof open>, RegExp][] = [
    [[PHOTOGRAPHS, folder, { seed: 2 }], /other settings: seed was 1 and is 2/],
    [[PHOTOGRAPHS, join(PHOTOGRAPHS, "out")], /is in the data set's own folder/],
    [[join(folder, "nothing"), out], /there is nothing there/],
    [[folder, out], /is a prepared data set. Name its manifest/],
    [[manifest, out], /setting size is for photographs/],
    [[manifest, out, { cut: {}, variants: 2 }], /setting variants is for photographs/],
    [[manifest, dirname(manifest), { cut: {} }], /own folder/],
    [[PHOTOGRAPHS, out, { kinds: ["GAN"] }], /no forger "GAN"/],
    [
      [PHOTOGRAPHS, out, { kinds: ["DF", "DF"] }],
      /kinds is DF,DF, but must be names, each once/,
    ],
    [[dirname(folder), dirname(folder)], /own folder/],
  ];
  for (const [args, words] of cases) await assert.rejects(open(...args), words);
  await Deno.mkdir(join(out, "empty"), { recursive: true });
  await assert.rejects(open(join(out, "empty"), join(out, "to")), /There are no photographs/);
  await Deno.writeTextFile(join(out, "mine.txt"), "precious");
  await assert.rejects(open(PHOTOGRAPHS, out), /holds "empty"|holds "mine.txt"/);
  assert.equal(await Deno.readTextFile(join(out, "mine.txt")), "precious");
});
