/**
 * Saves what notebooks save, as a program of its own: `figure FOLDER` a figure with its rows, `stand_ins
 * FOLDER` stand-ins, kept there.
 */
import { startEngine } from "lib/engine/engine.ts";
import { saveFigure } from "lib/figures/save_figure.ts";
import { trainingCurves } from "lib/figures/training_curves.ts";
import { makeStandIns } from "lib/forgeries/stand_ins.ts";

const [what, folder] = Deno.args;
try {
  if (what === "figure") {
    const rows = Array.from({ length: 2000 }, (_, step) => ({
      run: "seed 1",
      term: "cross-entropy",
      step,
      value: Math.sin(step / 100),
    }));
    await saveFigure("curves", trainingCurves(rows, {}), { folder });
  } else {
    await startEngine();
    await makeStandIns({ size: 32, variants: 1, cache: folder });
  }
} catch (error) {
  Deno.stderr.writeSync(new TextEncoder().encode(`${(error as Error).message}\n`));
  Deno.exit(1);
}
Deno.exit(0);
