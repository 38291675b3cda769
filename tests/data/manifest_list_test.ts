import assert from "node:assert/strict";
import { join } from "node:path";
import { manifestRows, readManifest, writeManifest } from "lib/data/manifest.ts";
import { openManifestList } from "lib/data/manifest_list.ts";
import { type SampleList, sampleList } from "lib/data/sample_list.ts";
import { assertDisjoint, type Sample, type Split } from "lib/data/samples.ts";
import { inFolder } from "../in_folder.ts";

const METHODS = ["real", "DF", "F2F"], SPLITS: Split[] = ["train", "validation", "test"];

/** Samples of two data sets, five frames a video, with names that are hard to write down among them. */
const SAMPLES = Array.from({ length: 900 }, (_, i): Sample => {
  const video = Math.floor(i / 5), method = METHODS[video % 3], group = Math.floor(video / 3);
  const path = (method: string) =>
    `${method}/${group}/${i % 5} ${group === 4 ? '"quoted", é\n' : ""}.png`;
  return {
    path: path(method),
    label: method === "real" ? 0 : 1,
    dataset: group % 7 === 0 ? "other" : "mine",
    method,
    video: `${method}/${group}`,
    split: SPLITS[group % 3],
    frame: i % 5,
    identities: method === "real" ? [`${group}`] : [`${group}`, `donor ${group}`],
    ...method === "F2F" ? { mask: `${i}.mask.png` } : {},
    ...method === "DF" ? { source: path("real") } : {},
    ...i % 3 ? { landmarks: `${i}.landmarks.json` } : {},
    ...i % 2 ? { content: `${i}`.padStart(32, "0"), cut: "c" } : {},
  };
});

/** All that a list says of its samples. */
const said = (list: SampleList) => ({
  places: Array.from({ length: list.length }, (_, i) => [
    list.sample(i),
    list.label(i),
    list.split(i),
    list.method(i),
    list.hasMask(i),
    list.hasContent(i),
    list.hasLandmarks(i),
  ]),
  samples: [...list],
  sources: [...list.sources()],
});

Deno.test("openManifestList says of every part of a manifest what an array of its samples says", () =>
  inFolder(async (folder) => {
    const path = join(folder, "manifest.csv");
    await writeManifest(path, SAMPLES);
    const heard: Sample[] = [];
    using list = await openManifestList(path, { each: (sample) => void heard.push(sample) });
    assert.deepEqual(heard, SAMPLES);
    assert.deepEqual(said(list), said(sampleList(SAMPLES)));
    for (const dataset of [undefined, "mine", "other", "none"]) {
      for (const split of SPLITS) {
        const expected = SAMPLES.filter((sample) =>
          (dataset === undefined || sample.dataset === dataset) && sample.split === split
        );
        assert.deepEqual(
          said(list.where({ dataset }).where({ split })),
          said(sampleList(expected)),
        );
      }
    }
    assert.equal(list.sample(899).path, SAMPLES[899].path); // from the end and back
    assert.equal(list.sample(0).path, SAMPLES[0].path);
  }));

Deno.test("ManifestList.origins are few, and as many as apartness needs", () =>
  inFolder(async (folder) => {
    const path = join(folder, "manifest.csv");
    const judged = (samples: Iterable<Sample>) => {
      try {
        return assertDisjoint(samples);
      } catch (error) {
        return (error as Error).message;
      }
    };
    const leaks: Partial<Sample>[] = [
      {},
      { split: "test" },
      { video: "DF/0", identities: ["0", "new"] },
      { identities: ["100"] },
    ];
    for (const leak of leaks) {
      const samples = [...SAMPLES, { ...SAMPLES[4], ...leak }];
      await writeManifest(path, samples);
      using list = await openManifestList(path);
      assert.deepEqual(judged(list.origins()), judged(samples));
      assert.equal([...list.origins()].length, 180 + (Object.keys(leak).length > 0 ? 1 : 0));
    }
  }));

Deno.test("openManifestList reads the file that it opened, and refuses one that is changed in place", () =>
  inFolder(async (folder) => {
    const path = join(folder, "manifest.csv");
    await writeManifest(path, SAMPLES);
    using list = await openManifestList(path);
    await writeManifest(path, SAMPLES.slice(0, 5)); // another file in its place
    assert.deepEqual(list.sample(700), SAMPLES[700]);
    using other = await openManifestList(path);
    await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("real/0", "fake/0"));
    await Deno.utime(path, 1, 1);
    assert.throws(() => other.sample(2), /manifest\.csv" was changed while it was in use/);
  }));

Deno.test("openManifestList refuses what manifestRows refuses, in the same words, and leaves no file open", () =>
  inFolder(async (folder) => {
    const path = join(folder, "manifest.csv");
    const words = async (run: () => Promise<unknown>) => {
      const { message } = await run().then(() => new Error("taken"), (error: Error) => error);
      return message;
    };
    await writeManifest(path, SAMPLES);
    const good = await Deno.readTextFile(path), lines = good.split("\n");
    const texts = ["", lines[0].replace("label", "x"), good + "short,row\n", good + '"\n'];
    for (const text of [...texts, good.replace("mine", ""), good.replace(",0,", ",2,")]) {
      await Deno.writeTextFile(path, text);
      const refusal = await words(() => openManifestList(path));
      assert.notEqual(refusal, "taken");
      assert.equal(refusal, await words(() => readManifest(path)));
    }
    const absent = join(folder, "absent.csv");
    assert.equal(
      await words(() => openManifestList(absent)),
      await words(() => Array.fromAsync(manifestRows(absent))),
    );
    await Deno.writeTextFile(path, lines[0]);
    using empty = await openManifestList(path);
    assert.deepEqual([empty.length, [...empty], [...empty.origins()]], [0, [], []]);
  }));

Deno.test("openManifestList works in a heap that is too small for the samples", () =>
  inFolder(async (folder) => {
    const path = join(folder, "manifest.csv"), rows = 150_000;
    const row = (i: number) =>
      `${"deep/".repeat(20)}${i}.png,1,mine,DF,v${i >> 4},train,${i},a${i >> 4},`;
    const lines = Array.from({ length: rows }, (_, i) => row(i));
    const heading = "path,label,dataset,method,video,split,frame,identities,mask";
    await Deno.writeTextFile(path, [heading, ...lines].join("\n"));
    const runs = async (ending: string) => {
      const program = `
        import { readManifest } from "lib/data/manifest.ts";
        import { openManifestList } from "lib/data/manifest_list.ts";
        ${ending}
      `;
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--v8-flags=--max-old-space-size=48", program, path],
        stderr: "null",
      }).output();
      return new TextDecoder().decode(stdout);
    };
    const list =
      "using list = await openManifestList(Deno.args[0]); console.log(list.sample(77777).path)";
    assert.match(await runs(list), /deep\/77777\.png$/m);
    const all = "console.log((await readManifest(Deno.args[0]))[77777].path)";
    assert.equal(await runs(all), ""); // out of memory: the limit means something
  }));
