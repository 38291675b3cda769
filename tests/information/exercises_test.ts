/** Wrong answers to the exercises of notebooks 01 and 01b fail, with words that help. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../..", import.meta.url));

interface Cell {
  readonly cell_type: string;
  readonly source: string | string[];
}

const text = ({ source }: Cell) => Array.isArray(source) ? source.join("") : source;

interface Exercises {
  /** The cells that the exercises build on. */
  readonly measuring: readonly string[];
  /** In order: the cells to fill in. */
  readonly exercises: readonly string[];
}

/** A notebook's exercises, without cells that draw or that do what `skipped` says. */
async function exercisesOf(notebook: string, skipped: RegExp = /^$/): Promise<Exercises> {
  const file = await Deno.readTextFile(`${project}notebooks/${notebook}.ipynb`);
  const { cells } = JSON.parse(file) as { cells: Cell[] };
  const isExercise = (code: string) => /^const answer\d = undefined/m.test(code);
  const draws = /lib\/figures\/(?!show_rows)|saveFigure\(/;
  const codes = cells.filter((cell) => cell.cell_type === "code").map(text);
  return {
    measuring: codes.filter((code) => !isExercise(code))
      .map((code) => code.trimEnd().replace(/[^;}]$/, "$&;"))
      .filter((code) => !draws.test(code) && !skipped.test(code)),
    exercises: codes.filter(isExercise),
  };
}

/** Runs the notebook's cells with the answers filled in; whether all assertions held, and the words. */
async function run({ measuring, exercises }: Exercises, answers: readonly string[]) {
  const filled = exercises.map((cell, i) =>
    cell.replace(/^const answer\d = undefined[^;]*;.*$/m, answers[i] ?? "$&")
  );
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(script, [...measuring, ...filled].join("\n"));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--config", `${project}deno.json`, script],
      env: { FORGERY_CLUES_PROFILE: "smoke", NO_COLOR: "1" },
    }).output();
    return { success, words: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(script);
  }
}

const NOTEBOOKS: Record<string, { skipped?: RegExp; wrong: [string, RegExp][] }> = {
  "01_information_bottleneck": {
    wrong: [
      ["const answer1 = independentJoint([xor, marginal(woven, 'z3')]);", /Eq\. 6 is 2\.000 bits/],
      ["const answer2 = 1 / 8;", /not the value that parity reaches/],
      ["const answer3 = [posterior(clues, Z), posterior(clues, ['z2'])];", /is not below/],
      ["const answer4 = () => 0;", /G loses 1\.000 bits/],
    ],
  },
  "01b_local_loss": {
    skipped: /\btrain(ed)?\b|\bends?\b|\bslopes\b|\bhonest\b|InTheDark/, // training, all encodings
    wrong: [
      ["const answer1 = [0.7136, 0, 0];", /part 1 is 0\.0000 bits/],
      ["const answer2 = ['00001111', '00110011'];", /knows something alone/],
      [
        "const answer3 = ['00001111', '00110011'];",
        /the unique parts are 0\.4\d\d and -?0\.000 bits/,
      ],
    ],
  },
};

for (const [notebook, { skipped, wrong }] of Object.entries(NOTEBOOKS)) {
  Deno.test(`${notebook}: wrong answers fail with words that help`, async () => {
    const all = await exercisesOf(notebook, skipped);
    assert.equal(all.exercises.length, wrong.length);
    await Promise.all(wrong.map(async ([answer, expected], i) => {
      const { success, words } = await run(all, Object.assign([], { [i]: answer }));
      assert(!success);
      assert.match(words, expected);
    }));
  });
}
