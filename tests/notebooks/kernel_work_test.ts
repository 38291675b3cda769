/** What notebooks do most, in Jupyter's protocol: training with a live chart that is stopped, and figures. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Result, type Step, takeSteps } from "./kernel_session.ts";
import { trainingCell } from "./training_cell.ts";

const FIGURE = `
import { trainingCurves } from "lib/figures/training_curves.ts";
import { show } from "lib/figures/show_figure.ts";
const few = [0, 1, 2].map((step) => ({ run: "a", term: "loss", step, value: 1 / (step + 1) }));
await show(trainingCurves(few, {}));
await show(trainingCurves(few, {}), { interactive: false });`;

const PLOTLY = "application/vnd.plotly.v1+json";

/** Width and height in the head of a PNG. */
function sizeOfPng(base64: unknown): { width: number; height: number } {
  const view = new DataView(Uint8Array.fromBase64(String(base64)).buffer);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

const printed = ({ outputs }: Result) =>
  outputs.filter(({ kind }) => kind === "stream").map(({ text }) => text).join("");

/** The steps after which a stopped training says that it stopped; the chart is one, and was redrawn. */
function checkTraining(result: Result, { draws }: { draws: number }): number {
  assert.equal(result.reply.status, "ok", JSON.stringify(result.reply));
  const charts = result.outputs.filter(({ kind }) => /display_data/.test(kind));
  assert.deepEqual(new Set(charts.map(({ transient }) => transient?.display_id)).size, 1);
  const drawn = charts.filter(({ data }) => PLOTLY in data!);
  assert.ok(drawn.length >= draws, `the chart was drawn ${drawn.length} times`);
  assert.ok(charts.slice(1).every(({ kind }) => kind === "update_display_data"));
  const [, steps] = /stopped after (\d+) steps/.exec(printed(result))!;
  return Number(steps);
}

Deno.test("in the kernel", async (t) => {
  const folder = await Deno.makeTempDir();
  const code = trainingCell(join(folder, "run"));
  let steps = 0;
  const STEPS: Step[] = [
    {
      name: "Stop ends a training between two steps, and its live chart stays",
      step: { code, stop: 0.1, from: "output" },
      check(result) {
        steps = checkTraining(result, { draws: 2 });
        assert.ok(steps > 1 && steps < 100_000, `${steps} steps`);
      },
    },
    {
      name: "the same cell goes on with the steps that were kept",
      step: { code, stop: 0.1, from: "output" },
      check(result) {
        assert.match(printed(result), new RegExp(`Kept ${steps} of 100,?000 steps`));
        assert.ok(checkTraining(result, { draws: 1 }) > steps);
      },
    },
    {
      name: "a figure has the same size as chart, as picture and in its metadata, and words",
      step: { code: FIGURE },
      check({ outputs, reply }) {
        assert.equal(reply.status, "ok", JSON.stringify(reply));
        const [both, alone] = outputs as [Result["outputs"][0], Result["outputs"][0]];
        const { layout } = both.data![PLOTLY] as { layout: { width: number; height: number } };
        const { width, height } = layout;
        assert.deepEqual(both.metadata!["image/png"], { width, height });
        assert.deepEqual(sizeOfPng(both.data!["image/png"]), { width, height });
        assert.ok(!(PLOTLY in alone.data!));
        assert.deepEqual(alone.metadata!["image/png"], { width, height });
        const finer = { width: Math.floor(1.5 * width), height: Math.floor(1.5 * height) };
        assert.deepEqual(sizeOfPng(alone.data!["image/png"]), finer, "and shown as large");
        for (const { data } of [both, alone]) {
          assert.match(String(data!["text/plain"]), /^Lines of/);
        }
      },
    },
  ];
  try {
    await takeSteps(t, STEPS);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
