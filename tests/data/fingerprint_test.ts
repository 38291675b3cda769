import assert from "node:assert/strict";
import { join } from "node:path";
import { assertContents, contentName, fingerprintOf } from "lib/data/fingerprint.ts";
import { writeManifest } from "lib/data/manifest.ts";
import type { Sample } from "lib/data/samples.ts";
import { sha256 } from "lib/io/sha256.ts";
import { inFolder } from "../in_folder.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Two "pictures" with their manifest; whether it holds their contents. */
async function makeSet(
  folder: string,
  { first = "a", stored = true, cut = "11111111", landmarks }: {
    first?: string;
    stored?: boolean;
    cut?: string;
    landmarks?: string;
  } = {},
): Promise<{ manifest: string; samples: Sample[] }> {
  await Deno.mkdir(folder, { recursive: true });
  const samples = [first, "b"].map((text, i): Sample => ({
    path: `${i}.png`,
    label: 0,
    dataset: "mine",
    method: "real",
    video: `${i}`,
    split: "test",
    frame: 0,
    identities: [],
    ...stored ? { content: contentName(bytesOf(text)), cut } : {},
    ...landmarks === undefined ? {} : { landmarks: `${i}.${landmarks}.json` },
  }));
  await Deno.writeTextFile(join(folder, "0.png"), first);
  await Deno.writeTextFile(join(folder, "1.png"), "b");
  const manifest = join(folder, "manifest.csv");
  await writeManifest(manifest, samples);
  return { manifest, samples };
}

Deno.test("fingerprintOf tells sets apart by content and cut, and not by where they lie", async () => {
  await inFolder(async (folder) => {
    const of = async (name: string, options: Parameters<typeof makeSet>[1]) =>
      (await fingerprintOf((await makeSet(join(folder, name), options)).manifest)).sha256;
    const one = await of("one", {});
    assert.equal(await of("moved", {}), one);
    assert.notEqual(await of("other pixel", { first: "c" }), one);
    assert.notEqual(await of("other cut", { cut: "22222222" }), one);
    const marked = await of("landmarks", { landmarks: "1a" });
    assert.notEqual(marked, one);
    assert.notEqual(await of("other landmarks", { landmarks: "2b" }), marked);
  });
});

Deno.test("fingerprintOf gives sets without landmarks the identity that they have always had", async () => {
  await inFolder(async (folder) => {
    const { manifest } = await makeSet(folder);
    const rows = ["a", "b"].map((text, i) =>
      JSON.stringify(
        [
          `${i}.png`,
          0,
          "mine",
          "real",
          `${i}`,
          "test",
          0,
          [],
          "",
          "11111111",
          contentName(bytesOf(text)),
        ],
      ) + "\n"
    );
    assert.equal((await fingerprintOf(manifest)).sha256, sha256(...rows));
  });
});

Deno.test("fingerprintOf reads the files of a list that holds no contents, and names a missing one", async () => {
  await inFolder(async (folder) => {
    const { manifest } = await makeSet(folder, { stored: false });
    const files: string[] = [];
    const { read, samples, sha256 } = await fingerprintOf(manifest, {
      onFile: (path) => files.push(path),
    });
    assert.deepEqual([read, samples, files], [2, 2, [
      join(folder, "0.png"),
      join(folder, "1.png"),
    ]]);
    await Deno.writeTextFile(join(folder, "1.png"), "c"); // of the same size
    assert.notEqual((await fingerprintOf(manifest)).sha256, sha256);
    await Deno.remove(join(folder, "1.png"));
    await assert.rejects(fingerprintOf(manifest), /1\.png.*not there.*Prepare the data set anew/);
    const without = await fingerprintOf(manifest, { skipUnreadable: true });
    assert.deepEqual(await fingerprintOf(manifest, { skipUnreadable: true }), without);
    assert.notEqual(without.sha256, sha256);
  });
});

Deno.test("assertContents names a file that is another one than the manifest was written for", async () => {
  await inFolder(async (folder) => {
    const { manifest, samples } = await makeSet(folder);
    await assertContents(samples, { manifest });
    await Deno.writeTextFile(join(folder, "0.png"), "z");
    await assert.rejects(
      assertContents(samples, { manifest }),
      /0\.png.*is not the picture.*doctor/,
    );
  });
});
