/** Recipes: a copy that is the same, and ones with a changed crop, a missing one, an extra one, another cut. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readManifest, writeManifest } from "lib/data/manifest.ts";
import { PREPARE_SETTINGS } from "lib/data/prepare/prepare_settings.ts";
import { recipeDifferences, writeRecipe } from "lib/data/recipe.ts";
import { doctorRecipe } from "lib/tasks/doctor/doctor_recipe.ts";
import { parseDoctorOptions } from "lib/tasks/doctor/doctor_options.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpFolder } from "../training/made_up_folder.ts";

/** A prepared folder, as far as a recipe looks. */
async function prepared(folder: string, settings: object = PREPARE_SETTINGS): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(
    join(folder, "settings.json"),
    JSON.stringify({ dataset: "made up", ...settings }),
  );
  return await madeUpFolder(folder, { train: 6, test: 4 });
}

/** The differences of a copy, in short. */
const differences = (recipe: string, manifest: string) =>
  Array.fromAsync(recipeDifferences(recipe, manifest), ({ kind, path }) => `${kind} ${path}`);

Deno.test("recipeDifferences finds none in a copy, and a changed, a missing, an extra and a relabelled crop", async () => {
  await inFolder(async (folder) => {
    const recipe = join(folder, "recipe.jsonl"), own = await prepared(join(folder, "own"));
    assert.equal(await writeRecipe(recipe, own), 10);
    assert.doesNotMatch(await Deno.readTextFile(recipe), /identit|own\//);
    const copy = await prepared(join(folder, "copy")),
      of = (name: string) => join(folder, "copy", name);
    assert.deepEqual(await differences(recipe, copy), []);

    const bytes = await Deno.readFile(of("train-0.png"));
    bytes[bytes.length - 20] ^= 1;
    await Deno.writeFile(of("train-0.png"), bytes);
    await Deno.remove(of("train-1.png"));
    const samples = await readManifest(copy);
    const changed = samples.filter(({ path }) => path !== "test-0.png").map((sample) =>
      sample.path === "test-1.png" ? { ...sample, frame: 7 } : sample
    );
    await Deno.copyFile(of("test-2.png"), of("more.png"));
    await writeManifest(copy, [...changed, { ...samples[0], path: "more.png" }]);
    assert.deepEqual(await differences(recipe, copy), [
      "content train-0.png",
      "missing train-1.png",
      "record test-1.png",
      "extra more.png",
      "missing test-0.png",
    ]);
  });
});

Deno.test("recipeDifferences names each setting of another cut, and a list without settings", async () => {
  await inFolder(async (folder) => {
    const recipe = join(folder, "recipe.jsonl");
    await writeRecipe(recipe, await prepared(join(folder, "own")));
    const other = await prepared(join(folder, "other"), {
      ...PREPARE_SETTINGS,
      margin: 0.3,
      size: 256,
    });
    assert.deepEqual(await differences(recipe, other), ["cut margin", "cut size"]);
    await Deno.remove(join(folder, "other", "settings.json"));
    assert.deepEqual(await differences(recipe, other), ["cut settings.json"]);
    await assert.rejects(writeRecipe(recipe, other), /no settings\.json beside.*prepare/);
  });
});

Deno.test("recipeDifferences refuses what is no recipe, or a later one, or a damaged one", async () => {
  await inFolder(async (folder) => {
    const recipe = join(folder, "recipe.jsonl"), own = await prepared(join(folder, "own"));
    await writeRecipe(recipe, own);
    const text = await Deno.readTextFile(recipe);
    const cases: readonly [string, RegExp][] = [
      ["", /line 1: it does not say/],
      ["{}\n", /line 1: it does not say/],
      [text.replace('"version":1', '"version":2'), /of version 2, and 1 is known/],
      [text.slice(0, -20), /line 11: it is not JSON/],
      [text + "[1]\n", /line 12: it is no crop/],
    ];
    for (const [damaged, message] of cases) {
      await Deno.writeTextFile(recipe, damaged);
      await assert.rejects(differences(recipe, own), message);
    }
  });
});

Deno.test("doctorRecipe writes, compares, keeps the list of differences, and exits as scripts want it", async () => {
  await inFolder(async (folder) => {
    const recipe = join(folder, "recipe.jsonl"), own = await prepared(join(folder, "own"));
    const run = async (...args: string[]) => {
      const options = parseDoctorOptions([own, "--report", folder, ...args]);
      assert.ok(typeof options === "object" && options.recipe !== undefined);
      const lines: string[] = [], { recipe: named } = options;
      const to = { say: (line: string) => void lines.push(line), passing: () => {} };
      const signal = new AbortController().signal;
      const code = await doctorRecipe({ ...options, recipe: named }, { signal, to });
      return { code, said: lines.join("\n") };
    };
    assert.equal((await run("--recipe", recipe)).code, 2); // there is none
    assert.equal((await run("--write-recipe", recipe)).code, 0);
    assert.match((await run("--recipe", recipe)).said, /the same crops to the last byte/);
    await Deno.remove(join(folder, "own", "train-3.png"));
    const { code, said } = await run("--recipe", recipe);
    assert.equal(code, 1);
    assert.match(
      said,
      /1 crops are missing\n {2}"train-3\.png": .*cannot be read\n1 differences, all in /,
    );
    assert.match(
      await Deno.readTextFile(join(folder, "recipe_differences.csv")),
      /^missing,train-3/m,
    );
  });
  assert.throws(
    () => parseDoctorOptions(["a", "--recipe", "b", "--write-recipe", "c"]),
    /one of them/,
  );
});
