/** A cell that trains as notebooks do: with a live chart, a run that is kept, and Stop between two steps. */

/**
 * The cell's text. It prints "begun" after its second step, and in the end after how many it stopped; run
 * again, it goes on from what is in `folder`.
 */
export const trainingCell = (folder: string): string => `
import { cropSource } from "lib/batches/batch_source.ts";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { showLive } from "lib/figures/show_figure.ts";
import { trainingCurves } from "lib/figures/training_curves.ts";
import { drawPlantedClues } from "lib/forgeries/planted_clues.ts";
import { PLANTED_SETTINGS } from "lib/forgeries/planted_clues/planted_settings.ts";
import { listenForInterrupt } from "lib/io/interrupt.ts";
import { createRandom } from "lib/random.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";

void await startEngine();
const configuration = vary(SMOKE, { steps: 100_000, imageSize: 48 });
const drawing = { setting: PLANTED_SETTINGS.A8, split: "train", random: createRandom(1) } as const;
const rows: { run: string; term: string; step: number; value: number }[] = [];
const live = showLive();
{
  using interrupt = listenForInterrupt();
  await using source = cropSource(drawPlantedClues(8, drawing), configuration);
  using learner = createLearner(configuration);
  const kept = { folder: ${JSON.stringify(folder)}, signal: interrupt.signal, notice: console.log };
  const options = { source, configuration, replay: false, ...kept };
  for await (const record of train(learner, options)) {
    rows.push({ run: "a", term: "cross-entropy", step: record.step, value: record.crossEntropyGlobal });
    if (rows.length <= 2 || rows.length % 20 === 0) await live.update(trainingCurves(rows, {}));
    if (rows.length === 2) console.log("begun");
  }
}
console.log("stopped after", rows.at(-1)!.step + 1, "steps");`;
