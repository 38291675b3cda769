/** The folded solutions of notebook 01 pass the assertions that a student runs, and wrong answers fail. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../..", import.meta.url));

interface Cell {
  readonly cell_type: string;
  readonly source: string | string[];
}

const { cells } = JSON.parse(
  await Deno.readTextFile(`${project}notebooks/01_information_bottleneck.ipynb`),
) as { cells: Cell[] };
const text = ({ source }: Cell) => Array.isArray(source) ? source.join("") : source;

/** The exercises in order: the cell to fill in, and the solution folded below it. */
const exercises = cells.flatMap((cell, i) => {
  if (cell.cell_type !== "code" || !/^const answer\d = undefined/m.test(text(cell))) return [];
  const solution = /<details>[\s\S]*?```ts\n([\s\S]*?)```/.exec(text(cells[i + 1]))?.[1];
  return [{ cell: text(cell), solution }];
});

/** The cells that the exercises build on: those that measure, without figures and training. */
const measuring = cells
  .slice(0, cells.findIndex((cell) => text(cell).startsWith("## From bound to behaviour")))
  .filter((cell) => cell.cell_type === "code" && !text(cell).includes("lib/figures/"))
  .map((cell) => text(cell).trimEnd().replace(/[^;}]$/, "$&;"));

/** Runs the notebook's cells with the answers filled in; whether all assertions held, and the words. */
async function run(answers: readonly string[]) {
  const filled = exercises.map(({ cell }, i) =>
    cell.replace(/^const answer\d = undefined[^;]*;$/m, answers[i] ?? "$&")
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

Deno.test("notebook 01: the folded solutions pass their assertions", async () => {
  assert.equal(exercises.length, 4);
  const { success, words } = await run(exercises.map(({ solution }) => solution!));
  assert(success, words);
});

Deno.test("notebook 01: wrong answers fail with words that help", async () => {
  const wrong: [string, RegExp][] = [
    ["const answer1 = independentJoint([xor, marginal(woven, 'z3')]);", /Eq\. 6 is 2\.000 bits/],
    ["const answer2 = 1 / 8;", /not the value that parity reaches/],
    ["const answer3 = [posterior(clues, Z), posterior(clues, ['z2'])];", /is not below/],
    ["const answer4 = () => 0;", /G loses 1\.000 bits/],
  ];
  await Promise.all(wrong.map(async ([answer, expected], i) => {
    const { success, words } = await run(Object.assign([], { [i]: answer }));
    assert(!success);
    assert.match(words, expected);
  }));
});
