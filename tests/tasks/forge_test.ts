import assert from "node:assert/strict";
import { join } from "node:path";
import { FORGERS } from "lib/forgeries/forgers.ts";
import { FORGE_SETTINGS } from "lib/forgeries/forge/forge_settings.ts";
import { csvRows } from "lib/io/csv_rows.ts";
import { parseForgeOptions, USAGE } from "lib/tasks/forge/forge_options.ts";
import { forge } from "lib/tasks/forge/forge_run.ts";
import { filesIn } from "../data/prepare/made_data_set.ts";
import { madeManifest } from "../forgeries/forge/made_faces.ts";
import { inFolder } from "../in_folder.ts";

Deno.test("parseForgeOptions takes the defaults and what is said, and refuses the rest", () => {
  assert.deepEqual(parseForgeOptions(["p", "--out", "o"]), {
    input: "p",
    out: "o",
    settings: FORGE_SETTINGS,
  });
  const said =
    "p --out o --kinds NT --seed 3 --people folder --validation 0 --test 0.5 --variants 2 " +
    "--size 64 --margin 0.3 --score 0.5 --long-side 480 --format png --quality 80 --distort GB:2 " +
    "--at-once 3";
  assert.deepEqual(parseForgeOptions(said.split(" ")), {
    input: "p",
    out: "o",
    settings: {
      ...{ kinds: ["NT"], seed: 3, people: "folder", validation: 0, test: 0.5, variants: 2 },
      cut: { size: 64, margin: 0.3, minScore: 0.5, longSide: 480, format: "png", quality: 80 },
      distortion: { kind: "GB", level: 2 },
    },
    atOnce: 3,
  });
  assert.equal(parseForgeOptions(["--help"]), "help");
  for (
    const [args, words] of [
      ["--out o", /Name one folder/],
      ["p", /--out/],
      ["p --out o --size small", /size is NaN/],
      ["p --out o --test 0.7", /test is 0.7/],
      ["p --out o --kinds DF,DF", /kinds is DF,DF/],
      ["p --out o --at-once 0", /--at-once is "0"/],
      ["p --out o --colour", /colour/],
    ] as const
  ) assert.throws(() => parseForgeOptions(args.split(" ")), words);
  for (const name of Object.keys(FORGERS)) assert.match(USAGE, new RegExp(`of\\n.*\\b${name}\\b`));
});

Deno.test("forge says what was made and what was not, goes on when stopped, and what to do next", () =>
  inFolder(async (folder) => {
    const manifest = await madeManifest(join(folder, "set"), ["a", "b", "c", "d"]);
    const run = async (name: string, signal = new AbortController().signal) => {
      const lines: string[] = [], out = join(folder, name);
      const options = parseForgeOptions([manifest, "--out", out, "--kinds", "DF,NT"]);
      assert.ok(options !== "help");
      const code = await forge(options, { signal, say: (line) => lines.push(line) });
      return { code, said: lines.join("\n"), out };
    };
    const { code, said, out } = await run("out");
    assert.equal(code, 0, said);
    assert.match(said, /^Fakes of .*manifest.csv by DF, NT; label 0 = real/);
    assert.match(said, /3 real faces; pairs go to/);
    assert.match(said, /6 pairs \(3 DF, 3 NT\) of 3 faces of 3 people: .*manifest.csv/);
    assert.match(said, /train 3 real and 6 fake/);
    assert.match(said, /Look at .*contact_sheet.png/);
    assert.match(said, /Next: deno task train --data .*manifest.csv/);
    const report = await Array.fromAsync(csvRows(join(out, "report.csv"), ["video", "what"]));
    assert.deepEqual(report.map(({ cells: { video, what } }) => [video, what]), [
      ["d", "no landmarks"],
    ]);
    const stop = new AbortController(), stopped = run("stopped", stop.signal);
    stop.abort(new DOMException("Interrupted.", "AbortError"));
    await assert.rejects(stopped, /Interrupted/);
    const again = await run("stopped");
    assert.deepEqual(await filesIn(again.out), await filesIn(out));
    assert.match((await run("out")).said, /3 kept from before/);
  }));

Deno.test("forge says that nothing could be made, and why, with exit code 1", () =>
  inFolder(async (folder) => {
    const manifest = await madeManifest(join(folder, "set"), ["a", "b"]);
    const options = parseForgeOptions([manifest, "--out", join(folder, "out"), "--kinds", "DF"]);
    assert.ok(options !== "help");
    const lines: string[] = [], { signal } = new AbortController();
    assert.equal(await forge(options, { signal, say: (line) => lines.push(line) }), 1);
    assert.match(lines.join("\n"), /0 pairs \(none\).*\n.*\n.*Nothing could be made.*two people/s);
    await assert.rejects(Deno.stat(join(folder, "out", "manifest.csv")), Deno.errors.NotFound);
  }));
